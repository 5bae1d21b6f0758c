"""Probes: readings of a running network that leave the run exactly as it was, bit for bit.

They run on a few steps only (see ``train_steps``): each copies weights or hooks layers, and each reading
waits for the device once.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.activations import fired, unit_layers


class Probe(Protocol):
    """One kind of reading; the loop calls the three methods around a probed step, in this order."""

    name: str

    def attach(self) -> None:
        """Before the forward pass."""

    def before_step(self) -> None:
        """After the backward pass: gradients are there, weights are still the old ones."""

    def after_step(self) -> Any:
        """After the optimiser step: the reading, as plain numbers; everything attached is gone again."""


class UpdateRatio:
    """‖ΔW‖ / ‖W‖ of each weight matrix: what the optimiser did, from the weights before and after the step.

    The reading maps parameter name → ratio; about 1e-3 is right (CS231n, lecture 6). A matrix that was all
    zero has no ratio and is left out.
    """

    name = "update_ratios"

    def __init__(self, model: nn.Module) -> None:
        """Watch the weight matrices of ``model``."""
        self._model = model
        self._names: list[str] = []
        self._weights: list[Tensor] = []
        self._before: list[Tensor] = []

    def attach(self) -> None:
        """Nothing to do."""

    @torch.no_grad()
    def before_step(self) -> None:
        """Copy the weights that are trained: a frozen layer may be let go in the course of a run."""
        matrices = weight_matrices(self._model)
        self._names, self._weights = list(matrices), list(matrices.values())
        self._before = [weight.detach().clone() for weight in self._weights]

    @torch.no_grad()
    def after_step(self) -> dict[str, float]:
        """Parameter name → ratio."""
        if not self._weights:
            return {}
        changes = torch._foreach_norm(torch._foreach_sub(self._weights, self._before))
        sizes = torch._foreach_norm(self._before)
        numbers = torch.stack([*changes, *sizes]).tolist()
        self._before = []
        count = len(self._names)
        return {
            name: change / size
            for name, change, size in zip(self._names, numbers[:count], numbers[count:], strict=True)
            if size != 0
        }


class GradientNorm:
    """Euclidean norm of the whole gradient, penalties included, before the step."""

    name = "gradient_norm"

    def __init__(self, model: nn.Module) -> None:
        """Watch the parameters of ``model``."""
        self._parameters = list(model.parameters())
        self._norm: Tensor | None = None

    def attach(self) -> None:
        """Nothing to do."""

    @torch.no_grad()
    def before_step(self) -> None:
        """Take the norm; parameters without a gradient count as 0."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        self._norm = torch.stack(torch._foreach_norm(gradients)).norm() if gradients else None

    def after_step(self) -> float:
        """The norm."""
        norm = 0.0 if self._norm is None else float(self._norm)
        self._norm = None
        return norm


class Activations:
    """Outputs of the activation layers on the probed batch, in training mode.

    The reading maps layer name → ``{"dead": share of units that are 0 on the whole batch, "mean", "std"}``.
    Activations that are called as functions (``F.relu``) are no layers and are not seen.
    """

    name = "activations"

    def __init__(self, model: nn.Module) -> None:
        """Watch the activation layers of ``model``."""
        self._layers = unit_layers(model)
        self._handles: list[torch.utils.hooks.RemovableHandle] = []
        self._seen: dict[str, Tensor] = {}

    def attach(self) -> None:
        """Hook the layers."""
        self._seen = {}
        self._handles = [
            layer.register_forward_hook(self._hook(name)) for name, layer in self._layers.items()
        ]

    def before_step(self) -> None:
        """Take the hooks off again."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def after_step(self) -> dict[str, dict[str, float]]:
        """Layer name → shares and moments."""
        if not self._seen:
            return {}
        rows = torch.stack(list(self._seen.values())).tolist()
        names = list(self._seen)
        self._seen = {}
        return {
            name: {"dead": dead, "mean": mean, "std": std}
            for name, (dead, mean, std) in zip(names, rows, strict=True)
        }

    def _hook(self, name: str) -> Any:
        @torch.no_grad()
        def note(_layer: nn.Module, _inputs: Any, output: Any) -> None:
            if not isinstance(output, Tensor):
                return
            values = output.detach()
            dead = 1 - fired(values).any(0).float().mean()
            mean = values.float().mean()
            std = (values - mean).norm() / values.numel() ** 0.5  # five times faster than std_mean on the CPU
            self._seen[_free(name, self._seen)] = torch.stack([dead, mean, std])

        return note


def _free(name: str, taken: dict[str, Tensor]) -> str:
    """The name, numbered when one layer is called several times in a pass."""
    calls = sum(other == name or other.startswith(f"{name}#") for other in taken)
    return name if calls == 0 else f"{name}#{calls + 1}"


def standard_probes(model: nn.Module) -> tuple[Probe, ...]:
    """All probes that a long run carries."""
    return UpdateRatio(model), GradientNorm(model), Activations(model)
