"""CsvTable: a csv file as pyarrow reads it, its rows in the order of the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.tables.arrow import (
    Column,
    Texts,
    arrow_errors,
    content_of,
    kind_of_texts,
    plain_numbers,
)
from nnbabysit.core.data.readers.tables.cells import MISSING, Kind
from nnbabysit.core.data.readers.tables.csv_file import CsvFile
from nnbabysit.core.data.readers.tables.csv_lines import encoding_error
from nnbabysit.core.data.readers.tables.index_columns import unnamed_index
from nnbabysit.core.errors import DataError

_BLOCK, _LARGEST = 16 << 20, 1 << 30
"""Bytes that are read at a time: at first, and where a row is longer than that, at last."""
_FEW_TORN = 0.1
"""Fraction of torn rows up to which it is proposed to go on without them."""
_TOO_SHORT = "straddling"
_TORN = re.compile(r"Expected \d+ columns?, got \d+")


class CsvTable:
    """A csv file; every cell is read as text, and what a column holds is found over all of its rows."""

    numbers_as_text: tuple[str, ...] = ()

    def __init__(self, path: Path, *, skip_broken: bool = False) -> None:
        """Read ``path``.

        Raises:
            DataError: pyarrow is not installed, or the file cannot be read as a table. Rows of another length
                than the header are an error too, unless ``skip_broken`` leaves them out.
        """
        self.place = str(path)
        self._file = CsvFile.look(path)
        torn, columns = self._read()
        self.left_out = self._checked(torn, len(columns[0]), skip_broken)
        self.rows = len(columns[0])
        if not self.rows:
            raise DataError("the table has no rows", where=self.place)
        self._columns = dict(zip(self._file.names, columns, strict=True))
        self._check_last_quote()
        with arrow_errors(self.place):
            self.kinds: dict[str, Kind] = {
                name: kind_of_texts(column, MISSING) for name, column in self._columns.items()
            }
        # names without cells, kept for what is said of them
        nameless = range(len(columns), len(columns) + self._file.commas)
        self.kinds |= dict.fromkeys((f"Unnamed: {i}" for i in nameless), "empty")
        self.index = unnamed_index(self.kinds, self.numbers)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""
        column = self._columns[name]
        found = plain_numbers(column, MISSING)
        return Texts(column).numbers(self.kinds[name], MISSING) if found is None else found

    def texts(self, name: str, *, literal: bool = False) -> Array:
        """(N,) a column as written: str, or None where nothing is; literal: NA and the like are something."""
        return Texts(self._columns[name]).texts(("",) if literal else MISSING)

    def where(self, row: int) -> str:
        """Place of a row: its line."""
        cells = [column[row].as_py() for column in self._columns.values()]
        line = self._file.line(row, cells)
        return f"{self.place}, row {row + 1}" if line is None else f"{self.place}:{line}"

    def _read(self) -> tuple[int, list[Column]]:
        """How many rows are torn, and the columns of the others."""
        block, tolerant = _BLOCK, False
        while True:
            try:
                return self._parsed(block, tolerant=tolerant)
            except DataError as error:
                if _TORN.search(error.message) and not tolerant:
                    tolerant = True
                elif _TOO_SHORT in error.message and block < _LARGEST:
                    block *= 4
                else:
                    raise

    def _parsed(self, block: int, *, tolerant: bool) -> tuple[int, list[Column]]:
        """The same; torn rows are an error unless ``tolerant``, which leaves them out and has one thread.

        A function of Python's that Arrow's threads let go of may end the process by an abort at its very end.
        """
        torn = 0

        def left_out(row: Any) -> str:
            nonlocal torn
            torn += row.actual_columns > 1 or not _is_blank(row)
            return "skip"

        names = [str(i) for i in range(len(self._file.names))]
        with self._file.data() as stream, arrow_errors(self.place) as library:
            csv = library.csv
            try:
                # one row is parsed behind the other, and blocks are put together in their order
                table = csv.read_csv(
                    content_of(stream),
                    csv.ReadOptions(column_names=names, block_size=block, use_threads=not tolerant),
                    csv.ParseOptions(
                        delimiter=self._file.delimiter,
                        newlines_in_values=True,
                        invalid_row_handler=left_out if tolerant else None,
                    ),
                    csv.ConvertOptions(
                        column_types=dict.fromkeys(names, library.string()), null_values=[], check_utf8=True
                    ),
                )
            except library.ArrowInvalid as error:
                if "Empty CSV" in str(error):
                    return torn, [library.chunked_array([], library.string()) for _ in names]
                if "UTF8" in str(error) and (odd := self._file.not_utf8()):
                    raise encoding_error(self._file.path, *odd) from error
                raise
        return torn, table.columns

    def _checked(self, torn: int, whole: int, skip_broken: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Place and cells of the rows that are torn.

        Raises:
            DataError: There are some and they are not to be left out, or it is the first line that is odd.
        """
        if not torn:
            return ()
        rows = self._file.torn()
        names, first = len(self._file.names), f"{self.place}:{self._file.first_line}"
        if torn > whole and self._file.cells not in (0, names):
            raise DataError(
                f"this line has {_cells(names)}, and most lines below it have {self._file.cells}",
                where=first,
                remedy="If it is a title or a comment, delete it: the names of the columns come first",
            )
        if not skip_broken:
            line, cells = rows[0]
            some = "1 row cannot be read" if torn == 1 else f"{torn} rows cannot be read, the first"
            raise DataError(
                f"{some}: it has {_cells(len(cells))}, the header has {names}",
                where=f"{self.place}:{line}",
                remedy=self._repair(cells, few=torn <= _FEW_TORN * (torn + whole)),
            )
        return tuple((f"line {line}", tuple(cells)) for line, cells in rows)

    def _repair(self, cells: list[str], *, few: bool) -> str:
        """What to do about a torn row.

        Where they are not few it is no accident, such as a name with a comma in it: to go on without them
        would lose all rows of a class.
        """
        if cells[0].startswith("#"):
            return "Delete the line if it is a comment"
        if few:
            return "Repair the file, or go on without such rows by --skip-broken"
        if len(cells) > len(self._file.names):
            return f"Repair the file: a cell that has a {self._file.delimiter!r} stands in quotes"
        return "Repair the file"

    def _check_last_quote(self) -> None:
        """Refuse a file whose last quote is open: everything behind it would be one cell."""
        if self._file.ends_in_quote(self._columns[self._file.names[-1]][-1].as_py()):
            raise DataError(
                "a quote is opened here and never closed",
                where=self.where(self.rows - 1),
                remedy='Close it, or write a quote inside a cell twice, as in "12"" pipe"',
            )


def _is_blank(row: Any) -> bool:
    try:
        return not str(row.text).strip()
    except UnicodeDecodeError:
        return False


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
