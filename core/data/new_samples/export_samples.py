"""Real samples: some of a source's own, raw, as another program would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw, Samples
from nnbabysit.core.data.readers.registry import is_own, read
from nnbabysit.core.data.splits.guarded import Guarded
from nnbabysit.core.data.splits.stream import StreamReader
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config


def real_samples(config: Config, input_shape: tuple[int, ...], count: int) -> Tensor:
    """Samples of the test split if the source has one, else of its validation split, else of all of it.

    They are spread evenly over the split, which may be sorted by class. A sample with a value that is not
    finite is left out: what is to be made of it nobody has said.

    Args:
        config: Says where the data comes from.
        input_shape: Shape that a sample must have.
        count: How many at most, at least 1.

    Returns:
        (n, ...) raw, in the number type of the source.

    Raises:
        DataError: The data cannot be read, has other shapes, or none of the samples is finite.
        UserCodeError: The user's own function or Dataset raised.
    """
    raw = read(config.data, config.loss, own_network=is_own(config))
    samples = _chosen(raw)
    size = len(samples)  # type: ignore[arg-type]  # that it is no stream was checked when it was trained on
    indices = np.unique(np.linspace(0, size - 1, min(count, size)).round().astype(np.int64))
    x = _at(samples, indices, raw.place)
    if tuple(x.shape[1:]) != input_shape:
        raise DataError(
            f"a sample has shape {tuple(x.shape[1:])}, the run was trained on {input_shape}",
            where=raw.place,
            remedy="The data is not what it was: restore it, or train again",
        )
    finite = torch.isfinite(x).flatten(1).all(1)
    if not finite.any():
        raise DataError("no sample is without NaN or infinity", where=raw.place)
    return x[finite]


def _chosen(raw: Raw) -> Samples:
    for samples in (raw.test, raw.validation):
        if samples is not None:
            return samples
    return raw.train


def _at(samples: Samples, indices: np.ndarray, place: str) -> Tensor:
    if isinstance(samples, Arrays):
        return torch.from_numpy(samples.x[indices])
    batches = StreamReader(Guarded(samples, place), place, 0, 0).read(indices, len(indices))
    return next(iter(batches))[0]
