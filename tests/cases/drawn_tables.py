"""Drawn tables: columns of the kinds that people have, written as csv in the ways that programs write it."""

from __future__ import annotations

import csv
import io
import string
from dataclasses import dataclass, field, replace
from typing import Literal

from hypothesis import strategies as st

Kind = Literal["number", "word", "boolean", "stray", "name", "row number"]
NA = (
    "",
    *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"),
    *("N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""What pandas 3 takes for a missing value."""
STRAYS = (
    "unknown",
    "-",
    "#DIV/0!",
    "NaT",
    "12 cm",
    "1_000",
    "0x1A",
    "4,5x",
    "−3",
    "１２",
    "5%",
    "1 000",
    "e5",
)
"""What looks like a number to nobody, or to Python's float alone."""
HEADER_WORDS = (
    "age",
    "Größe",
    "e\u0301t\u00e9",
    "a b",
    'he said "so"',
    "x,y",
    "p;q",
    "id",
    "长",
    "line\nbreak",
)
WORDS = (
    "low",
    "mid",
    "high",
    "Köln",
    "a,b",
    "c;d",
    'say "x"',
    "two\nlines",
    "e\u0301",
    "日本",
    "x y",
    "a|b",
    "'q'",
)
LINE_ENDS = ("\n", "\r\n", "\r")
DELIMITERS = ",;\t|"


@dataclass(frozen=True, kw_only=True)
class DrawnColumn:
    """A column as it is written, cell by cell, and what was meant by it.

    Attributes:
        name: In the header.
        kind: What its cells are, apart from those that are missing.
        cells: Text of each cell, spaces around it included.
    """

    name: str
    kind: Kind
    cells: tuple[str, ...]

    @property
    def meant(self) -> list[str | None]:
        """Each cell without the spaces around it; None where it stands for a missing value."""
        stripped = [cell.strip(" ") for cell in self.cells]
        return [None if cell in NA else cell for cell in stripped]

    @property
    def missing(self) -> list[int]:
        """Rows that hold no value."""
        return [row for row, cell in enumerate(self.meant) if cell is None]


@dataclass(frozen=True, kw_only=True)
class DrawnTable:
    """A table and the csv file that holds it.

    Attributes:
        columns: The inputs, in order.
        target: The column that is predicted; the last of the file.
        delimiter: Between cells.
        content: The file.
        torn: Rows that were given a cell too many or too few.
    """

    columns: tuple[DrawnColumn, ...]
    target: DrawnColumn
    delimiter: str
    content: bytes
    torn: tuple[int, ...] = field(default=())

    @property
    def all_columns(self) -> tuple[DrawnColumn, ...]:
        """Inputs and target."""
        return (*self.columns, self.target)


def _digits(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(str)


_NUMBER = st.one_of(
    _digits(-99, 99),
    _digits(2**53 - 3, 2**53 + 5),
    _digits(10**17, 10**18),
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
    st.floats(-1e300, 1e300, allow_nan=False).map(lambda x: f"{x:.3E}"),
    st.sampled_from(("1.", ".5", "+3", "-0", "0", "1e5", "2E-3", "007", "-.25", "1e+05", "0.1", "00")),
)
_TARGET_NAMES: tuple[tuple[str, ...], ...] = (
    ("low", "mid", "high"),
    ("0", "1", "2"),
    ("007", "07", "7"),
    ("01067", "10115"),
    ("9007199254740992", "9007199254740993"),
    ("123456789012345678901", "123456789012345678902"),
    ("-1", "1"),
    ("Köln", "Bonn", "a,b", 'say "x"'),
)


@st.composite
def _cells(draw: st.DrawFn, kind: Kind, rows: int, padded: bool) -> list[str]:
    if kind == "row number":
        return [str(i) for i in range(rows)]
    if kind == "name":
        return [f"{string.ascii_letters[i % 26]}{'xyz'[i // 26]} {i}er" for i in range(rows)]
    if kind in ("number", "stray"):
        cells = draw(st.lists(_NUMBER, min_size=rows, max_size=rows))
    elif kind == "boolean":
        cells = draw(st.lists(st.sampled_from(("true", "false")), min_size=rows, max_size=rows))
    else:
        cells = draw(st.lists(st.sampled_from(WORDS), min_size=rows, max_size=rows))
    if kind != "boolean" and draw(st.booleans()):
        for row in draw(st.sets(st.integers(0, rows - 1), max_size=rows // 3)):
            cells[row] = draw(st.sampled_from(NA))
    if kind == "stray":  # most of the rest are numbers, at least nine of ten
        cells = ["1" if cell in NA else cell for cell in cells]
        cells[draw(st.integers(0, rows - 1))] = draw(st.sampled_from(STRAYS))
    if padded:
        cells = [f"  {cell} " for cell in cells]
    return cells


def _unmarked(column: DrawnColumn) -> DrawnColumn:
    marks = str.maketrans(dict.fromkeys(DELIMITERS, "/"))
    cells = tuple(cell.translate(marks) for cell in column.cells)
    return replace(column, name=column.name.translate(marks), cells=cells)


@st.composite
def _target(draw: st.DrawFn, rows: int, regression: bool) -> DrawnColumn:
    if regression:
        cells = draw(st.lists(_NUMBER, min_size=rows, max_size=rows))
        return DrawnColumn(name="target", kind="number", cells=tuple(cells))
    names = draw(st.sampled_from(_TARGET_NAMES))
    cells = [names[i % len(names)] for i in range(rows)]
    cells = draw(st.permutations(cells))
    if draw(st.integers(0, 9)) == 0:
        cells[draw(st.integers(0, rows - 1))] = draw(st.sampled_from(NA))
    return DrawnColumn(name="target", kind="word", cells=tuple(cells))


@st.composite
def drawn_tables(draw: st.DrawFn, regression: bool) -> DrawnTable:
    """A table of 20 to 40 rows with one to four inputs, and how it is written."""
    rows = draw(st.integers(20, 40))
    kinds: list[Kind] = ["number", "number", "word", "boolean"]
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))
    faults: list[list[Kind]] = [["stray"], ["name"], [], [], [], [], []]
    chosen += draw(st.sampled_from(faults))
    headers = draw(st.permutations(HEADER_WORDS))
    padded = draw(st.integers(0, 4)) == 0
    columns = [
        DrawnColumn(name=headers[i], kind=kind, cells=tuple(draw(_cells(kind, rows, padded))))
        for i, kind in enumerate(chosen)
    ]
    if draw(st.integers(0, 5)) == 0:
        counting = DrawnColumn(name="", kind="row number", cells=tuple(map(str, range(rows))))
        columns.insert(0, counting)
    target = draw(_target(rows, regression))
    torn = tuple(draw(st.sets(st.integers(0, rows - 1), max_size=2))) if draw(st.integers(0, 5)) == 0 else ()
    if torn:  # or nothing tells the delimiter from the marks in the cells
        columns, target = [_unmarked(column) for column in columns], _unmarked(target)
    lines = [[column.name for column in (*columns, target)]]
    lines += [list(row) for row in zip(*(column.cells for column in (*columns, target)), strict=True)]
    for row in torn:
        lines[row + 1] = [*lines[row + 1], "9"] if draw(st.booleans()) else lines[row + 1][:-1]
    delimiter = draw(st.sampled_from(DELIMITERS))
    content = draw(_written(lines, delimiter))
    return DrawnTable(columns=tuple(columns), target=target, delimiter=delimiter, content=content, torn=torn)


@st.composite
def _written(draw: st.DrawFn, lines: list[list[str]], delimiter: str) -> bytes:
    end = draw(st.sampled_from(LINE_ENDS))
    quoting: Literal[0, 1] = csv.QUOTE_ALL if draw(st.booleans()) else csv.QUOTE_MINIMAL
    blank = draw(st.sets(st.integers(0, len(lines)), max_size=3)) if draw(st.booleans()) else set()
    stream = io.StringIO(newline="")
    write = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting)
    for i, line in enumerate(lines):
        stream.write(end * (i in blank))
        write.writerow(line)
    text = stream.getvalue()
    if draw(st.booleans()):
        text = text.removesuffix(end)
    return text.encode("utf-8-sig" if draw(st.integers(0, 3)) == 0 else "utf-8")
