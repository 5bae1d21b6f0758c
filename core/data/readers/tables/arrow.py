"""Arrow: the library that reads tables, and what its columns of text hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.tables.cells import Kind, is_number, kind_of
from nnbabysit.core.errors import DataError

Column = Any
"""A ``pyarrow.ChunkedArray``; the library is imported when a table is read."""


def pyarrow() -> Any:
    """The library that reads tables.

    Raises:
        DataError: It is not installed.
    """
    try:
        import pyarrow.compute
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError as error:
        raise DataError(
            "csv and parquet files are read by pyarrow, which is not installed",
            where="data.source",
            remedy="Install it with `pip install 'nnbabysit[tabular]'`",
        ) from error
    return pyarrow


@contextmanager
def arrow_errors(place: str) -> Iterator[Any]:
    """The library, whose errors become ours, with the file they are about.

    Raises:
        DataError: It is not installed, or the file cannot be read as a table.
    """
    library = pyarrow()
    try:
        yield library
    except library.ArrowException as error:
        words = str(error).partition("\n")[0].rstrip(". ")
        raise DataError(f"cannot be read as a table: {words}", where=place) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=place) from error


def content_of(stream: BinaryIO) -> Any:
    """What is left of a stream, as a file of Arrow's own.

    A stream of Python's is let go of by one of Arrow's threads, which may come when the interpreter has gone:
    then the process aborts at its very end (seen 2 times in 64, never with memory of Arrow's).
    """
    library = pyarrow()
    sink = library.BufferOutputStream()
    while chunk := stream.read(1 << 20):
        sink.write(chunk)
    return library.BufferReader(sink.getvalue())


class Texts:
    """A column of text, each different text kept once, spaces around it cut off.

    Attributes:
        different: The different texts; the empty one stands for null as well.
    """

    def __init__(self, column: Column) -> None:
        """Take apart a column of strings (N,)."""
        packed = column.combine_chunks().dictionary_encode()
        stored = [text.strip() for text in packed.dictionary.to_pylist()] + [""]
        places = {text: i for i, text in enumerate(dict.fromkeys(stored))}
        moved = np.array([places[text] for text in stored], dtype=np.int64)
        indices = packed.indices.fill_null(len(stored) - 1)
        self.different = tuple(places)
        self._codes: NDArray[np.int64] = moved[np.asarray(indices)]

    def counts(self, missing: Collection[str]) -> Counter[str]:
        """How often each different text is there, those in ``missing`` left out."""
        counts = np.bincount(self._codes, minlength=len(self.different)).tolist()
        return Counter(
            {text: n for text, n in zip(self.different, counts, strict=True) if n and text not in missing}
        )

    def numbers(self, kind: Kind, missing: Collection[str]) -> NDArray[np.float64]:
        """(N,) as numbers, true and false as 1 and 0 if ``kind`` is boolean; NaN where there is none."""
        words = {"true": 1.0, "false": 0.0} if kind == "boolean" else {}
        values = [
            float("nan")
            if text in missing
            else float(text)
            if is_number(text)
            else words.get(text.lower(), float("nan"))
            for text in self.different
        ]
        return np.array(values)[self._codes]

    def texts(self, missing: Collection[str]) -> Array:
        """(N,) str, or None for those in ``missing``."""
        found = np.empty(len(self.different), dtype=object)
        found[:] = [None if text in missing else text for text in self.different]
        return found[self._codes]


def kind_of_texts(column: Column, missing: Collection[str]) -> Kind:
    """What a column of strings holds, the texts in ``missing`` being none."""
    if plain_numbers(column, missing) is not None:
        return "number"
    return kind_of(Texts(column).counts(missing))


def plain_numbers(column: Column, missing: Collection[str]) -> NDArray[np.float64] | None:
    """(N,) the numbers of a column of strings in which nothing else is; None if there is, or no number.

    This is what makes a wide table of numbers quick: no text becomes an object of Python's.
    """
    library = pyarrow()
    found = _cast(library, column)
    if found is None:
        compute = library.compute
        trimmed = compute.utf8_trim_whitespace(column)
        gaps = compute.is_in(trimmed, value_set=library.array(sorted(missing), trimmed.type))
        found = _cast(library, compute.if_else(gaps, library.scalar(None, trimmed.type), trimmed))
    return found


def _cast(library: Any, column: Column) -> NDArray[np.float64] | None:
    """(N,) numbers, NaN for null; None if a text is no number or not a number, or if there is none at all."""
    try:
        values = library.compute.cast(column, library.float64())
    except library.ArrowInvalid:
        return None
    numbers = np.asarray(values.to_numpy(), dtype=np.float64)
    known = int(np.count_nonzero(~np.isnan(numbers)))
    return numbers if known and known == len(column) - column.null_count else None
