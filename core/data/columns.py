"""Columns: how the columns of a table became numbers, remembered so that other tables become the same.

Shape suffixes: N rows, F inputs (one for a number, one for each category).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.raw import Array
from nnbabysit.core.data.table import FileTable, Table
from nnbabysit.core.errors import DataError

Floats = NDArray[np.float64]
Missing = Literal["refuse", "mean", "median", "most_frequent"]


@dataclass(frozen=True)
class Column:
    """One column of the table that is an input.

    Attributes:
        name: As in the header.
        categories: Its values in order, one input for each; None: it is a number and one input.
        fill: What stands for a missing value: a number, or the place of a category; None: not known.
    """

    name: str
    categories: tuple[str, ...] | None = None
    fill: float | None = None

    @property
    def width(self) -> int:
        """Number of inputs it becomes."""
        return 1 if self.categories is None else len(self.categories)

    def encode(self, table: Table) -> Floats:
        """(N, width) inputs; a missing value, or a category that is not known, is NaN in all of them."""
        if self.categories is None:
            return self._numbers(table)[:, None]
        places = {category: i for i, category in enumerate(self.categories)}
        codes = np.array([places.get(text, -1) for text in table.texts(self.name)])
        x = np.zeros((len(codes), self.width))
        x[np.arange(len(codes)), codes] = 1.0
        x[codes < 0] = np.nan
        return x

    def fitted(self, x: Floats, how: Missing) -> Column:
        """The same with the value that ``how`` finds in ``x`` (N, width); for categories the commonest."""
        known = x[~np.isnan(x[:, 0])]
        if not len(known):
            raise DataError(
                f"column {self.name!r} has no value in the training split", remedy=_drop(self.name)
            )
        if self.categories is not None:
            return replace(self, fill=float(known.sum(0).argmax()))
        values = known[:, 0]
        if how == "most_frequent":
            distinct, counts = np.unique(values, return_counts=True)
            return replace(self, fill=float(distinct[counts.argmax()]))
        finite = values[np.isfinite(values)]
        return replace(self, fill=float(np.median(finite) if how == "median" else np.mean(finite)))

    def filled(self, x: Floats) -> Floats:
        """(N, width) with ``fill`` where a value is missing."""
        gap = np.isnan(x[:, 0])
        if not gap.any() or self.fill is None:
            return x
        x = x.copy()
        x[gap] = self.fill if self.categories is None else np.eye(self.width)[int(self.fill)]
        return x

    def _numbers(self, table: Table) -> Floats:
        x = table.numbers(self.name)
        if table.kinds[self.name] in ("number", "boolean", "empty"):
            return x
        texts = table.texts(self.name)
        odd = next(i for i, text in enumerate(texts) if text is not None and np.isnan(x[i]))
        raise DataError(
            f"column {self.name!r} holds {texts[odd]!r}, where the training data has numbers",
            where=table.where(odd),
        )


@dataclass(frozen=True)
class Columns:
    """The encoding of a table.

    Attributes:
        columns: The columns that are inputs, in the order of the training file.
        target: Name of the column that is predicted.
        classes: Names of the classes 0, 1, …; None: the target is a number that is predicted as it is.
        missing: What is done about a missing value, and a category that the training file does not have.
    """

    columns: tuple[Column, ...]
    target: str
    classes: tuple[str, ...] | None = None
    missing: Missing = "refuse"

    @property
    def width(self) -> int:
        """F, the number of inputs."""
        return sum(column.width for column in self.columns)

    def features(self, path: Path) -> Floats:
        """(N, F) inputs from another csv or parquet file; its target and further columns are ignored.

        Raises:
            DataError: The file cannot be read, a column is not there or of another kind, or a value is
                missing or of no known category and ``missing`` says refuse.
        """
        return self.fill(self.encode(FileTable(path)))

    def encode(self, table: Table) -> Floats:
        """(N, F) inputs, NaN where a value is missing or its category is not known.

        Raises:
            DataError: As for ``features``.
        """
        for column in self.columns:
            require(column.name, table)
        parts = [column.encode(table) for column in self.columns]
        if self.missing == "refuse":
            for column, part in zip(self.columns, parts, strict=True):
                _refuse_gaps(column, part, table)
        return np.concatenate(parts, axis=1)

    def targets(self, table: Table) -> Array:
        """(N,) classes as int64, or numbers as float64.

        Raises:
            DataError: There is no such column, or a value is missing or of no known class; it is named.
        """
        require(self.target, table)
        if self.classes is None:
            y = Column(self.target)._numbers(table)
            _refuse(np.isnan(y), "has no value", self.target, table)
            return y
        labels = labels_of(self.target, table)
        _refuse(np.array([label is None for label in labels]), "has no value", self.target, table)
        places = {name: i for i, name in enumerate(self.classes)}
        codes = np.array([places.get(label, -1) for label in labels], dtype=np.int64)
        if (codes < 0).any():
            odd = labels[int(np.argmax(codes < 0))]
            words = f"holds {odd!r}, a class that the training data does not have"
            _refuse(codes < 0, words, self.target, table)
        return codes

    def fitted(self, x: Floats) -> Columns:
        """The same with the values that stand for missing ones, from the training split ``x`` (N, F)."""
        if self.missing == "refuse":
            return self
        pairs = zip(self.columns, self._split(x), strict=True)
        return replace(self, columns=tuple(column.fitted(part, self.missing) for column, part in pairs))

    def fill(self, x: Floats) -> Floats:
        """(N, F) with every missing value replaced, once the columns are fitted."""
        pairs = zip(self.columns, self._split(x), strict=True)
        return np.concatenate([column.filled(part) for column, part in pairs], axis=1)

    def gaps(self, x: Floats) -> dict[str, int]:
        """Name of each column with missing values → how many."""
        counts = (
            (c.name, int(np.isnan(p[:, 0]).sum())) for c, p in zip(self.columns, self._split(x), strict=True)
        )
        return {name: count for name, count in counts if count}

    def to_document(self) -> dict[str, Any]:
        """The encoding as plain dicts and lists."""
        columns = [
            {
                "name": column.name,
                "kind": "numeric" if column.categories is None else "categorical",
                "categories": None if column.categories is None else list(column.categories),
                "fill": column.fill,
            }
            for column in self.columns
        ]
        classes = None if self.classes is None else list(self.classes)
        return {"columns": columns, "target": self.target, "classes": classes, "missing": self.missing}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Columns:
        """The encoding that ``to_document`` took apart."""
        columns = tuple(
            Column(
                item["name"],
                None if item["categories"] is None else tuple(item["categories"]),
                None if item["fill"] is None else float(item["fill"]),
            )
            for item in document["columns"]
        )
        classes = document["classes"]
        names = None if classes is None else tuple(classes)
        return cls(columns, document["target"], names, document["missing"])

    def _split(self, x: Floats) -> list[Floats]:
        return np.split(x, np.cumsum([column.width for column in self.columns])[:-1], axis=1)


def require(name: str, table: Table, where: str = "") -> None:
    """Make sure that the table has a column.

    Raises:
        DataError: It has not; the nearest name is proposed.
    """
    if name in table.kinds:
        return
    small = {known.lower(): known for known in table.kinds}
    near = [small[found] for found in get_close_matches(name.lower(), small, n=1)]
    names = ", ".join(list(table.kinds)[:20]) + (", …" if len(table.kinds) > 20 else "")
    raise DataError(
        f"{table.place if where else 'the table'} has no column {name!r}",
        where=where or table.place,
        remedy=f"Did you mean {near[0]!r}?" if near else f"Its columns are {names}",
    )


def labels_of(name: str, table: Table) -> Array:
    """(N,) a target as names of classes: text as written, numbers without a fraction, None where missing."""
    kind = table.kinds[name]
    if kind not in ("number", "boolean"):
        return table.texts(name)
    words = {0.0: "false", 1.0: "true"} if kind == "boolean" else {}
    labels = np.empty(table.rows, dtype=object)
    labels[:] = [None if np.isnan(v) else words.get(v) or f"{v:.15g}" for v in table.numbers(name).tolist()]
    return labels


def _refuse_gaps(column: Column, x: Floats, table: Table) -> None:
    gaps = np.isnan(x[:, 0])
    if not gaps.any():
        return
    text = table.texts(column.name)[int(gaps.argmax())]
    instead = "Fill it in, or set data.missing to mean, median or most_frequent"
    if column.categories is not None and text is not None:
        words = f"holds {text!r}, a category that the training data does not have"
        _refuse(gaps, words, column.name, table, instead.replace("Fill it in", "Correct it"))
    _refuse(gaps, "has no value", column.name, table, f"{instead}, or leave the column out by data.drop")


def _refuse(wrong: NDArray[np.bool_], words: str, name: str, table: Table, remedy: str = "") -> None:
    if not wrong.any():
        return
    more = int(wrong.sum()) - 1
    also = f" (and {more} more like it)" if more else ""
    raise DataError(f"column {name!r} {words}{also}", where=table.where(int(wrong.argmax())), remedy=remedy)


def _drop(name: str) -> str:
    return f"Leave it out with data.drop: [{name}]"
