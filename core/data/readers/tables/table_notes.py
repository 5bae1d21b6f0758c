"""Notes on a table: what happened to its columns and rows, as far as the user did not ask for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from nnbabysit.core.data.readers.tables.cells import MISSING, is_number
from nnbabysit.core.data.readers.tables.columns import Column, Columns
from nnbabysit.core.data.readers.tables.index_columns import is_unnamed
from nnbabysit.core.data.readers.tables.table import Table

_FEW = 20
"""So many rows may well be numbered by chance."""


def notes_on(table: Table, columns: Columns, *, first: bool = False) -> tuple[str, ...]:
    """Plain sentences; those on columns only of the ``first`` table, from which the columns were chosen."""
    on_columns = (
        [*_left_out(table, columns), *_categories(table, columns), *_stored_as_text(table, columns)]
        if first
        else []
    )
    return tuple([*on_columns, *_counting(table, columns), *_rows_left_out(table, columns)])


def _left_out(table: Table, columns: Columns) -> Iterable[str]:
    used = {columns.target, *(column.name for column in columns.columns)}
    index = [name for name in table.index if name not in used]
    if index:
        names = ", ".join(map(repr, index))
        yield f"left out: {names}, an index that numbers or names the rows and holds no values"
    empty = [name for name in table.kinds if is_unnamed(name) and table.kinds[name] == "empty"]
    if empty:
        yield f"left out: {len(empty)} empty column{'s' * (len(empty) > 1)} without a name"


def _categories(table: Table, columns: Columns) -> Iterable[str]:
    encoded = [column for column in columns.columns if column.categories is not None]
    if encoded:
        listed = ", ".join(f"{column.name} ({column.width})" for column in encoded)
        yield f"columns of categories became one input for each: {listed}"
    for column in encoded:
        words = [category for category in column.categories or () if category in MISSING]
        if words:
            yield f"column {column.name!r}: {words[0]} is a category, as data.categorical names the column"
        if column.literal or table.kinds[column.name] != "text":
            continue
        counts = Counter(text for text in table.texts(column.name) if text is not None)
        numbers = sum(n for text, n in counts.items() if is_number(text))
        if 2 * numbers > counts.total():
            other = next(text for text in counts if not is_number(text))
            share = f"{numbers / counts.total():.0%}"
            yield f"column {column.name!r} is taken for text: {share} of it are numbers, {other!r} is none"


def _stored_as_text(table: Table, columns: Columns) -> Iterable[str]:
    """Numbers that a typed file holds as text: they were read as numbers all the same."""
    names = [column.name for column in columns.columns if column.categories is None]
    stored = [name for name in names if name in table.numbers_as_text]
    if stored:
        yield f"stored as text and read as numbers: {', '.join(stored)}; data.categorical keeps them text"


def _counting(table: Table, columns: Columns) -> Iterable[str]:
    if table.rows <= _FEW:
        return
    for column in columns.columns:
        if column.categories is None and _counts_rows(column, table):
            words = "numbers the rows; if it says nothing else, leave it out by data.drop"
            yield f"column {column.name!r} {words}"


def _counts_rows(column: Column, table: Table) -> bool:
    return bool((np.diff(column.encode(table)[:, 0]) == 1).all())


def _rows_left_out(table: Table, columns: Columns) -> Iterable[str]:
    if not table.left_out:
        return
    places = [place for place, _ in table.left_out]
    rows = "1 row" if len(places) == 1 else f"{len(places)} rows"
    shown = ", ".join(places[:10]) + (", …" if len(places) > 10 else "")
    share = len(places) / (table.rows + len(places))
    yield f"{rows} of {table.place}, {share:.1%}, left out as broken: {shown}"
    gone = _classes_gone(table, columns)
    if gone:
        yield f"no row is left of what may have been the class {', '.join(map(repr, gone[:3]))}"


def _classes_gone(table: Table, columns: Columns) -> list[str]:
    """Texts at the place of the target, from the left or the right, of rows that belong to no known class.

    Such as ``Köln, Nord`` without quotes: each row of that class has a cell too many.
    """
    if columns.classes is None:
        return []
    place = [*table.kinds].index(columns.target) if columns.target in table.kinds else 0
    gone: Counter[str] = Counter()
    for _, cells in table.left_out:
        known = [*cells[place : place + 1], *cells[place - len(table.kinds) :][:1]]
        found = [cell.strip() for cell in known]
        if found and not any(cell in columns.classes for cell in found):
            gone[found[0]] += 1
    return [name for name, count in gone.most_common() if count > 1 and name]
