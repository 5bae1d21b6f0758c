"""Maxout: the largest of several weighted sums (Goodfellow et al. 2013)."""

from __future__ import annotations

from torch import Tensor, nn


class Maxout(nn.Module):
    """h_i = max over j of (w_ijᵀx + b_ij): takes the largest of each ``pieces`` neighboring units.

    The weighted sums come from the linear or convolutional layer before it, which is ``pieces`` times as
    wide: two pieces have twice the parameters of another non-linearity. torch has no such layer. Where
    several pieces are equally large, as after an initialization with zeros, they share the gradient.

    Args:
        pieces: Sums per unit, at least 1.

    Shape:
        (N, pieces·U, ...) → (N, U, ...); sums i·pieces … i·pieces + pieces - 1 belong to unit i.
    """

    def __init__(self, pieces: int = 2) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """The largest sum of each unit, (N, pieces·U, ...) → (N, U, ...)."""
        pieces: Tensor = x.unflatten(1, (-1, self.pieces))  # type: ignore[no-untyped-call]
        return pieces.amax(2)

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"pieces={self.pieces}"
