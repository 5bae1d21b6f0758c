"""Names of classes are those of the file: none is merged with another, none renamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbabysit.core.data.readers.tables.class_labels import alike, in_order, labels_of, refuse_look_alikes
from nnbabysit.core.data.readers.tables.csv_table import CsvTable
from nnbabysit.core.data.readers.tables.parquet_table import ParquetTable
from nnbabysit.core.errors import DataError


def of_csv(folder: Path, cells: list[str]) -> list[str | None]:
    (folder / "t.csv").write_text("x,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)))
    return list(labels_of("y", CsvTable(folder / "t.csv")))


def of_parquet(folder: Path, values: Any) -> list[str | None]:
    pq.write_table(pa.table({"x": range(len(values)), "y": values}), folder / "t.parquet")
    return list(labels_of("y", ParquetTable(folder / "t.parquet")))


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["01067", "1067"], ["01067", "1067"]),
        (["007", "07", "7"], ["007", "07", "7"]),
        (["9007199254740993", "9007199254740992"], ["9007199254740993", "9007199254740992"]),
        (["1234567890123456", "1234567890123457"], ["1234567890123456", "1234567890123457"]),
        (["1.0", "2.0", "", "1"], ["1", "2", None, "1"]),  # pandas writes integers so, beside a gap
        (["1.0", "01.0"], ["1.0", "01.0"]),
        (["-1", "+1", "1"], ["-1", "+1", "1"]),
        (["True", "False"], ["True", "False"]),
        (["True", "FALSE", "true"], ["true", "false", "true"]),
        (["a", " a ", "A"], ["a", "a", "A"]),
    ],
)
def test_csv(tmp_path: Path, cells: list[str], labels: list[str | None]) -> None:
    assert of_csv(tmp_path, cells) == labels


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["01067", "1067", None], ["01067", "1067", None]),
        (["NA", "EU"], ["NA", "EU"]),
        ([2**53 + 1, 2**53], [str(2**53 + 1), str(2**53)]),
        (pa.array([2**64 - 1, 2**64 - 2], pa.uint64()), [str(2**64 - 1), str(2**64 - 2)]),
        ([1.0, 2.0, None, float("nan")], ["1", "2", None, None]),
        ([True, False], ["true", "false"]),
        (pa.array(["b", "a"]).dictionary_encode(), ["b", "a"]),
    ],
)
def test_parquet(tmp_path: Path, values: Any, labels: list[str | None]) -> None:
    assert of_parquet(tmp_path, values) == labels


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6))
def test_whole_numbers_keep_every_digit(tmp_path_factory: pytest.TempPathFactory, values: list[int]) -> None:
    folder = tmp_path_factory.mktemp("labels")
    assert of_csv(folder, list(map(str, values))) == list(map(str, values))
    assert of_parquet(folder, np.array(values)) == list(map(str, values))


def test_the_order_is_that_of_the_numbers() -> None:
    assert in_order(["10", "9", "-1"]) == ("-1", "9", "10")
    assert in_order(["07", "7", "007", "10"]) == ("007", "07", "7", "10")
    assert in_order(["b", "10", "9"]) == ("10", "9", "b")


def test_names_that_look_the_same_are_refused() -> None:
    refuse_look_alikes(["é", "e"], "t.csv")
    with pytest.raises(DataError, match=r"look the same: .*, written with 1 and with 2 characters"):
        refuse_look_alikes(["e\u0301", "\u00e9"], "t.csv")


def test_a_class_under_another_name() -> None:
    assert alike("1", ["01", "02"]) == "01"
    assert alike("3", ["01", "02"]) is None
    assert alike("a", ["01"]) is None
