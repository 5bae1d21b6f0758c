"""Stream and StreamSplit: a map-style Dataset of the user's, read through a DataLoader batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.data.preparation.statistics import Moments, Statistics
from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.splits.guarded import Failure, Guarded, Pair, collate
from nnbabysit.core.errors import DataError

SURVEY_BATCH = 256


class BatchOrder:
    """Hands a DataLoader the batches of the pass that is about to start, for the loader itself must stay."""

    def __init__(self) -> None:
        """Start without batches."""
        self.batches: list[list[int]] = []

    def __iter__(self) -> Iterator[list[int]]:
        """Indices of each batch."""
        return iter(self.batches)

    def __len__(self) -> int:
        """Number of batches."""
        return len(self.batches)


@dataclass(frozen=True, eq=False)
class Stream:
    """Some samples of a map-style Dataset, as the source yields them.

    Attributes:
        dataset: The user's Dataset, guarded.
        place: Its name in messages.
        indices: (N,) which of its samples.
        y: (N,) or (N, K) their targets.
        workers: Processes that load samples; 0 loads them in this one.
        seed: Seed of the workers' own generators.
    """

    dataset: Guarded
    place: str
    indices: NDArray[np.int64]
    y: Array
    workers: int
    seed: int

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.indices)

    def at(self, positions: NDArray[np.int64]) -> Stream:
        """The samples at these positions, (B,)."""
        return replace(self, indices=self.indices[positions], y=self.y[positions])


class StreamReader:
    """A DataLoader over a stream that takes each pass's order from outside.

    Worker processes are started at the first pass and kept for the later ones.
    """

    def __init__(self, dataset: Guarded, place: str, workers: int, seed: int) -> None:
        """Read ``dataset`` with so many workers."""
        self._dataset = dataset
        self._place = place
        self._workers = workers
        self._seed = seed
        self._order = BatchOrder()
        self._loader = self._new_loader()

    def read(self, indices: NDArray[np.int64], batch_size: int) -> Iterator[Pair]:
        """Batches of the samples at ``indices``, in that order.

        Raises:
            UserCodeError: The Dataset raised.
            DataError: A sample is no pair of tensors, arrays or numbers, or shapes differ.
        """
        starts = range(0, len(indices), batch_size)
        self._order.batches = [indices[start : start + batch_size].tolist() for start in starts]
        failure: Failure | None = None
        for batch in self._loader:
            if isinstance(batch, Failure):
                failure = batch
                break
            yield batch
        if failure is not None:
            # the workers go now: kept by the error's traceback, they would be waited for in vain for 5 s
            self._loader = self._new_loader()
            raise replace(failure, where=failure.where or self._place).error()

    def _new_loader(self) -> DataLoader[Any]:
        return DataLoader(
            self._dataset,
            batch_sampler=self._order,
            num_workers=self._workers,
            collate_fn=collate,
            persistent_workers=self._workers > 0,
            # its own generator: the global one must not move when data is read
            generator=torch.Generator().manual_seed(self._seed),
        )


class StreamSplit:
    """A split that is read from a Dataset batch by batch and preprocessed on the way."""

    def __init__(
        self, stream: Stream, y: Tensor, preprocessing: Preprocessing, device: torch.device | None = None
    ) -> None:
        """Wrap ``stream``; ``y`` holds its targets as the loss wants them."""
        self._stream = stream
        self._y = y
        self._preprocessing = preprocessing
        self._device = device or torch.device("cpu")
        self._reader = StreamReader(stream.dataset, stream.place, stream.workers, stream.seed)
        self._direct = StreamReader(stream.dataset, stream.place, 0, stream.seed)
        self._copies: dict[torch.device, StreamSplit] = {}

    def __len__(self) -> int:
        """Number of samples."""
        return len(self._stream)

    @property
    def y(self) -> Tensor:
        """All targets in order, (N,) or (N, K), on the split's device."""
        return self._y.to(self._device)

    def on(self, device: torch.device) -> StreamSplit:
        """The same split, with batches on ``device``; one for each device, so that workers start once."""
        if device == self._device:
            return self
        if device not in self._copies:
            self._copies[device] = StreamSplit(self._stream, self._y, self._preprocessing, device)
        return self._copies[device]

    def take(self, indices: Tensor) -> Pair:
        """Samples (B, ...) and targets (B, ...) at ``indices`` (B,), loaded in this process."""
        return next(iter(self._batches(self._direct, indices, max(1, len(indices)))))

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[Pair]:
        """Batches (B, ...) in ``order`` (N,), the last may be smaller; only one pass at a time."""
        return self._batches(self._reader, torch.arange(len(self)) if order is None else order, batch_size)

    def _batches(self, reader: StreamReader, order: Tensor, batch_size: int) -> Iterator[Pair]:
        order = order.cpu()
        raw = reader.read(self._stream.indices[order.numpy()], batch_size)
        for (x, _), positions in zip(raw, torch.split(order, batch_size), strict=True):
            # targets from memory: they were checked when the Dataset was surveyed
            y = self._y.index_select(0, positions)
            yield self._preprocessing.apply(x.to(self._device)), y.to(self._device)


def survey(
    dataset: TorchDataset[Any],
    place: str,
    workers: int,
    seed: int,
    digest: Any,
    keep: Callable[[Tensor], object] | None = None,
) -> Stream:
    """Read every sample once, for its target and the fingerprint.

    Args:
        dataset: A map-style Dataset that yields (x, y).
        place: Its name in messages.
        workers: Processes that load samples.
        seed: Seed of the workers' own generators.
        digest: A hashlib object that is fed every sample.
        keep: Called with every batch (B, ...) of samples in order, if they are wanted as well.

    Raises:
        UserCodeError: The Dataset raised.
        DataError: It is empty, has no length, or a sample is no pair of tensors, arrays or numbers.
    """
    if isinstance(dataset, torch.utils.data.IterableDataset) or not hasattr(dataset, "__len__"):
        raise DataError(
            "this Dataset has no length and cannot be indexed",
            where=place,
            remedy="Return a map-style Dataset with __len__ and __getitem__",
        )
    size = len(dataset)
    if size == 0:
        raise DataError("no data: the Dataset is empty", where=place)
    guarded = Guarded(dataset, place)
    ys = []
    shape: torch.Size | None = None
    for x, y in StreamReader(guarded, place, workers, seed).read(np.arange(size), SURVEY_BATCH):
        if shape is not None and x.shape[1:] != shape:
            raise DataError(f"samples differ in shape: {tuple(shape)} and {tuple(x.shape[1:])}", where=place)
        shape = x.shape[1:]
        digest.update(x.contiguous().numpy())
        digest.update(y.contiguous().numpy())
        ys.append(y.numpy())
        if keep is not None:
            keep(x)
    return Stream(guarded, place, np.arange(size), _targets(ys, place), workers, seed)


def samples(stream: Stream) -> Iterator[Tensor]:
    """Read the raw samples (B, ...) once, batch by batch."""
    reader = StreamReader(stream.dataset, stream.place, stream.workers, stream.seed)
    return (x for x, _ in reader.read(stream.indices, SURVEY_BATCH))


def statistics(stream: Stream) -> Statistics:
    """Read the samples once more, for the statistics of the training split.

    They cannot come from the survey: what the training split is depends on all targets.
    """
    moments: Moments | None = None
    for x in samples(stream):
        moments = moments or Moments(tuple(x.shape[1:]))
        moments.add(x)
    assert moments is not None
    return moments.statistics()


def _targets(ys: list[Array], place: str) -> Array:
    if len({y.shape[1:] for y in ys}) > 1:
        raise DataError("targets differ in shape", where=place)
    y = np.concatenate(ys)
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
