"""HubTable: the columns of a Hugging Face dataset as a Table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.tables.cells import Kind
from nnbabysit.core.data.readers.tables.index_columns import unnamed_index

_NUMBERS = ("int", "uint", "float")


def feature_kind(feature: Any) -> str:
    """Name of the class of a declared feature, such as ``ClassLabel``."""
    return type(feature).__name__


class HubTable:
    """The columns of such a dataset as a Table, each of the type that is declared."""

    numbers_as_text: tuple[str, ...] = ()

    def __init__(self, dataset: Any, place: str) -> None:
        """Look at the declared features; nothing is read yet."""
        self.place = place
        self.rows = len(dataset)
        self.left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._dataset = dataset
        self.kinds: dict[str, Kind] = {name: _table_kind(item) for name, item in dataset.features.items()}
        self.index = unnamed_index(self.kinds, self.numbers)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""
        return np.array([_number(value) for value in self._dataset[name]], dtype=np.float64)

    def texts(self, name: str, *, literal: bool = False) -> Array:
        """(N,) a column as written, classes by their names: str, or None where nothing is."""
        feature = self._dataset.features[name]
        names = feature.names if feature_kind(feature) == "ClassLabel" else None
        found = np.empty(self.rows, dtype=object)
        for i, value in enumerate(self._dataset[name]):
            missing = value is None or (names is not None and value < 0)
            text = str(value if names is None else names[value]).strip()
            found[i] = None if missing or not text else text.lower() if isinstance(value, bool) else text
        return found

    def where(self, row: int) -> str:
        """Place of a row."""
        return f"{self.place}, row {row + 1}"


def _table_kind(feature: Any) -> Kind:
    if feature_kind(feature) == "ClassLabel":
        return "text"
    dtype = str(getattr(feature, "dtype", "")) if feature_kind(feature) == "Value" else ""
    if dtype.startswith(_NUMBERS):
        return "number"
    if dtype.startswith(("date", "time", "duration")):
        return "date"
    return {"bool": "boolean", "string": "text", "large_string": "text"}.get(dtype, "other")  # type: ignore[return-value]


def _number(value: Any) -> float:
    try:
        return float("nan") if value is None else float(value)
    except (TypeError, ValueError):
        return float("nan")
