"""DropConnect: weights are dropped, not activations (Wan et al. 2013)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class DropConnectLinear(nn.Linear):
    """y = (M∘W)x/(1 - p) + b in training, with a random mask M that is 0 with probability p; y = Wx + b else.

    Inverted like torch's dropout: in training the kept weights are divided by 1 - p, so evaluation uses the
    expected weights as they are. One mask is drawn per batch from torch's global generator; Wan et al. draw
    one per sample, which takes as many copies of W as the batch has samples, and approximate the evaluation
    by sampling from a normal distribution of that mean. torch has no such layer.

    Args:
        in_features: Inputs.
        out_features: Outputs.
        p: Fraction of the weights that is dropped, in 0…1.
        bias: Whether there is a b; it is never dropped.

    Shape:
        (N, in_features) → (N, out_features).
    """

    def __init__(self, in_features: int, out_features: int, p: float, *, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias=bias)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """The weighted sums (B, F_out) of inputs (B, F_in)."""
        return F.linear(x, F.dropout(self.weight, self.p, self.training), self.bias)

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"{super().extra_repr()}, p={self.p}"
