"""CsvText: a csv file as text, for what DuckDB does not tell: its header, and the line of a row."""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from nnbabysit.core.errors import DataError

DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class CsvText:
    """A csv file, packed with gzip or not.

    Attributes:
        path: The file.
    """

    path: Path

    def first_line(self) -> str:
        """The first line that is not blank, without its end; empty if there is none."""
        with self._lines() as lines:
            return next((line.rstrip("\r\n") for line in lines if line.strip()), "")

    def delimiter(self, sniffed: str) -> str:
        """The delimiter that was sniffed, unless the header does not hold it, as where rows are torn."""
        first = self.first_line()
        if len(sniffed) == 1 and sniffed in first:
            return sniffed
        found = Counter(character for character in first if character in DELIMITERS).most_common(1)
        return found[0][0] if found else ","

    def header(self, delimiter: str) -> tuple[str, ...]:
        """Names of the columns, spaces around them cut off.

        Raises:
            DataError: The file is empty, or a name is missing or there twice.
        """
        for _, cells in self._rows(delimiter):
            return checked_names([name.strip() for name in cells], f"{self.path}:1")
        raise DataError("the file is empty", where=str(self.path))

    def line(self, row: int, delimiter: str, columns: int) -> int | None:
        """First line of a row, the header and rows not of ``columns`` cells left out; None: no such row."""
        seen = -1
        rows = self._rows(delimiter)
        next(rows, None)
        for line, cells in rows:
            seen += len(cells) == columns
            if seen == row:
                return line
        return None

    def torn(self, delimiter: str, columns: int) -> list[int]:
        """First line of every row that has not ``columns`` cells."""
        rows = self._rows(delimiter)
        next(rows, None)
        return [line for line, cells in rows if len(cells) != columns]

    def _rows(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """First line and cells of every row that is not blank."""
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=delimiter)
            before = 0
            try:
                for cells in reader:
                    if cells:
                        yield before + 1, cells
                    before = reader.line_num
            except csv.Error as error:
                raise DataError(f"cannot be read: {error}", where=f"{self.path}:{before + 1}") from error

    @contextmanager
    def _lines(self) -> Iterator[Iterator[str]]:
        packed = self.path.suffix == ".gz"
        try:
            with gzip.open(self.path, "rb") if packed else self.path.open("rb") as stream:
                yield _decoded(cast(BinaryIO, stream), self.path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"the gzip file is damaged ({error})", where=str(self.path)) from error
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror or error})", where=str(self.path)) from error


def checked_names(names: Sequence[str], where: str) -> tuple[str, ...]:
    """The names of the columns.

    Raises:
        DataError: One is empty or there twice.
    """
    for number, name in enumerate(names, start=1):
        if not name:
            words = f"column {number} of {len(names)} has no name"
            raise DataError(words, where=where, remedy="Give every column a name")
        if name in names[: number - 1]:
            first = names.index(name) + 1
            words = f"columns {first} and {number} are both called {name!r}"
            raise DataError(words, where=where, remedy="Rename one of them")
    return tuple(names)


def _decoded(stream: BinaryIO, path: Path) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        if number == 1 and line[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise DataError("the file is UTF-16", where=str(path), remedy="Save the file as UTF-8")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            words = f"the byte 0x{error.object[error.start]:02X} is not UTF-8"
            raise DataError(words, where=f"{path}:{number}", remedy="Save the file as UTF-8") from error
