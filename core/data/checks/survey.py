"""Survey: one look at a source before anything about the training is decided."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nnbabysit.core.config.schema.data import Data, Preprocess
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.data.preparation.statistics import Statistics
from nnbabysit.core.data.readers.checked_arrays import Array, Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.registry import read, reader_of
from nnbabysit.core.data.readers.tables.table import read_table
from nnbabysit.core.data.splits import stream

MOST_NUMBERED_CLASSES = 20
"""Different integers in a table's target beyond which they are taken for quantities."""


@dataclass(frozen=True, eq=False)
class Survey:
    """The training samples of a source, as they are before anything is held out or prepared.

    Attributes:
        place: File, folder or function.
        y: (N,) or (N, K) targets.
        class_names: Names of the classes, if the source knows them.
        statistics: Raw statistics of each feature.
        whole_numbers: Whether the samples are stored as integers, as pixels are.
        own_splits: Names of the splits that the source brings besides the training split.
        notes: How it was read, plain sentences.
    """

    place: str
    y: Array
    class_names: tuple[str, ...] | None
    statistics: Statistics
    whole_numbers: bool
    own_splits: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.statistics.count.shape)


def survey(settings: Data, loss: str | None = None) -> Survey:
    """Read a source.

    Args:
        settings: Source and path.
        loss: The loss, where the user has named it: it says whether a table's target is a class or a number.
            None: text is a class, and so is an integer of few values.

    Raises:
        DataError: It cannot be read.
        UserError: The user's own function cannot be imported.
        UserCodeError: The user's own function or Dataset raised.
    """
    by_values = loss is None and reader_of(settings.source).needs_target
    raw = _table(settings) if by_values else read(settings, loss or "cross_entropy")
    train = raw.train
    if isinstance(train, Arrays):
        y = train.y
        statistics = Preprocessing.fit(torch.from_numpy(train.x), Preprocess()).statistics
        whole = train.x.dtype.kind in "biu"
    else:
        stored = stream.survey(train, raw.place, 0, 0, hashlib.sha256())
        y, statistics, whole = stored.y, stream.statistics(stored), False
    own = tuple(name for name in ("validation", "test") if getattr(raw, name) is not None)
    return Survey(raw.place, np.asarray(y), raw.class_names, statistics, whole, own, raw.notes)


def _table(settings: Data) -> Raw:
    """A table whose target is a class, unless it holds numbers that are too many or too odd for that."""
    if settings.path is not None and settings.target is not None and Path(settings.path).is_file():
        kinds = read_table(Path(settings.path), skip_broken=settings.skip_broken).kinds
        if kinds.get(settings.target) == "number":
            as_numbers = read(settings, "mse")
            assert isinstance(as_numbers.train, Arrays)
            if not _few_whole_numbers(as_numbers.train.y):
                return as_numbers
    return read(settings, "cross_entropy")


def _few_whole_numbers(y: Array) -> bool:
    values = np.unique(y)
    whole = bool(np.isfinite(values).all()) and bool((values == np.round(values)).all())
    return whole and len(values) <= MOST_NUMBERED_CLASSES and len(y) >= 5 * len(values)
