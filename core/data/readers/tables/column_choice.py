"""Column choice: what each column of a table becomes, and which tables are refused for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.tables import class_labels
from nnbabysit.core.data.readers.tables.cell_errors import odd_cell, refuse_gaps
from nnbabysit.core.data.readers.tables.cells import is_number
from nnbabysit.core.data.readers.tables.column_names import listed, named
from nnbabysit.core.data.readers.tables.columns import Column, Columns
from nnbabysit.core.data.readers.tables.csv_file import names_missing
from nnbabysit.core.data.readers.tables.index_columns import is_unnamed
from nnbabysit.core.data.readers.tables.table import Table
from nnbabysit.core.errors import DataError

MAX_CATEGORIES = 100
MAX_CLASSES = 1000
FEW = 20
"""So many different values are fine in the smallest table."""


def choose_columns(table: Table, settings: Data, loss: str) -> Columns:
    """What each column becomes: numbers stay numbers, text becomes one input per category.

    Raises:
        DataError: A named column is not there, or one holds what cannot be an input; it names the setting.
    """
    target = _target(table, settings)
    drop = [named(name, table, where="data.drop") for name in settings.drop]
    literal = [named(name, table, where="data.categorical") for name in settings.categorical]
    if target in drop:
        raise DataError(f"column {target!r} is the target and cannot be dropped", where="data.drop")
    names = [name for name in table.kinds if name != target and name not in drop]
    names = [name for name in names if name in literal or not _is_passed_over(name, table)]
    if not names:
        raise DataError("no column is left to predict from", where="data.drop" if drop else table.place)
    _refuse_unnamed(table, names)
    _refuse_kinds(table, [name for name in names if name not in literal])
    columns = [_column(name, table, name in literal) for name in names]
    _refuse_identifiers(table, columns)
    classes = _classes(target, table, loss, target in literal)
    return Columns(tuple(columns), target, classes, settings.missing, target in literal)


def _is_passed_over(name: str, table: Table) -> bool:
    """Whether a column holds no values: it is an index, or an empty one that has no name either."""
    return name in table.index or (is_unnamed(name) and table.kinds[name] == "empty")


def _target(table: Table, settings: Data) -> str:
    target = settings.target
    if target is not None and target in table.kinds:
        return target
    if any(map(is_number, table.kinds)):
        raise names_missing([*table.kinds], f"{table.place}:1")
    if target is None:
        raise DataError(
            f"{settings.source} needs the name of the column that is predicted",
            where="data.target",
            remedy=f"Set data.target to one of {listed(table)}",
        )
    return named(target, table, where="data.target")


def _refuse_unnamed(table: Table, names: Sequence[str]) -> None:
    for name in filter(is_unnamed, names):
        place = [*table.kinds].index(name) + 1
        raise DataError(
            f"column {place} of {len(table.kinds)} has no name",
            where=f"{table.place}:1",
            remedy=f"Give it a name, or leave it out with data.drop: ['{name}']",
        )


def _refuse_kinds(table: Table, names: Sequence[str]) -> None:
    reasons = {
        "date": (
            "holds dates or times",
            "Turn it into numbers, such as days since a date (names, such as versions, go into "
            "data.categorical), or leave it out",
        ),
        "other": ("holds neither numbers nor text", "Leave it out"),
        "empty": ("has no values", "Leave it out"),
    }
    for kind, (words, remedy) in reasons.items():
        found = [name for name in names if table.kinds[name] == kind]
        if found:
            first = next(filter(None, table.texts(found[0])), None) if kind == "date" else None
            such = f", such as {first}" if first else ""
            raise DataError(
                f"column {found[0]!r} {words}{such}{_others(found)}",
                where=table.place,
                remedy=f"{remedy} with data.drop: [{', '.join(found)}]",
            )
    for name in names:
        if table.kinds[name] == "mixed":
            raise odd_cell(name, table, "input")


def _column(name: str, table: Table, literal: bool) -> Column:
    if table.kinds[name] in ("number", "boolean") and not literal:
        return Column(name)
    texts = {text for text in table.texts(name, literal=literal) if text is not None}
    return Column(name, tuple(sorted(texts)), literal=literal)


def _refuse_identifiers(table: Table, columns: Sequence[Column]) -> None:
    found = [column for column in columns if column.categories and _identifies(column.width, table.rows)]
    if not found:
        return
    first, names = found[0], [column.name for column in found]
    raise DataError(
        f"column {first.name!r} is text with {first.width} different values in {table.rows} rows, too many "
        f"for categories{_others(names)}{_first_text(first.name, table)}",
        where=table.place,
        remedy=f"Replace it by numbers, or leave it out with data.drop: [{', '.join(names)}]",
    )


def _first_text(name: str, table: Table) -> str:
    """The first cell that is no number, where more than half of the cells are numbers."""
    counts = Counter(text for text in table.texts(name) if text is not None)
    numbers = sum(n for text, n in counts.items() if is_number(text))
    if 2 * numbers <= counts.total():
        return ""
    texts = table.texts(name)
    odd = next(i for i, text in enumerate(texts) if text is not None and not is_number(text))
    return (
        f". {numbers / counts.total():.0%} of it are numbers, the first other cell is {texts[odd]!r} in "
        + (table.where(odd))
    )


def _identifies(values: int, rows: int) -> bool:
    return values > MAX_CATEGORIES or (values > FEW and 2 * values > rows)


def _others(found: Sequence[str]) -> str:
    return f", and so do {', '.join(found[1:])}" if len(found) > 1 else ""


def _classes(target: str, table: Table, loss: str, literal: bool) -> tuple[str, ...] | None:
    kind = table.kinds[target]
    if kind in ("date", "other", "empty") and not literal:
        words = {"date": "holds dates or times", "other": "holds neither numbers nor text"}.get(
            kind, "is empty"
        )
        raise DataError(f"the target {target!r} {words}", where=table.place)
    if kind == "mixed" and not literal:
        raise odd_cell(target, table, "quantity" if loss == "mse" else "class")
    if loss == "mse":
        if kind not in ("number", "boolean"):
            raise DataError(
                f"loss mse predicts a number, and the target {target!r} is text",
                where=table.place,
                remedy="Use loss: cross_entropy for classes",
            )
        return None
    found = class_labels.labels_of(target, table, literal=literal)
    refuse_gaps(target, np.array([label is None for label in found]), table, "class")
    labels = set(found)
    class_labels.refuse_look_alikes(labels, table.place)
    if kind == "number" and not literal:
        _check_whole(target, table, loss, found)
    _check_number_of_classes(len(labels), target, table, loss)
    return class_labels.in_order(labels)


def _check_whole(target: str, table: Table, loss: str, labels: Array) -> None:
    odd = {label for label in labels if label is not None and not class_labels.is_whole(label)}
    if odd:
        first = next(i for i, label in enumerate(labels) if label in odd)
        raise DataError(
            f"{loss} needs classes, and the target {target!r} is {labels[first]}",
            where=table.where(first),
            remedy="Use loss: mse for regression",
        )


def _check_number_of_classes(classes: int, target: str, table: Table, loss: str) -> None:
    if loss == "bce" and classes != 2:
        raise DataError(
            f"loss bce needs two classes, and the target {target!r} has {classes}",
            where=table.place,
            remedy="Use loss: cross_entropy",
        )
    if classes < 2:
        raise DataError(
            f"there is only one class: the target {target!r} is the same in every row", where=table.place
        )
    if classes > MAX_CLASSES or (classes > FEW and 2 * classes > table.rows):
        regression = ", or use loss: mse if it is a quantity" if table.kinds[target] == "number" else ""
        raise DataError(
            f"the target {target!r} has {classes} different values in {table.rows} rows, "
            "too many for classes",
            where=table.place,
            remedy=f"Set data.target to the column with the classes{regression}",
        )
