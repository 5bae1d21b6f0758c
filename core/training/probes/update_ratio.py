"""Update ratio: how far a step moved each weight matrix."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.probes.probe import Probe


class UpdateRatio(Probe):
    """‖ΔW‖ / ‖W‖ of each weight matrix: what the optimizer did, from the weights before and after the step.

    The reading maps parameter name → ratio; about 1e-3 is right (CS231n, lecture 6). A matrix that was all
    zero has no ratio and is left out.
    """

    name = "update_ratios"

    def __init__(self, model: nn.Module) -> None:
        """Watch the weight matrices of ``model``."""
        super().__init__(model)
        self._names: list[str] = []
        self._weights: list[Tensor] = []
        self._before: list[Tensor] = []

    @torch.no_grad()
    def before_step(self) -> None:
        """Copy the weights that are trained: a frozen layer may be unfrozen in the course of a run."""
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
