"""Optimizers: from settings to torch's own classes, and those that torch does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import torch

from nnbabysit.core.config.schema import optimizer as settings_of

if TYPE_CHECKING:
    from torch.nn import Parameter

FUSED_ON = ("cpu", "cuda")
"""Devices with torch's fused kernels; on the CPU they halved the step of momentum and Adam for 784-100-10."""


class Lion(torch.optim.Optimizer):
    """Moves every weight by the learning rate, along the sign of a running mean of the gradient.

    c = β₁ m + (1 − β₁) g;  θ ← θ − lr (sign c + λ θ);  m ← β₂ m + (1 − β₂) g, with m = 0 at first
    (Chen et al. 2023, arXiv:2302.06675, Program 1 and Algorithm 2).
    """

    def __init__(self, params: Iterable[Parameter], settings: settings_of.Lion) -> None:
        """Optimize parameters by the settings ``lr``, ``betas`` and ``weight_decay``."""
        defaults = {"lr": settings.lr, "betas": settings.betas, "weight_decay": settings.weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Change the parameters by the gradients that they hold; those without one are left alone."""
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state, gradient = self.state[weight], weight.grad
                mean = state.setdefault("mean", torch.zeros_like(weight))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_((mean * beta1).add_(gradient * (1 - beta1)).sign_(), alpha=-group["lr"])
                mean.mul_(beta2).add_(gradient * (1 - beta2))
        return None


def build_optimizer(  # noqa: C901 -- one case for each name, nothing to untangle
    settings: settings_of.Optimizer, params: Iterable[Parameter]
) -> torch.optim.Optimizer:
    """The optimizer that a config names, with torch's fused kernel where there is one.

    Args:
        settings: ``config.optimizer``.
        params: Parameters, already on their device; those that need no gradient are left out.
    """
    trainable = [parameter for parameter in params if parameter.requires_grad]
    fused = bool(trainable) and all(p.device.type in FUSED_ON and p.is_floating_point() for p in trainable)
    match settings:
        case settings_of.SGD():
            return torch.optim.SGD(trainable, lr=settings.lr, weight_decay=settings.weight_decay, fused=fused)
        case settings_of.Momentum() | settings_of.Nesterov():
            return _begun(
                torch.optim.SGD(
                    trainable,
                    lr=settings.lr,
                    momentum=settings.momentum,
                    weight_decay=settings.weight_decay,
                    nesterov=isinstance(settings, settings_of.Nesterov),
                    fused=fused,
                )
            )
        case settings_of.AdaGrad():
            return torch.optim.Adagrad(
                trainable, lr=settings.lr, eps=settings.eps, weight_decay=settings.weight_decay
            )
        case settings_of.RMSProp():
            return torch.optim.RMSprop(
                trainable,
                lr=settings.lr,
                alpha=settings.decay,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
            )
        case settings_of.Adadelta():
            return torch.optim.Adadelta(
                trainable,
                lr=settings.lr,
                rho=settings.decay,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
            )
        case settings_of.Adam():
            return torch.optim.Adam(
                trainable,
                lr=settings.lr,
                betas=settings.betas,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
                fused=fused,
            )
        case settings_of.AdamW():
            return torch.optim.AdamW(
                trainable,
                lr=settings.lr,
                betas=settings.betas,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
                fused=fused,
            )
        case settings_of.RAdam():
            return torch.optim.RAdam(
                trainable,
                lr=settings.lr,
                betas=settings.betas,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
            )
        case settings_of.NAdam():
            return torch.optim.NAdam(
                trainable,
                lr=settings.lr,
                betas=settings.betas,
                eps=settings.eps,
                weight_decay=settings.weight_decay,
            )
        case settings_of.Lion():
            return Lion(trainable, settings)
        case settings_of.LBFGS():
            return torch.optim.LBFGS(
                trainable,
                lr=settings.lr,
                max_iter=settings.iterations,
                history_size=settings.history,
                line_search_fn=None if settings.line_search == "none" else settings.line_search,
            )


def take_step(optimizer: torch.optim.Optimizer, closure: Callable[[], float]) -> None:
    """Change the parameters by their gradients.

    Args:
        optimizer: Of ``build_optimizer``.
        closure: Computes gradients anew and returns the loss, for one that looks at it several times.
    """
    if isinstance(optimizer, torch.optim.LBFGS):
        optimizer.step(closure)  # type: ignore[no-untyped-call]
    else:
        optimizer.step()


def _begun(optimizer: torch.optim.SGD) -> torch.optim.SGD:
    """With velocities of 0 in place of none: the first step comes to the same bits, 0.9 · 0 + g = g.

    torch's fused kernel fails where some parameters have a velocity and others have none yet, such as those
    of a layer that the first steps skipped.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer
