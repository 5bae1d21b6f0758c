"""Unpickling that admits NumPy arrays of numbers and plain containers, and runs no code of NumPy's.

To admit ``numpy.ndarray``, ``numpy.dtype`` and ``_reconstruct`` themselves would not do: with one byte of a
dtype's state changed, NumPy 2.4 kills the process with a segmentation fault (found by trying all bytes). So
the names lead to stand-ins that only note what they are told, and the array is built from their notes.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from typing import Any

import numpy as np

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.errors import DataError

_NUMBER = re.compile(r"[biuf](1|2|4|8)")
_MEMO = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})


class _NotedType:
    """Stands in for ``numpy.dtype``."""

    def __init__(self, name: str | bytes, *_: object) -> None:
        self.name = name.decode("ascii") if isinstance(name, bytes) else name
        self.order = "|"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        self.order = order.decode("ascii") if isinstance(order, bytes) else order

    def dtype(self) -> np.dtype[Any]:
        if not _NUMBER.fullmatch(self.name) or self.order not in ("|", "<", ">", "="):
            raise pickle.UnpicklingError(f"{self.order}{self.name} is no type of number")
        return np.dtype(f"{'=' if self.order == '|' else self.order}{self.name}")


class _NotedArray:
    """Stands in for ``numpy.ndarray``, made by ``_reconstruct``."""

    def __init__(self, *_: object) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def array(self) -> Array:
        _, shape, kind, by_column, content = self.state
        if not isinstance(kind, _NotedType) or not isinstance(content, bytes):
            raise pickle.UnpicklingError("it holds an array of something else than numbers")
        dtype = kind.dtype()
        if not all(type(n) is int and n >= 0 for n in shape) or math.prod(shape) * dtype.itemsize != len(
            content
        ):
            raise pickle.UnpicklingError(f"an array of shape {shape} does not fit its {len(content)} bytes")
        return np.frombuffer(content, dtype).reshape(shape, order="F" if by_column else "C")


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _NotedArray,
    ("numpy", "dtype"): _NotedType,
    ("numpy.core.multiarray", "_reconstruct"): _NotedArray,  # NumPy 1, and CIFAR's own files
    ("numpy._core.multiarray", "_reconstruct"): _NotedArray,
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """The stand-in of that name; all others are refused."""
        try:
            return _ADMITTED[module, name]
        except KeyError:
            words = f"it asks for {module}.{name}, only NumPy arrays are admitted"
            raise pickle.UnpicklingError(words) from None


def load_arrays(content: bytes, place: str) -> dict[Any, Any]:
    """Unpickle a dict of arrays, lists, numbers and strings; strings of Python 2 come as bytes.

    Args:
        content: The pickle.
        place: Its path, for messages.

    Raises:
        DataError: It is damaged, no dict, or asks for anything but NumPy arrays.
    """
    try:
        _check_sizes(content)
        value = _ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
        if isinstance(value, dict):
            return {k: v.array() if isinstance(v, _NotedArray) else v for k, v in value.items()}
    except Exception as error:  # a damaged pickle may raise anything, says the pickle documentation
        raise DataError(f"the pickle is not admitted or damaged: {error}", where=place) from error
    raise DataError(f"the pickle holds a {type(value).__name__}, not a dict", where=place)


def _check_sizes(content: bytes) -> None:
    """Refuse a pickle that is torn, or that makes the unpickler allocate far more than the file has."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name in _MEMO and isinstance(argument, int) and argument > len(content):
            raise pickle.UnpicklingError(f"it numbers its values up to {argument}")
