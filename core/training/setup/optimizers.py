"""Optimizers: from settings to torch's own classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import torch

from nnbabysit.core.config.schema import optimizer as settings_of

if TYPE_CHECKING:
    from torch.nn import Parameter

FUSED_ON = ("cpu", "cuda")
"""Devices with torch's fused kernels; on the CPU they halved the step of momentum and Adam for 784-100-10."""


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
