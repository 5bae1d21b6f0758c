"""Tables: what each column becomes, and every file that is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import DataError

Build = Callable[..., Config]
Load = Callable[..., Dataset]
RAW = {"center": "none", "scale": "none"}
COLORS = "size,color,kind\n1,red,cat\n2,blue,dog\n3,red,cat\n4,green,dog\n5,red,cat\n6,blue,dog\n"


@pytest.fixture
def load(tmp_path: Path, config: Build) -> Load:
    """Loads a csv file of this text."""

    def loaded(text: str | bytes, loss: str = "cross_entropy", name: str = "t.csv", **data: Any) -> Dataset:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        settings = {
            "source": "csv",
            "path": str(tmp_path / name),
            "preprocess": RAW,
            "target": "kind",
            **data,
        }
        return load_dataset(config(data=settings, loss=loss, training={"batch_size": "full"}))

    return loaded


def rows(data: Dataset) -> list[list[float]]:
    """Inputs of all samples in the order of the first."""
    assert isinstance(data.train, ArraySplit)
    assert isinstance(data.validation, ArraySplit)
    return sorted(torch.cat([data.train.x, data.validation.x]).tolist())


def test_the_golden_iris(config: Build, golden: Path) -> None:
    found = {}
    for source, path in (("csv", "csv/iris.csv"), ("parquet", "parquet/iris.parquet")):
        settings = {"source": source, "path": str(golden / path), "target": "species"}
        found[source] = load_dataset(config(data=settings))
    data = found["csv"]
    assert (len(data.train), len(data.validation), data.input_shape) == (120, 30, (4,))
    assert data.class_names == ("setosa", "versicolor", "virginica")
    mean = data.preprocessing.statistics.mean
    assert mean.tolist() == pytest.approx([5.84, 3.05, 3.76, 1.20], abs=0.1)
    assert found["parquet"].fingerprint == data.fingerprint
    assert found["parquet"].columns == data.columns


def test_text_becomes_one_input_per_category(load: Load) -> None:
    data = load(COLORS)
    assert rows(data)[:3] == [[1, 0, 0, 1], [2, 1, 0, 0], [3, 0, 0, 1]]  # blue, green, red
    assert data.class_names == ("cat", "dog")
    assert any("color (3)" in note for note in data.notes)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(load: Load, delimiter: str) -> None:
    assert rows(load(COLORS.replace(",", delimiter))) == rows(load(COLORS))


def test_quotes_spaces_line_ends_and_a_mark_of_byte_order(load: Load) -> None:
    text = COLORS.replace("red", '" red "').replace("size,", "size ,").replace("\n", "\r\n")
    data = load(b"\xef\xbb\xbf" + text.encode())
    assert rows(data) == rows(load(COLORS))
    assert data.columns is not None
    assert data.columns.columns[0].name == "size"


def test_true_and_false_are_one_and_zero(load: Load) -> None:
    data = load("a,kind\ntrue,x\nFALSE,y\nTrue,x\nfalse,y\n", validation=1)
    assert rows(data) == [[0], [0], [1], [1]]


def test_numbers_named_as_categories(load: Load) -> None:
    data = load("zip,kind\n00123,x\n00456,y\n00123,x\n00456,y\n", validation=1, categorical=["zip"])
    assert data.columns is not None
    assert data.columns.columns[0].categories == ("00123", "00456")


def test_whole_numbers_are_classes_in_their_order(load: Load) -> None:
    data = load("a,kind\n" + "".join(f"{i},{(3, 10)[i % 2]}\n" for i in range(8)))
    assert data.class_names == ("3", "10")
    assert set(data.train.y.tolist()) == {0, 1}


def test_a_number_is_predicted_as_it_is_with_mse(load: Load) -> None:
    data = load("a,kind\n1,0.5\n2,1.5\n3,2.5\n4,3.5\n", "mse", validation=1)
    assert data.task == "regression"
    assert data.columns is not None
    assert data.columns.classes is None
    assert set(data.train.y.tolist()) < {0.5, 1.5, 2.5, 3.5}


def test_text_with_bce_is_zero_and_one(load: Load) -> None:
    data = load(COLORS, "bce")
    assert (data.task, data.class_names) == ("binary", ("cat", "dog"))


@pytest.mark.parametrize(("how", "number"), [("mean", 22.0), ("median", 2.0), ("most_frequent", 1.0)])
def test_missing_values_are_filled_from_the_training_split_alone(
    load: Load, tmp_path: Path, how: str, number: float
) -> None:
    (tmp_path / "v.csv").write_text("a,c,kind\n1000,z,x\n1000,z,y\n,,x\n")
    text = "a,c,kind\n1,q,x\n1,q,y\n3,z,x\n83,,y\n,q,x\nNA,z,y\n"
    data = load(text, missing=how, validation=str(tmp_path / "v.csv"))
    assert isinstance(data.validation, ArraySplit)
    assert data.validation.x[2].tolist() == [number, 1, 0]  # q is the commonest of the training file
    assert isinstance(data.train, ArraySplit)
    assert data.train.x[4].tolist() == [number, 1, 0]
    assert any("a (2)" in note for note in data.notes)


def test_the_held_out_rows_do_not_tell_what_a_missing_value_is(load: Load) -> None:
    text = "a,kind\n" + "".join(f"{'' if i == 0 else 10**i},{'xy'[i % 2]}\n" for i in range(8))
    data = load(text, missing="mean", validation=0.5)
    assert isinstance(data.train, ArraySplit)
    assert isinstance(data.validation, ArraySplit)
    assert data.columns is not None
    fill = data.columns.columns[0].fill
    assert fill is not None
    known = {float(10**i) for i in range(1, 8)}
    training = [v for v in data.train.x[:, 0].tolist() if v in known]
    assert fill == pytest.approx(np.mean(training))


def test_infinity_is_left_for_the_data_check(load: Load) -> None:
    data = load("a,kind\ninf,x\n1,y\n2,x\n3,y\n", validation=1)
    assert any(np.isinf(value[0]) for value in rows(data))


def test_a_second_file_has_the_classes_and_categories_of_the_first(load: Load, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("kind;extra;color;size\ndog;9;red;7\n")
    data = load(COLORS, validation=str(tmp_path / "v.csv"))
    assert isinstance(data.validation, ArraySplit)
    assert data.validation.x.tolist() == [[7, 0, 0, 1]]
    assert data.validation.y.tolist() == [1]


@pytest.mark.parametrize(
    ("second", "where", "words"),
    [
        ("size,color,kind\n1,red,cat\n1,pink,cat\n", ":3", "holds 'pink', a category"),
        ("size,color,kind\n1,red,cat\n1,red,cow\n", ":3", "holds 'cow', a class"),
        ("size,color,kind\nbig,red,cat\n", ":2", "holds 'big', where the training data has numbers"),
        ("size,shade,kind\n1,red,cat\n", "", "no column 'color'"),
        ("size,color,kind\n1,red,\n", ":2", "column 'kind' has no value"),
    ],
)
def test_a_second_file_that_does_not_fit(
    load: Load, tmp_path: Path, second: str, where: str, words: str
) -> None:
    (tmp_path / "v.csv").write_text(second)
    with pytest.raises(DataError, match=words) as caught:
        load(COLORS, validation=str(tmp_path / "v.csv"))
    assert caught.value.where == f"{tmp_path / 'v.csv'}{where}"


IDS = "id,kind\n" + "".join(f"n{i},{'xy'[i % 2]}\n" for i in range(30))
BAD: list[tuple[str | bytes, dict[str, Any], str, str]] = [
    (COLORS, {"target": "knid"}, "data.target", "Did you mean 'kind'?"),
    (COLORS, {"target": "KIND"}, "data.target", "Did you mean 'kind'?"),
    (COLORS, {"target": None}, "data.target", "one of size, color, kind"),
    (COLORS, {"drop": ["sise"]}, "data.drop", "Did you mean 'size'?"),
    (COLORS, {"drop": ["kind"]}, "data.drop", "is the target"),
    (COLORS, {"drop": ["size", "color"]}, "data.drop", "no column is left"),
    (COLORS, {"loss": "mse"}, "t.csv", "is text"),
    (COLORS, {"source": "parquet"}, "t.csv", "is no parquet file"),
    ("5.1,3.5,setosa\n4.9,3,setosa\n", {"target": "species"}, "t.csv:1", "looks like data"),
    ("5.1,3.5,setosa\n4.9,3,setosa\n", {"target": None}, "t.csv:1", "looks like data"),
    ("a,a,kind\n1,2,x\n", {}, "t.csv:1", "both called 'a'"),
    ("a,,kind\n1,2,x\n", {}, "t.csv:1", "column 2 of 3 has no name"),
    ("a,kind\n1,x\n2,y,z\n3\n", {}, "t.csv:3", "2 rows cannot be read, the first: it has 3 cells"),
    ('a,kind\n"1\n2",x\n3\n', {}, "t.csv:4", "it has 1 cell, the header has 2"),
    ("a,kind\n1,x\n\n,y\n", {}, "t.csv:4", "column 'a' has no value"),
    ('a,b,kind\n1,"u\nv",x\n,w,y\n', {}, "t.csv:4", "column 'a' has no value"),
    ("a,kind\n1,x\n2,\n3,y\n", {"missing": "mean"}, "t.csv:3", "column 'kind' has no value"),
    ("a,b,kind\n1,2020-01-02,x\n2,2020-01-03 10:00,y\n", {}, "t.csv", "dates or times"),
    ("a,b,kind\n1,,x\n2,,y\n", {}, "t.csv", "column 'b' has no values"),
    ("a;kind\n1,5;x\n2,5;y\n", {}, "t.csv:2", "numbers with a comma, such as 1,5"),
    (IDS, {}, "t.csv", "30 different values in 30 rows"),
    ("a,kind\n1,0.5\n2,1\n", {}, "t.csv:2", "Use loss: mse"),
    ("a,kind\n1,x\n2,x\n", {}, "t.csv", "only one class"),
    ("a,kind\n1,x\n2,y\n3,z\n", {"loss": "bce"}, "t.csv", "has 3"),
    ("a,kind\n" + "".join(f"{i},{i}\n" for i in range(50)), {}, "t.csv", "loss: mse if it is a quantity"),
    (b"a,kind\n1,caf\xe9\n", {}, "t.csv:2", "0xE9 is not UTF-8"),
    (b"caf\xe9,kind\n1,x\n", {}, "t.csv:1", "0xE9 is not UTF-8"),
    ("a,kind\n1,x\n".encode("utf-16"), {}, "t.csv", "UTF-16"),
    ("", {}, "t.csv", "empty"),
    ("a,kind\n", {}, "t.csv", "no rows"),
    ('a,kind\n1,"x\n2,y\n', {}, "t.csv:2", "quote"),
]


@pytest.mark.parametrize(("text", "data", "where", "words"), BAD)
def test_what_is_refused(
    load: Load, tmp_path: Path, text: str | bytes, data: dict[str, Any], where: str, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        load(text, **data)
    assert caught.value.where == (where if where.startswith("data.") else str(tmp_path / where))
    assert words in str(caught.value)


def test_torn_rows_can_be_left_out(load: Load) -> None:
    data = load("a,kind\n1,x\n2,y,z\n3,y\n4\n5,x\n6,y\n", skip_broken=True, validation=1)
    assert rows(data) == [[1], [3], [5], [6]]
    assert any("line 3, line 5" in note for note in data.notes)


def test_a_column_that_numbers_the_rows_is_noted(load: Load) -> None:
    data = load("n,kind\n" + "".join(f"{i},{'xy'[i % 2]}\n" for i in range(30)))
    assert any("column 'n' numbers the rows" in note for note in data.notes)


def test_names_and_paths_are_never_part_of_a_query(load: Load) -> None:
    name = "a[1]*?'; DROP TABLE t; --.csv"
    text = COLORS.replace("size", '"x""; DROP TABLE t; --"').replace("red", "'); DROP TABLE t; --")
    data = load(text, name=name)
    assert data.columns is not None
    assert data.columns.columns[0].name == 'x"; DROP TABLE t; --'
    assert "'); DROP TABLE t; --" in (data.columns.columns[1].categories or ())


def test_a_pattern_in_a_path_reads_no_other_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "ax.csv").write_text(COLORS.replace("6", "1000"))
    assert max(rows(load(COLORS, name="a?.csv")))[0] == 6


def test_a_packed_file_is_unpacked(load: Load) -> None:
    import gzip

    assert rows(load(gzip.compress(COLORS.encode()), name="t.csv.gz")) == rows(load(COLORS))


def test_types_of_parquet(config: Build, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {
        "i": [1, 2, 3],
        "d": pa.array([Decimal("1.5"), None, Decimal("2.5")], pa.decimal128(4, 1)),
        "b": [True, False, True],
        "t": ["u", None, "w"],
        "y": ["no", "yes", "no"],
    }
    pq.write_table(pa.table(columns), path)
    settings = {
        "source": "parquet",
        "path": str(path),
        "target": "y",
        "validation": str(path),
        "preprocess": RAW,
    }
    with pytest.raises(DataError, match="column 'd' has no value") as caught:
        load_dataset(config(data=settings, training={"batch_size": "full"}))
    assert caught.value.where == f"{path}, row 2"
    data = load_dataset(config(data={**settings, "missing": "mean"}, training={"batch_size": "full"}))
    assert isinstance(data.train, ArraySplit)
    assert data.train.x.tolist() == [[1, 1.5, 1, 1, 0], [2, 2, 0, 1, 0], [3, 2.5, 1, 0, 1]]


def test_a_list_in_parquet_is_refused(config: Build, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"l": [[1, 2]], "y": ["x"], "n": [1]}), path)
    with pytest.raises(DataError, match="neither numbers nor text"):
        load_dataset(config(data={"source": "parquet", "path": str(path), "target": "y"}))


def test_without_pyarrow_the_extra_is_named(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install 'nnbabysit\[tabular\]'"):
        load(COLORS)
