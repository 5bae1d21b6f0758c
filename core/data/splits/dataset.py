"""Dataset: what every reader ends in, whatever the format was.

Shape suffixes: N samples, the rest of a sample's own shape is written as ``...``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from nnbabysit.core.data.preparation.preprocessing import Preprocessing
    from nnbabysit.core.data.preparation.targets import Task
    from nnbabysit.core.data.readers.tables.columns import Columns


class Split(Protocol):
    """Samples and targets of one split, already preprocessed."""

    def __len__(self) -> int:
        """Number of samples."""

    @property
    def y(self) -> Tensor:
        """All targets in order: (N,) int64 class indices, (N,) or (N, K) float32 otherwise."""

    def on(self, device: torch.device) -> Split:
        """The same split, yielding batches on ``device``; data in memory is moved there once."""

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Samples (B, ...) float32 and targets (B, ...) at ``indices``, (B,) int64 on the CPU."""

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches (B, ...) in ``order``, (N,) int64 on the CPU (None: as stored); the last may be smaller."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Splits of one data source, preprocessed by the statistics of the training split.

    Attributes:
        name: Source as the user named it.
        task: What the targets are.
        class_names: One name per class, or per label of a multi-label task; empty for regression.
        input_shape: Shape of one sample, such as (1, 28, 28).
        num_outputs: Outputs that a model needs: classes, labels or target columns (1 for binary).
        train: Training split.
        validation: Validation split.
        test: Test split, or None.
        preprocessing: The fitted preprocessing, to be applied to new samples.
        fingerprint: sha256 over the raw samples and targets of all splits, in hex.
        notes: What the user should know about how the data was loaded, plain sentences.
        columns: How the columns of a table became numbers; None if the source is no table.
        channels_last: Whether the source's pictures are (H, W, C); here their channels are first.
    """

    name: str
    task: Task
    class_names: tuple[str, ...]
    input_shape: tuple[int, ...]
    num_outputs: int
    train: Split
    validation: Split
    test: Split | None
    preprocessing: Preprocessing
    fingerprint: str
    notes: tuple[str, ...] = ()
    columns: Columns | None = None
    channels_last: bool = False
