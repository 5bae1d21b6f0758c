"""CsvFile: where the cells of a csv file begin, how they are separated, and on which line a row stands."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from nnbabysit.core.data.readers.file_format import other_than_csv
from nnbabysit.core.data.readers.tables.cells import is_number
from nnbabysit.core.data.readers.tables.csv_lines import Lines, odd_byte, opened, size, visible
from nnbabysit.core.errors import DataError

DELIMITERS = ",;\t|"
_LOOKED_AT = 100
"""Rows by which the delimiter is found."""
Row = tuple[int, list[str]]
"""The line on which a row begins, and its cells."""


@dataclass(frozen=True)
class CsvFile:
    """A csv file of UTF-8, packed with gzip or not, as its first rows show it.

    Attributes:
        path: The file.
        delimiter: One character.
        names: Names of the columns, spaces around them cut off; a column without a name is called as pandas
            calls it, ``Unnamed: 0`` for the first.
        commas: How many commas behind the last name have no cells below.
        start: Bytes before the first row of data, in the unpacked file.
        first_line: Line on which the names stand.
        cells: Most common number of cells among the first rows of data; 0 if there are none.
    """

    path: Path
    delimiter: str
    names: tuple[str, ...]
    commas: int
    start: int
    first_line: int
    cells: int

    @classmethod
    def look(cls, path: Path) -> CsvFile:
        """Look at the first rows.

        Blank lines above the names are passed over, and so is the line ``sep=;`` that Excel reads.

        Raises:
            DataError: It cannot be opened, is of another format, is empty, or its names are not UTF-8, or
                two of them are the same.
        """
        with opened(path) as stream:
            other = other_than_csv(stream.peek(512)[:512])
            if other is not None:
                raise DataError(f"the file is {other[0]}, not csv", where=str(path), remedy=other[1])
            lines = Lines(stream, path)
            try:
                declared, head = lines.preamble()
                rest = list(islice(lines, _LOOKED_AT))
                delimiter = declared or _delimiter([head, *rest])
                return cls._of(path, delimiter, head, rest, lines)
            except csv.Error as error:
                raise DataError(f"cannot be read: {error}", where=str(path)) from error

    @classmethod
    def _of(cls, path: Path, delimiter: str, head: str, rest: list[str], lines: Lines) -> CsvFile:
        supply = iter([head, *rest])
        names = next(csv.reader(supply, delimiter=delimiter))
        tail = list(supply)
        rows = [row for row in csv.reader(tail, delimiter=delimiter) if any(map(str.strip, row))]
        _refuse_spaces(names, rows, f"{path}:{lines.first}")
        start = lines.before + sum(map(size, [head, *rest][: 1 + len(rest) - len(tail)]))
        wide = rows[:-1] if len(rows) > 1 else rows  # the last one may have been cut off
        completed = _completed([visible(name) for name in names], wide)
        counts = Counter(map(len, wide)).most_common(1)
        if any(is_number(name) for name, count in Counter(completed).items() if count > 1):
            raise names_missing(completed, f"{path}:{lines.first}")
        return cls(
            path=path,
            delimiter=delimiter,
            names=checked_names(completed, f"{path}:{lines.first}"),
            commas=max(0, len(names) - len(completed)),
            start=start,
            first_line=lines.first,
            cells=counts[0][0] if counts else 0,
        )

    @contextmanager
    def data(self) -> Iterator[BinaryIO]:
        """The bytes from the first row of data on, unpacked.

        Raises:
            DataError: The file cannot be read.
        """
        with opened(self.path) as stream:
            left = self.start
            while left and (chunk := stream.read(min(left, 1 << 20))):
                left -= len(chunk)
            yield stream

    def rows(self) -> Iterator[Row]:
        """Every row of data that is not blank, torn or not."""
        with opened(self.path) as stream:
            lines = Lines(stream, self.path)
            lines.rewind(lines.preamble()[1])
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader)
            begin = lines.number + 1
            try:
                for cells in reader:
                    blank = not cells or (len(cells) == 1 < len(self.names) and not cells[0].strip())
                    if not blank:
                        yield begin, cells
                    begin = lines.number + 1
            except csv.Error as error:
                raise DataError(f"cannot be read: {error}", where=f"{self.path}:{begin}") from error

    def line(self, row: int, expected: Sequence[str]) -> int | None:
        """Line of row ``row`` among those that are not torn; None unless ``expected`` are its cells."""
        whole = ((line, cells) for line, cells in self.rows() if len(cells) == len(self.names))
        line, cells = next(islice(whole, row, None), (0, None))
        return line if cells == list(expected) else None

    def torn(self) -> list[Row]:
        """Every row that has not as many cells as there are columns."""
        return [(line, cells) for line, cells in self.rows() if len(cells) != len(self.names)]

    def not_utf8(self) -> tuple[int, int] | None:
        """Line and byte of what is not UTF-8 first; None: all is."""
        with opened(self.path) as stream:
            lines = Lines(stream, self.path)
            for text in lines:
                odd = odd_byte(text)
                if odd is not None:
                    return lines.number, odd
        return None

    def ends_in_quote(self, last: str) -> bool:
        """Whether the file ends inside a quote, given its last cell: all behind the quote is in that cell."""
        tail = b""
        with opened(self.path) as stream:
            while chunk := stream.read(1 << 20):
                tail = (tail + chunk)[-(1 << 20) :]
        tail = tail.rstrip(b"\r\n")
        if "\n" in last or "\r" in last:
            return not tail.endswith(b'"')
        line = tail.replace(b"\r", b"\n").rpartition(b"\n")[2].decode("utf-8", "replace")
        try:
            list(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False


def names_missing(names: Sequence[str], where: str) -> DataError:
    """The error of a table whose first line holds data."""
    return DataError(
        f"the first line looks like data, not like names of columns: {', '.join(names[:4])}, …",
        where=where,
        remedy="Write a line with the names of the columns above it",
    )


def checked_names(names: Sequence[str], where: str) -> tuple[str, ...]:
    """The names of the columns.

    Raises:
        DataError: One is there twice.
    """
    first: dict[str, int] = {}
    for number, name in enumerate(names, start=1):
        if name in first:
            words = f"columns {first[name]} and {number} are both called {name!r}"
            raise DataError(words, where=where, remedy="Rename one of them")
        first[name] = number
    return tuple(names)


def _completed(names: list[str], rows: Sequence[list[str]]) -> list[str]:
    """The names with those that pandas gives to columns without one, as many as the rows have cells.

    Where every row has one cell more than there are names, it is an empty last one, behind a comma, or the
    first one, above which R and pandas write no name. Commas behind the last name may have no cells below.
    """
    while rows and not names[-1] and all(len(row) < len(names) for row in rows):
        names = names[:-1]
    if rows and all(len(row) == len(names) + 1 for row in rows):
        if not any(row[-1].strip() for row in rows):
            names = [*names, ""]
        elif len(names) > 1 and len({row[0] for row in rows}) == len(rows) and not _is_header(rows):
            names = ["", *names]
    return [name or _unnamed(i, names) for i, name in enumerate(names)]


def _unnamed(i: int, names: Sequence[str]) -> str:
    """What pandas calls column ``i``, without a name of its own, beside the others."""
    called = (f"Unnamed: {i}{again}" for again in ("", *(f".{n}" for n in range(1, len(names) + 1))))
    return next(name for name in called if name not in names)


def _is_header(rows: Sequence[list[str]]) -> bool:
    """Whether the first row has no number and a later one has: it has the names, under a title."""
    numbers = [any(map(is_number, map(str.strip, row))) for row in rows]
    return any(numbers) and not numbers[0]


def _refuse_spaces(names: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> None:
    """Refuse a table whose cells are separated by spaces, which would be one column."""
    words = [len(names[0].split()), *(len(row[0].split()) for row in rows if row)]
    if len(names) == 1 and len(words) > 1 and words[0] > 1 and len(set(words)) == 1:
        raise DataError(
            f"the cells are separated by spaces, {words[0]} in each line",
            where=where,
            remedy="Separate them by commas, semicolons or tabs",
        )


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that gives the names and the rows the same number of cells, the more the better."""

    def fit(delimiter: str) -> tuple[bool, float, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        cells, rows = Counter(counts).most_common(1)[0]
        return (counts[0] == cells > 1, rows / len(counts) if cells > 1 else 0.0, cells)

    return max(DELIMITERS, key=fit)
