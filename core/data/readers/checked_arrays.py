"""Arrays: samples and targets in memory, checked as every reader of arrays must."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.errors import DataError

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Arrays:
    """Samples and targets of one split as the source holds them.

    Attributes:
        x: (N, ...) numbers.
        y: (N,) or (N, K) numbers.
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.x)

    def at(self, indices: NDArray[np.int64]) -> Arrays:
        """The samples at ``indices`` (B,); without a copy if that is all of them in order."""
        if len(indices) == len(self) and bool((indices == np.arange(len(self))).all()):
            return self
        return Arrays(self.x[indices], self.y[indices])


def checked_arrays(x: Array, y: Array, place: str, names: Iterable[str] = ("x", "y")) -> Arrays:
    """Pair samples with targets, after a look at kinds and shapes.

    A column of targets (N, 1) becomes (N,), and features that are True or False become 0 and 1.

    Raises:
        DataError: Not numbers, no samples, no sample axis, or as many targets as samples are not there.
    """
    x_name, y_name = names
    for name, array in ((x_name, x), (y_name, y)):
        if array.dtype.kind not in "biuf":
            raise DataError(
                f"{name} holds {_kind(array)}, not numbers",
                where=place,
                remedy=f"Encode {name} as numbers, class labels as 0, 1, 2, …",
            )
    if x.ndim < 2:
        raise DataError(
            f"{x_name} has shape {x.shape}, expected (samples, features) or images (samples, C, H, W)",
            where=place,
            remedy=f"For a single feature use {x_name}.reshape(-1, 1)",
        )
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim not in (1, 2):
        raise DataError(
            f"{y_name} has shape {y.shape}, expected (samples,) or (samples, outputs)", where=place
        )
    if len(x) != len(y):
        raise DataError(f"{x_name} has {len(x)} samples and {y_name} has {len(y)}", where=place)
    if x.size == 0 or y.size == 0:
        raise DataError(
            f"no data: {x_name} has shape {x.shape} and {y_name} has shape {y.shape}", where=place
        )
    return Arrays(_plain(x), y)


def _plain(x: Array) -> Array:
    """The same numbers as a tensor can share them: native byte order, writable, no wide unsigned type."""
    wider = {"u2": np.int32, "u4": np.int64, "u8": np.float64, "f16": np.float64}
    dtype = wider.get(f"{x.dtype.kind}{x.dtype.itemsize}", x.dtype.newbyteorder("="))
    return np.require(x, dtype, ["C", "W"])


def _kind(array: Array) -> str:
    kinds = {
        "U": "text",
        "S": "bytes",
        "O": "Python objects",
        "c": "complex numbers",
        "M": "dates",
        "m": "durations",
    }
    return kinds.get(array.dtype.kind, f"values of type {array.dtype}")
