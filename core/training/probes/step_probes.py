"""Probes: readings of a running network that leave the run exactly as it was, bit for bit.

They run on a few steps only (see ``train_steps``): each copies weights or hooks layers, and each reading
waits for the device once.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nnbabysit.core.models.calls import Call, Calls, is_readable
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.probes.dead_units import fired, unit_layers


class Probe(Protocol):
    """One kind of reading; the loop calls the three methods around a probed step, in this order."""

    name: str

    def attach(self) -> None:
        """Before the forward pass."""

    def before_step(self) -> None:
        """After the backward pass: gradients are there, weights are still the old ones."""

    def after_step(self) -> Any:
        """After the optimizer step: the reading, as plain numbers; everything attached is gone again."""


class UpdateRatio:
    """‖ΔW‖ / ‖W‖ of each weight matrix: what the optimizer did, from the weights before and after the step.

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

    The reading maps the name of each call, ``act`` or ``act (call 2)``, → ``{"dead": share of units that are
    0 on the whole batch, "mean", "std"}``. Activations that are called as functions (``F.relu``) are no
    layers and are not seen.
    """

    name = "activations"

    def __init__(self, model: nn.Module) -> None:
        """Watch the activation layers of ``model``."""
        self._model = model
        self._layers = unit_layers(model)
        self._calls: Calls | None = None
        self._seen: dict[str, Tensor] = {}

    def attach(self) -> None:
        """Watch the layers."""
        self._seen = {}
        self._calls = Calls(self._model, self._layers, self._note)

    def before_step(self) -> None:
        """Watch them no more."""
        if self._calls is not None:
            self._calls.stop()
        self._calls = None

    def after_step(self) -> dict[str, dict[str, float]]:
        """Name of the call → shares and moments."""
        if not self._seen:
            return {}
        rows = torch.stack(list(self._seen.values())).tolist()
        names = list(self._seen)
        self._seen = {}
        return {
            name: {"dead": dead, "mean": mean, "std": std}
            for name, (dead, mean, std) in zip(names, rows, strict=True)
        }

    @torch.no_grad()
    def _note(self, call: Call, _layer: nn.Module, output: Any) -> None:
        if not is_readable(output) or output.ndim == 0:
            return
        values = output.detach()
        dead = 1 - fired(values).any(0).float().mean()
        mean = values.float().mean()
        std = (values - mean).norm() / values.numel() ** 0.5  # five times faster than std_mean on the CPU
        self._seen[call.name] = torch.stack([dead, mean, std])


def standard_probes(model: nn.Module) -> tuple[Probe, ...]:
    """All probes that a long run carries."""
    return UpdateRatio(model), GradientNorm(model), Activations(model)
