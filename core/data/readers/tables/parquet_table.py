"""ParquetTable: a parquet file as pyarrow reads it, with the names and types that it declares."""

from __future__ import annotations

import json
from decimal import Decimal
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
from nnbabysit.core.data.readers.tables.cells import Kind
from nnbabysit.core.data.readers.tables.csv_file import checked_names
from nnbabysit.core.data.readers.tables.index_columns import unnamed_index
from nnbabysit.core.errors import DataError

_NO_TEXT = ("",)


class ParquetTable:
    """A parquet file; only null is missing in it, a text is what it is."""

    left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __init__(self, path: Path) -> None:
        """Read ``path``; folders above it named ``key=value`` add no columns.

        Raises:
            DataError: pyarrow is not installed, the file cannot be read, or two columns have one name.
        """
        self.place = str(path)
        with arrow_errors(self.place) as library, path.open("rb") as stream:
            file = library.parquet.ParquetFile(content_of(stream))
            schema = file.schema_arrow
            names = checked_names(schema.names, self.place)
            table = file.read()
            self._columns = {
                name: _plain(library, column) for name, column in zip(names, table.columns, strict=True)
            }
            self.rows = int(table.num_rows)
            if not self.rows:
                raise DataError("the table has no rows", where=self.place)
            self.kinds: dict[str, Kind] = {
                name: _kind(library, column) for name, column in self._columns.items()
            }
            self.numbers_as_text = tuple(
                name
                for name, column in self._columns.items()
                if column.type == library.string() and self.kinds[name] == "number"
            )
        declared = _declared_index(schema.metadata or {})
        unnamed = unnamed_index(self.kinds, self.numbers)
        self.index = tuple(name for name in self.kinds if name in declared or name in unnamed)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""
        with arrow_errors(self.place) as library:
            column = self._columns[name]
            if column.type == library.string():
                found = plain_numbers(column, _NO_TEXT)
                return Texts(column).numbers(self.kinds[name], _NO_TEXT) if found is None else found
            if self.kinds[name] not in ("number", "boolean"):
                return np.full(self.rows, np.nan)
            if library.types.is_boolean(column.type):
                column = column.cast(library.int8())
            values = column.cast(library.float64(), safe=False).to_numpy()
            return np.asarray(values, dtype=np.float64)

    def texts(self, name: str, *, literal: bool = False) -> Array:
        """(N,) a column as written, integers with all of their digits: str, or None where nothing is."""
        with arrow_errors(self.place) as library:
            column = self._columns[name]
            if column.type == library.string():
                return Texts(column).texts(_NO_TEXT)
            found = np.empty(self.rows, dtype=object)
            found[:] = [_written(value) for value in column.to_pylist()]
            return found

    def where(self, row: int) -> str:
        """Place of a row: its number."""
        return f"{self.place}, row {row + 1}"


def _plain(library: Any, column: Column) -> Column:
    """A column whose texts, packed or not, are plain strings."""
    types = library.types
    stored = column.type.value_type if types.is_dictionary(column.type) else column.type
    if types.is_string(stored) or types.is_large_string(stored) or str(stored) == "string_view":
        return column.cast(library.string())
    return column.cast(stored) if types.is_dictionary(column.type) else column


def _kind(library: Any, column: Column) -> Kind:
    types, stored = library.types, column.type
    if column.null_count == len(column):
        return "empty"
    if stored == library.string():
        return kind_of_texts(column, _NO_TEXT)
    if types.is_boolean(stored):
        return "boolean"
    if types.is_integer(stored) or types.is_floating(stored) or types.is_decimal(stored):
        return "number"
    return "date" if types.is_temporal(stored) else "other"


def _written(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal) and value % 1 == 0:
        return str(int(value))
    return str(value)


def _declared_index(metadata: Any) -> set[str]:
    """Names of the columns that pandas declares to be the index of the table it wrote."""
    try:
        found = json.loads(metadata.get(b"pandas", b"{}")).get("index_columns", [])
    except (ValueError, AttributeError):
        return set()
    return {name for name in found if isinstance(name, str)}
