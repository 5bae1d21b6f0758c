"""Activations: what the activation layers put out on a batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nnbabysit.core.models.calls import Call, Calls, is_readable
from nnbabysit.core.training.probes.dead_units import fired, unit_layers
from nnbabysit.core.training.probes.probe import Probe


class Activations(Probe):
    """Outputs of the activation layers on the probed batch, in training mode.

    The reading maps the name of each call, ``act`` or ``act (call 2)``, → ``{"dead": fraction of units at
    0 on the whole batch, "mean", "std"}``. Activations that are called as functions (``F.relu``) are no
    layers and are not seen.
    """

    name = "activations"

    def __init__(self, model: nn.Module) -> None:
        """Watch the activation layers of ``model``."""
        super().__init__(model)
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
