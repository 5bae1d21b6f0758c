"""Table: named columns as a file holds them, before any becomes an input."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.file_format import other_than_csv
from nnbabysit.core.data.readers.tables.cells import Kind
from nnbabysit.core.data.readers.tables.csv_table import CsvTable
from nnbabysit.core.data.readers.tables.parquet_table import ParquetTable
from nnbabysit.core.errors import DataError

_PARQUET = b"PAR1"


class Table(Protocol):
    """Named columns of equal length, their rows in the order of the file.

    Attributes:
        place: The file, for messages.
        kinds: Name of each column, in order → what it holds.
        index: Names of the columns that number or name the rows and hold no values.
        numbers_as_text: Names of the columns that are declared to be text and hold numbers alone.
        rows: N, the number of rows.
        left_out: The rows that could not be read and were left out: place, and what they hold.
    """

    place: str
    kinds: dict[str, Kind]
    index: tuple[str, ...]
    numbers_as_text: tuple[str, ...]
    rows: int
    left_out: tuple[tuple[str, tuple[str, ...]], ...]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""

    def texts(self, name: str, *, literal: bool = False) -> Array:
        """(N,) a column as written, spaces around it cut off: str, or None where nothing is.

        Args:
            name: Of the column.
            literal: Words that stand for a missing value, such as NA, are values like others.
        """

    def where(self, row: int) -> str:
        """Place of a row, such as ``data.csv:12``."""


def read_table(path: Path, *, skip_broken: bool = False) -> Table:
    """Read a csv or parquet file; which of the two it is, its first bytes tell.

    Raises:
        DataError: As for ``CsvTable`` and ``ParquetTable``.
    """
    return ParquetTable(path) if is_parquet(path) else CsvTable(path, skip_broken=skip_broken)


def is_parquet(path: Path) -> bool:
    """Whether the file begins as every parquet file does.

    Raises:
        DataError: It cannot be opened.
    """
    return _head(path).startswith(_PARQUET)


def refuse_other_than_parquet(path: Path) -> None:
    """Make sure that a file is a parquet file.

    Raises:
        DataError: It cannot be opened, or is something else.
    """
    head = _head(path)
    if head.startswith(_PARQUET):
        return
    what, remedy = other_than_csv(head) or ("", "Set data.source to csv")
    said = f"the file is {what}, not parquet" if what else "the file is no parquet file"
    raise DataError(said, where=str(path), remedy=remedy)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(512)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
