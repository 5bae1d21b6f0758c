"""Reader of csv and parquet files, and the choice of what each of their columns becomes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnbabysit.core.config.data_settings import Data
from nnbabysit.core.data.columns import Column, Columns, labels_of, require
from nnbabysit.core.data.raw import Arrays, Raw, checked_arrays
from nnbabysit.core.data.source_path import source_path
from nnbabysit.core.data.table import FileTable, Table, is_parquet
from nnbabysit.core.errors import DataError

MAX_CATEGORIES = 100
MAX_CLASSES = 1000
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
FEW = 20
"""So many different values are fine in the smallest table."""


def read(settings: Data, loss: str) -> Raw:
    """Read a table; x is (N, F) float64 with NaN where a value is missing, y classes or numbers.

    Args:
        settings: ``target`` names the column that is predicted.
        loss: Loss of the config; with ``mse`` the target is a number, otherwise its values are classes.

    Raises:
        DataError: duckdb is not installed, the file is no such table, the target or another named column is
            not there, or a column cannot become numbers.
    """
    table = _table(settings, source_path(settings))
    return raw(table, choose(table, settings, loss))


def read_alike(settings: Data, columns: Columns) -> Raw:
    """Read another file, encoded as the training file was.

    Raises:
        DataError: As for ``read``, or it holds a class or a category that the training file does not have.
    """
    return raw(_table(settings, source_path(settings)), columns)


def raw(table: Table, columns: Columns) -> Raw:
    """The samples and targets of a table.

    Raises:
        DataError: As for ``Columns.encode`` and ``Columns.targets``.
    """
    y = columns.targets(table)
    pair: Arrays = checked_arrays(columns.encode(table), y, table.place)
    return Raw(table.place, pair, class_names=columns.classes, columns=columns, notes=_notes(table, columns))


def choose(table: Table, settings: Data, loss: str) -> Columns:
    """What each column becomes: numbers stay numbers, text becomes one input per category.

    Raises:
        DataError: A named column is not there, or one holds what cannot be an input; it names the setting.
    """
    target = _target(table, settings)
    for key in ("drop", "categorical"):
        for name in getattr(settings, key):
            require(name, table, where=f"data.{key}")
    if target in settings.drop:
        raise DataError(f"column {target!r} is the target and cannot be dropped", where="data.drop")
    names = [name for name in table.kinds if name != target and name not in settings.drop]
    if not names:
        raise DataError(
            "no column is left to predict from", where="data.drop" if settings.drop else table.place
        )
    _refuse_kinds(table, names)
    columns = [_column(name, table, name in settings.categorical) for name in names]
    _refuse_commas(columns, settings, table)
    _refuse_identifiers(table, columns)
    return Columns(tuple(columns), target, _classes(target, table, loss), settings.missing)


def _table(settings: Data, path: Path) -> FileTable:
    if is_parquet(path) != (settings.source == "parquet"):
        other = "csv" if settings.source == "parquet" else "parquet"
        said = "is no parquet file" if settings.source == "parquet" else "is a parquet file"
        raise DataError(f"the file {said}", where=str(path), remedy=f"Set data.source to {other}")
    return FileTable(path, skip_broken=settings.skip_broken)


def _target(table: Table, settings: Data) -> str:
    target = settings.target
    if target is not None and target in table.kinds:
        return target
    if any(_is_number(name) for name in table.kinds):
        found = ", ".join(list(table.kinds)[:4])
        raise DataError(
            f"the first line looks like data, not like names of columns: {found}, …",
            where=f"{table.place}:1",
            remedy="Write a line with the names of the columns above it",
        )
    if target is None:
        names = ", ".join(list(table.kinds)[:20]) + (", …" if len(table.kinds) > 20 else "")
        raise DataError(
            f"{settings.source} needs the name of the column that is predicted",
            where="data.target",
            remedy=f"Set data.target to one of {names}",
        )
    require(target, table, where="data.target")
    return target


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _refuse_kinds(table: Table, names: Sequence[str]) -> None:
    reasons = {
        "date": ("holds dates or times", "Turn it into numbers, such as days since a date, or leave it out"),
        "other": ("holds neither numbers nor text", "Leave it out"),
        "empty": ("has no values", "Leave it out"),
    }
    for kind, (words, remedy) in reasons.items():
        found = [name for name in names if table.kinds[name] == kind]
        if found:
            raise DataError(
                f"column {found[0]!r} {words}{_others(found)}",
                where=table.place,
                remedy=f"{remedy} with data.drop: [{', '.join(found)}]",
            )


def _column(name: str, table: Table, categorical: bool) -> Column:
    if table.kinds[name] in ("number", "boolean") and not categorical:
        return Column(name)
    return Column(name, tuple(sorted({text for text in table.texts(name) if text is not None})))


def _refuse_commas(columns: Sequence[Column], settings: Data, table: Table) -> None:
    for column in columns:
        names = column.categories
        if names and column.name not in settings.categorical and all(map(_DECIMAL_COMMA.fullmatch, names)):
            raise DataError(
                f"column {column.name!r} has numbers with a comma, such as {names[0]}",
                where=table.place,
                remedy="Write them with a point",
            )


def _refuse_identifiers(table: Table, columns: Sequence[Column]) -> None:
    found = [column.name for column in columns if _identifies(column.width, table.rows)]
    if not found:
        return
    width = next(column.width for column in columns if column.name == found[0])
    raise DataError(
        f"column {found[0]!r} is text with {width} different values in {table.rows} rows, too many for "
        f"categories{_others(found)}",
        where=table.place,
        remedy=f"Replace it by numbers, or leave it out with data.drop: [{', '.join(found)}]",
    )


def _identifies(values: int, rows: int) -> bool:
    return values > MAX_CATEGORIES or (values > FEW and 2 * values > rows)


def _others(found: Sequence[str]) -> str:
    return f", and so do {', '.join(found[1:])}" if len(found) > 1 else ""


def _classes(target: str, table: Table, loss: str) -> tuple[str, ...] | None:
    kind = table.kinds[target]
    if kind in ("date", "other", "empty"):
        words = {"date": "holds dates or times", "other": "holds neither numbers nor text"}.get(
            kind, "is empty"
        )
        raise DataError(f"the target {target!r} {words}", where=table.place)
    if loss == "mse":
        if kind == "text":
            raise DataError(
                f"loss mse predicts a number, and the target {target!r} is text",
                where=table.place,
                remedy="Use loss: cross_entropy for classes",
            )
        return None
    if kind == "number":
        _check_whole(target, table, loss)
    labels = {label for label in labels_of(target, table) if label is not None}
    _check_number_of_classes(len(labels), target, table, loss)
    return tuple(sorted(labels, key=float) if kind == "number" else sorted(labels))


def _check_whole(target: str, table: Table, loss: str) -> None:
    y = table.numbers(target)
    odd = np.flatnonzero(~np.isnan(y) & (y != np.round(y)) | np.isinf(y))
    if len(odd):
        raise DataError(
            f"{loss} needs classes, and the target {target!r} is {y[odd[0]]:g}",
            where=table.where(int(odd[0])),
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


def _notes(table: Table, columns: Columns) -> tuple[str, ...]:
    notes = []
    encoded = [f"{c.name} ({c.width})" for c in columns.columns if c.categories is not None]
    if encoded:
        notes.append(f"columns of categories became one input for each: {', '.join(encoded)}")
    numbers = (c.name for c in columns.columns if c.categories is None)
    counting = [name for name in numbers if table.rows > FEW and _counts_rows(name, table)]
    for name in counting:
        notes.append(f"column {name!r} numbers the rows; if it says nothing else, leave it out by data.drop")
    if table.left_out:
        rows = "1 row" if len(table.left_out) == 1 else f"{len(table.left_out)} rows"
        notes.append(
            f"{rows} of {table.place} could not be read and left out: "
            f"{', '.join(table.left_out[:10])}{', …' if len(table.left_out) > 10 else ''}"
        )
    return tuple(notes)


def _counts_rows(name: str, table: Table) -> bool:
    x = table.numbers(name)
    return bool((np.diff(x) == 1).all())
