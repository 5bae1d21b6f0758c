"""Moments: mean, spread and range of every feature, gathered in chunks so that memory stays bounded."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

CHUNK_BYTES = 1 << 25


@dataclass(frozen=True, eq=False)
class Statistics:
    """What was seen of each feature of a split; values that are not finite are left out and counted.

    Attributes:
        samples: Number of samples.
        count: (...) finite values per feature.
        mean: (...) float64; 0 where nothing is finite.
        std: (...) float64, of the whole population (divided by N).
        minimum: (...) float64.
        maximum: (...) float64.
    """

    samples: int
    count: Tensor
    mean: Tensor
    std: Tensor
    minimum: Tensor
    maximum: Tensor

    @property
    def non_finite(self) -> int:
        """Values that are NaN or infinite."""
        return self.samples * self.count.numel() - int(self.count.sum())

    @property
    def constant(self) -> int:
        """Features with one and the same value in all samples."""
        return int((self.minimum == self.maximum).sum())

    @property
    def features(self) -> int:
        """Numbers in one sample."""
        return self.count.numel()

    def pooled(self, dims: tuple[int, ...]) -> Statistics:
        """The same over groups of features: ``dims`` of a sample are pooled and kept with length 1."""
        if not dims:
            return self
        total = self.count.sum(dims, keepdim=True).clamp(min=1)
        mean = (self.mean * self.count).sum(dims, keepdim=True) / total
        spread = (self.std.square() + (self.mean - mean).square()) * self.count
        return Statistics(
            samples=self.samples,
            count=self.count.sum(dims, keepdim=True),
            mean=mean,
            std=(spread.sum(dims, keepdim=True) / total).sqrt(),
            minimum=self.minimum.amin(dims, keepdim=True),
            maximum=self.maximum.amax(dims, keepdim=True),
        )

    def overall(self) -> Statistics:
        """All features pooled into one number."""
        return self.pooled(tuple(range(self.count.dim())))


class Moments:
    """Gathers the statistics of a split from its batches, in any order of the batches.

    Means and squares are merged per chunk (Chan, Golub & LeVeque 1979): a plain sum of squares would lose all
    digits when the mean is large beside the spread.
    """

    def __init__(self, shape: tuple[int, ...], device: torch.device | None = None) -> None:
        """Start empty, for samples of ``shape``."""
        self._samples = 0
        self._count = torch.zeros(shape, dtype=torch.float64, device=device)
        self._mean = torch.zeros_like(self._count)
        self._squares = torch.zeros_like(self._count)
        self._minimum = torch.full_like(self._count, torch.inf)
        self._maximum = torch.full_like(self._count, -torch.inf)

    def add(self, x: Tensor) -> None:
        """Add a batch (B, ...) of any number type."""
        rows = max(1, CHUNK_BYTES // (8 * max(1, x[:1].numel())))
        for chunk in torch.split(x, rows):
            self._add_chunk(chunk)

    def statistics(self) -> Statistics:
        """What was seen so far."""
        seen = self._count > 0
        return Statistics(
            samples=self._samples,
            count=self._count.to(torch.int64),
            mean=self._mean.clone(),
            std=(self._squares / self._count.clamp(min=1)).sqrt(),
            minimum=torch.where(seen, self._minimum, 0.0),
            maximum=torch.where(seen, self._maximum, 0.0),
        )

    def _add_chunk(self, chunk: Tensor) -> None:
        self._samples += len(chunk)
        x = chunk.to(torch.float64)
        mean = x.mean(0)  # by hand: torch.var_mean over the first axis takes twice as long
        if bool(torch.isfinite(mean).all()):  # one value that is not finite would have made its mean so
            count = torch.full_like(self._count, len(x))
            squares, low, high = (x - mean).square_().sum(0), chunk.amin(0), chunk.amax(0)
        else:
            finite = torch.isfinite(x)
            count = finite.sum(0).to(torch.float64)
            known = torch.where(finite, x, 0.0)
            mean = known.sum(0) / count.clamp(min=1)
            squares = torch.where(finite, x - mean, 0.0).square().sum(0)
            low = torch.where(finite, x, torch.inf).amin(0)
            high = torch.where(finite, x, -torch.inf).amax(0)
        self._merge(count, mean, squares)
        self._minimum = torch.minimum(self._minimum, low.to(torch.float64))
        self._maximum = torch.maximum(self._maximum, high.to(torch.float64))

    def _merge(self, count: Tensor, mean: Tensor, squares: Tensor) -> None:
        total = self._count + count
        share = count / total.clamp(min=1)
        distance = mean - self._mean
        self._squares += squares + distance.square() * self._count * share
        self._mean += distance * share
        self._count = total
