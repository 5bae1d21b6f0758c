"""What Python's csv module and pandas agree on is read alike, cell by cell, or refused with its line."""

from __future__ import annotations

import csv
import io
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.tables.column_choice import FEW
from nnbabysit.core.data.readers.tabular import TableReader
from nnbabysit.core.errors import DataError

from .drawn_tables import STRAYS, DrawnColumn, DrawnTable, drawn_tables


@dataclass(frozen=True)
class Line:
    """A row as Python's csv module reads it, and the line of the file that it begins at."""

    number: int
    cells: tuple[str, ...]


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "t.csv"


# A table of twenty rows says what is wrong with it; to shrink it takes minutes.
@settings(
    max_examples=300,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    table=st.booleans().flatmap(drawn_tables),
    missing=st.sampled_from(("refuse", "median", "median", "median")),
)
def test_a_table_is_read_cell_by_cell_or_refused_with_its_line(
    path: Path, table: DrawnTable, missing: Literal["refuse", "median"]
) -> None:
    path.write_bytes(table.content)
    lines = by_python(table)
    assume(is_torn_as_meant(table, lines) if table.torn else agree(path, table, lines))
    regression = table.target.kind == "number"
    data = Data(source="csv", path=str(path), target="target", missing=missing)
    faults = list(faulty_places(table, lines))
    if missing == "refuse":
        faults += [lines[row].number for column in table.columns for row in column.missing]
    found = read_or_refused(data, "mse" if regression else "cross_entropy")
    if isinstance(found, DataError):
        event("refused")
        places = {str(path) if line is None else f"{path}:{line}" for line in faults}
        assert found.where in places, (str(found), faults)
    else:
        event("read")
        assert not faults, (faults, found.notes)
        assert_alike(found, table)


def agree(path: Path, table: DrawnTable, lines: list[Line]) -> bool:
    """Whether pandas reads what Python's ``csv`` reads."""
    return by_pandas(path, table) == [line.cells for line in lines]


def is_torn_as_meant(table: DrawnTable, lines: list[Line]) -> bool:
    """Whether the rows that were torn are the only ones; ``csv.writer`` tears others.

    Where lines end with a carriage return it does not quote a cell with a line feed in it.
    """
    width = len(table.columns) + 1
    torn = {row for row, line in enumerate(lines) if len(line.cells) != width}
    return len(lines) == len(table.target.cells) and torn == set(table.torn)


def read_or_refused(data: Data, loss: str) -> Raw | DataError:
    """The table, or the words with which it is refused."""
    try:
        return TableReader().read(data, loss)
    except DataError as error:
        return error


def by_python(table: DrawnTable) -> list[Line]:
    """The rows behind the header, without blank lines."""
    text = table.content.decode("utf-8-sig")
    found, begins = [], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter)
    for cells in reader:
        if cells:
            found.append(Line(begins, tuple(cells)))
        begins = reader.line_num + 1
    return found[1:]


def by_pandas(path: Path, table: DrawnTable) -> list[tuple[str, ...]]:
    """The same by pandas, every cell as text; empty if it refuses the file."""
    try:
        with warnings.catch_warnings(action="error"):
            frame = pd.read_csv(path, sep=table.delimiter, dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return []
    return [tuple(row) for row in frame.itertuples(index=False, name=None)]


def faulty_places(table: DrawnTable, lines: list[Line]) -> Iterator[int | None]:
    """Lines for which a table must be refused; None: for a column as a whole."""
    for column in table.columns:
        yield from (lines[row].number for row, cell in enumerate(column.meant) if cell in STRAYS)
        if (column.kind == "name" and len(column.cells) > FEW) or set(column.meant) == {None}:
            yield None
    yield from (lines[row].number for row in table.target.missing)
    yield from (lines[row].number for row in table.torn)


def assert_alike(raw: Raw, table: DrawnTable) -> None:
    """Every cell of the file is where it belongs, and is what it was."""
    assert isinstance(raw.train, Arrays)
    assert raw.columns is not None
    wanted = [column for column in table.columns if column.kind != "row number"]
    assert [column.name for column in raw.columns.columns] == [column.name for column in wanted]
    if len(wanted) < len(table.columns):
        assert any("left out" in note for note in raw.notes), raw.notes
    at = 0
    for column, read_column in zip(wanted, raw.columns.columns, strict=True):
        x = raw.train.x[:, at : at + read_column.width]
        at += read_column.width
        assert read_cells(x, read_column.categories) == meant_cells(column), column.name
    assert at == raw.train.x.shape[1]
    if raw.class_names is None:
        assert raw.train.y.tolist() == [float(cell) for cell in table.target.meant if cell is not None]
    else:
        assert [raw.class_names[int(y)] for y in raw.train.y] == table.target.meant


def read_cells(x: np.ndarray, categories: tuple[str, ...] | None) -> list[str | float | None]:
    """(N, width) inputs as the cells that they stand for; None: missing."""
    if categories is None:
        return [None if np.isnan(value) else float(value) for value in x[:, 0]]
    assert set(np.unique(x[~np.isnan(x)])) <= {0.0, 1.0}
    return [None if np.isnan(row[0]) else categories[int(row.argmax())] for row in x]


def meant_cells(column: DrawnColumn) -> list[str | float | None]:
    """The cells of a column that was written, as numbers where they are."""
    if column.kind == "boolean":
        return [float(cell == "true") for cell in column.meant]
    if column.kind in ("word", "name"):
        return list(column.meant)
    return [None if cell is None else float(cell) for cell in column.meant]
