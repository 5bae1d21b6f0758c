"""Stochastic depth: residual branches are dropped at random (Huang et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class StochasticDepth(nn.Module):
    """b·f(x) in training, with b = 1 with the given probability, else 0; probability·f(x) in evaluation.

    Stands at the end of a residual branch, so that a dropped block is its shortcut alone, and evaluation uses
    the expected branch (Huang et al. 2016, equations 2 and 5). Each sample draws a b of its own from torch's
    global generator, which is the mode "row" of torchvision; Huang et al. draw one b per batch. The
    expectation is the same, the noise less, and nothing has to wait for the device.

    Args:
        survival: Probability that a sample keeps the branch, in 0…1.

    Shape:
        (N, ...) → the same.
    """

    def __init__(self, survival: float) -> None:
        super().__init__()
        self.survival = survival

    def forward(self, x: Tensor) -> Tensor:
        """The branch (B, ...), dropped for some samples or scaled."""
        if not self.training:
            return x * self.survival
        if self.survival == 1:
            return x
        kept = torch.rand((len(x), *[1] * (x.dim() - 1)), device=x.device) < self.survival
        return x * kept.to(x.dtype)

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"survival={self.survival:.4g}"


def linear_decay(block: int, blocks: int, last: float) -> float:
    """Survival probability p_l = 1 - l/L·(1 - p_L) of block l of L (Huang et al. 2016, equation 4).

    Args:
        block: l, from 1.
        blocks: L.
        last: p_L, that of the last block, in 0…1.
    """
    return 1 - block / blocks * (1 - last)
