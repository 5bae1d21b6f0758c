"""Gradient norm: how large the whole gradient is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnbabysit.core.training.probes.probe import Probe


class GradientNorm(Probe):
    """Euclidean norm of the whole gradient, penalties included, before the step."""

    name = "gradient_norm"

    def __init__(self, model: nn.Module) -> None:
        """Watch the parameters of ``model``."""
        super().__init__(model)
        self._parameters = list(model.parameters())
        self._norm: Tensor | None = None

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
