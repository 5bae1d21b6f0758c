"""ArraySplit: a split that lies in memory as one tensor, indexed without a DataLoader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class ArraySplit:
    """Samples and targets in memory, already preprocessed.

    Attributes:
        x: (N, ...) float32.
        y: (N,) int64 class indices, or (N,) or (N, K) float32; on the same device.
    """

    x: Tensor
    y: Tensor
    _copies: dict[torch.device, ArraySplit] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.x)

    def on(self, device: torch.device) -> ArraySplit:
        """The split on ``device``, moved there once; itself when it is there already."""
        if device not in self._copies:
            x, y = self.x.to(device), self.y.to(device)
            if x is self.x and y is self.y:
                return self
            self._copies[device] = ArraySplit(x, y)
        return self._copies[device]

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Samples (B, ...) and targets (B, ...) at ``indices``, (B,) int64 on the CPU."""
        indices = indices.to(self.x.device)
        return self.x.index_select(0, indices), self.y.index_select(0, indices)

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (B, ...) in ``order`` (N,), views of the split without one; the last may be smaller."""
        if order is None:
            yield from zip(torch.split(self.x, batch_size), torch.split(self.y, batch_size), strict=True)
            return
        for indices in torch.split(order.to(self.x.device), batch_size):
            yield self.x.index_select(0, indices), self.y.index_select(0, indices)
