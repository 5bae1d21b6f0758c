"""Pooling of image maps by name."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.models.settings import CNNSettings

PLACEMENTS = 8
"""Placements of the regions that evaluation averages over."""


class FractionalMaxPool(nn.FractionalMaxPool2d):
    """The largest of 2 × 2 neighbors at random places, ``ratio`` times fewer per side (Graham 2014).

    Overlapping regions whose distances are 1 or 2 pixels in a pseudorandom order, so that a map shrinks by a
    factor between 1 and 2. In training it is torch's layer: each sample and channel draws its own order from
    torch's global generator. torch draws in evaluation as well, and Graham averages over several passes with
    new regions; here evaluation averages the layer over ``PLACEMENTS`` fixed, evenly spread orders, so that
    the same input has the same output. The gradient on CUDA is not deterministic in torch 2.13.

    Args:
        ratio: Factor by which height and width shrink, between 1 and 2.

    Shape:
        (N, C, H, W) → (N, C, ⌊H/ratio⌋, ⌊W/ratio⌋); H and W of at least 2.
    """

    def __init__(self, ratio: float) -> None:
        super().__init__(kernel_size=2, output_ratio=1 / ratio)
        self.ratio = ratio
        self.draws = True
        """Whether training draws new places; without, it takes those of evaluation."""

    def forward(self, x: Tensor) -> Tensor:
        """The pooled maps (B, C, H', W') of maps (B, C, H, W)."""
        if self.training and self.draws:
            pooled: Tensor = super().forward(x)
            return pooled
        size = [pooled_size(side, self.ratio) for side in x.shape[-2:]]
        largest = F.max_pool2d(x, 2, stride=1)
        total = x.new_zeros(())
        for down, right in placements():
            rows, columns = (
                regions(side, count, shift)
                for side, count, shift in zip(x.shape[-2:], size, (down, right), strict=True)
            )
            total = total + largest[:, :, rows][:, :, :, columns]
        return total / PLACEMENTS

    def extra_repr(self) -> str:
        """What ``print`` shows."""
        return f"ratio={self.ratio}"


def placements() -> list[tuple[float, float]]:
    """The random numbers in 0…1, for height and width, that evaluation uses: a lattice of spread points."""
    return [((j + 0.5) / PLACEMENTS, (3 * j % PLACEMENTS + 0.5) / PLACEMENTS) for j in range(PLACEMENTS)]


def regions(side: int, count: int, shift: float) -> list[int]:
    """First pixel of each region along one side, as torch places them: ⌊α(i + u)⌋ − ⌊αu⌋, then the end.

    Made of numbers alone and not by torch's layer, for which ONNX has no counterpart.

    Args:
        side: Pixels, at least 2.
        count: Regions.
        shift: u, in 0…1.
    """
    last = side - 2
    if count == 1:
        return [last]
    step, u = np.float32(last) / np.float32(count - 1), np.float32(shift)  # torch counts in float32 too
    return [*(int((i + u) * step) - int(u * step) for i in np.arange(count - 1, dtype=np.float32)), last]


def build_pooling(settings: CNNSettings) -> nn.Module | None:
    """The pooling layer of one block; None where a block keeps its size."""
    if settings.pooling == "fractional":
        return FractionalMaxPool(settings.ratio)
    if settings.pool == 1:
        return None
    return nn.MaxPool2d(settings.pool) if settings.pooling == "max" else nn.AvgPool2d(settings.pool)


def shrink_factor(settings: CNNSettings) -> float:
    """The factor by which one block shrinks height and width; 1 for none."""
    return settings.ratio if settings.pooling == "fractional" else settings.pool


def pooled_size(side: int, factor: float) -> int:
    """Pixels per side after one pooling; 0 if the map is too small for it."""
    return int(side * (1 / factor)) if factor != int(factor) else side // int(factor)
