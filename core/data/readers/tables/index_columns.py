"""Index columns: those that number or name the rows, as pandas and R write them beside the values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.tables.cells import Kind

_UNNAMED = re.compile(r"Unnamed: (\d+)(?:\.\d+)?")
_UNNAMED_FIRST = re.compile(r"Unnamed: 0(?:\.\d+)?")
_LEVEL = re.compile(r"__index_level_\d+__")


def is_unnamed(name: str) -> bool:
    """Whether pandas gave the name, to a column that had none."""
    return _UNNAMED.fullmatch(name) is not None


def unnamed_index(
    kinds: Mapping[str, Kind], numbers: Callable[[str], NDArray[np.float64]]
) -> tuple[str, ...]:
    """Names of the columns without a name of their own that are an index.

    It is the first one, whatever it holds (``DataFrame.to_csv`` writes the index there, without a name), or
    one of integers that are all different, which was the first one of another file.

    Args:
        kinds: Name of each column, in order → what it holds.
        numbers: Gives the numbers (N,) of a column.
    """

    def is_index(place: int, name: str) -> bool:
        if _LEVEL.fullmatch(name):
            return True
        if not is_unnamed(name) or kinds[name] == "empty":
            return False
        was_first = _UNNAMED_FIRST.fullmatch(name) and kinds[name] == "number"
        return place == 0 or bool(was_first and _all_different(numbers(name)))

    return tuple(name for place, name in enumerate(kinds) if is_index(place, name))


def _all_different(x: NDArray[np.float64]) -> bool:
    """Whether ``x`` (N,) holds integers, none missing and none twice."""
    return bool(np.isfinite(x).all() and (x == np.round(x)).all() and len(np.unique(x)) == len(x))
