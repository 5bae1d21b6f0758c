"""Columns: how the columns of a table became numbers, remembered so that other tables become the same.

Shape suffixes: N rows, F inputs (one for a number, one for each category).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.tables import class_labels
from nnbabysit.core.data.readers.tables.cell_errors import Role, odd_cell, refuse, refuse_gaps
from nnbabysit.core.data.readers.tables.column_names import named
from nnbabysit.core.data.readers.tables.table import Table, read_table
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
        literal: Whether words that stand for a missing value, such as NA, are categories of it.
    """

    name: str
    categories: tuple[str, ...] | None = None
    fill: float | None = None
    literal: bool = field(default=False, compare=False)  # the categories tell; runs of old do not hold it

    @property
    def width(self) -> int:
        """Number of inputs it becomes."""
        return 1 if self.categories is None else len(self.categories)

    def encode(self, table: Table, role: Role = "input") -> Floats:
        """(N, width) inputs; a missing value, or a category that is not known, is NaN in all of them."""
        if self.categories is None:
            return self.numbers(table, role)[:, None]
        places = {category: i for i, category in enumerate(self.categories)}
        texts = table.texts(named(self.name, table), literal=self.literal)
        codes = np.array([places.get(text, -1) for text in texts])
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

    def numbers(self, table: Table, role: Role) -> Floats:
        """(N,) the column as numbers, NaN where one is missing.

        Raises:
            DataError: A cell is something else; it is named.
        """
        name = named(self.name, table)
        x = table.numbers(name)
        kind = table.kinds[name]
        if kind in ("number", "boolean", "empty"):
            return x
        texts = table.texts(name)
        odd = next(i for i, text in enumerate(texts) if text is not None and np.isnan(x[i]))
        if kind == "mixed":
            raise odd_cell(name, table, role)
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
        literal: Whether words that stand for a missing value, such as NA, are names of classes.
    """

    columns: tuple[Column, ...]
    target: str
    classes: tuple[str, ...] | None = None
    missing: Missing = "refuse"
    literal: bool = field(default=False, compare=False)

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
        return self.fill(self.encode(read_table(path), is_later=True))

    def encode(self, table: Table, *, is_later: bool = False) -> Floats:
        """(N, F) inputs, NaN where a value is missing or its category is not known.

        Args:
            table: The training file, or one with the same columns.
            is_later: The network is trained; no setting changes any more what is done about a missing value.

        Raises:
            DataError: As for ``features``.
        """
        role: Role = "later" if is_later else "input"
        parts = [column.encode(table, role) for column in self.columns]
        if self.missing == "refuse":
            for column, part in zip(self.columns, parts, strict=True):
                refuse_gaps(named(column.name, table), np.isnan(part[:, 0]), table, role)
        return np.concatenate(parts, axis=1)

    def targets(self, table: Table) -> Array:
        """(N,) classes as int64, or numbers as float64.

        Raises:
            DataError: There is no such column, or a value is missing or of no known class; it is named.
        """
        target = named(self.target, table)
        if self.classes is None:
            y = Column(target).numbers(table, "quantity")
            refuse_gaps(target, np.isnan(y), table, "quantity")
            return y
        labels = class_labels.labels_of(target, table, literal=self.literal)
        refuse_gaps(target, np.array([label is None for label in labels]), table, "class")
        places = {name: i for i, name in enumerate(self.classes)}
        if table.kinds[target] == "boolean" and not places.keys() & set(labels):
            places = {name.lower(): i for name, i in places.items()}
            labels = np.array([label.lower() for label in labels], dtype=object)
        codes = np.array([places.get(label, -1) for label in labels], dtype=np.int64)
        if (codes < 0).any():
            odd = labels[int(np.argmax(codes < 0))]
            near = class_labels.alike(odd, self.classes)
            words = f"holds {odd!r}, a class that the training data does not have"
            refuse(target, codes < 0, words, table, f"There it is {near!r}: write it alike" if near else "")
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
                "literal": column.literal,
            }
            for column in self.columns
        ]
        classes = None if self.classes is None else list(self.classes)
        return {
            "columns": columns,
            "target": self.target,
            "classes": classes,
            "missing": self.missing,
            "literal": self.literal,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Columns:
        """The encoding that ``to_document`` took apart."""
        columns = tuple(
            Column(
                item["name"],
                None if item["categories"] is None else tuple(item["categories"]),
                None if item["fill"] is None else float(item["fill"]),
                item.get("literal", False),
            )
            for item in document["columns"]
        )
        classes = document["classes"]
        names = None if classes is None else tuple(classes)
        literal = document.get("literal", False)
        return cls(columns, document["target"], names, document["missing"], literal)

    def _split(self, x: Floats) -> list[Floats]:
        return np.split(x, np.cumsum([column.width for column in self.columns])[:-1], axis=1)


def _drop(name: str) -> str:
    return f"Leave it out with data.drop: [{name}]"
