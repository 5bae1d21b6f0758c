"""Weight penalties λΣW² and λΣ|W|, kept out of the loss so that loss and cost can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnbabysit.core.config.schema.root import Regularization


class Penalty:
    """L2 and L1 on weight matrices; biases and normalization layers are the caller's to leave out.

    The gradient is added directly, 2λW and λ sign W, instead of by autograd: the value is needed once in a
    while, the gradient at every step.

    Attributes:
        l2: λ of λΣW².
        l1: λ of λΣ|W|.
    """

    def __init__(self, l2: float, l1: float, weights: Sequence[Tensor]) -> None:
        """Penalize ``weights`` by ``l2`` and ``l1``."""
        self.l2 = l2
        self.l1 = l1
        self._weights = list(weights)

    @classmethod
    def of(cls, settings: Regularization, weights: Sequence[Tensor]) -> Penalty:
        """The penalty of a config on weights (F_out, ...).

        The elastic net λΣ(βW² + |W|) (Zou & Hastie 2005) is an L2 and an L1.
        """
        l2 = settings.l2 + settings.elastic * settings.elastic_beta
        return cls(l2, settings.l1 + settings.elastic, weights)

    @property
    def active(self) -> bool:
        """Whether there is anything to add."""
        return bool(self._weights) and (self.l2 > 0 or self.l1 > 0)

    @torch.no_grad()
    def value(self) -> Tensor:
        """λΣW² + λΣ|W| as it stands, a scalar on the weights' device."""
        total = torch.zeros(())
        if not self.active:
            return total
        total = total.to(self._weights[0].device)
        if self.l2 > 0:
            total = total + self.l2 * torch.stack(torch._foreach_norm(self._weights, 2)).square().sum()
        if self.l1 > 0:
            total = total + self.l1 * torch.stack(torch._foreach_norm(self._weights, 1)).sum()
        return total

    @torch.no_grad()
    def add_gradient(self) -> None:
        """Add 2λW and λ sign W to the gradients; a weight that took no part in the loss is skipped."""
        if not self.active:
            return
        pairs = [(weight, weight.grad) for weight in self._weights if weight.grad is not None]
        if not pairs:
            return
        weights, gradients = map(list, zip(*pairs, strict=True))
        if self.l2 > 0:
            torch._foreach_add_(gradients, weights, alpha=2 * self.l2)
        if self.l1 > 0:
            torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=self.l1)
