"""Datasets of the hub: how features are mapped, with a stand-in for the library and, if there, itself."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import DataError

Load = Callable[..., Dataset]


@dataclass
class ClassLabel:
    names: list[str]


@dataclass
class Value:
    dtype: str


@dataclass
class Image:
    decode: bool = True


@dataclass
class Rows:
    """A dataset of the library, as far as it is used."""

    columns: dict[str, list[Any]]
    features: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Rows."""
        return len(next(iter(self.columns.values())))

    def __getitem__(self, key: Any) -> Any:
        """A column by name, a row by number."""
        return (
            list(self.columns[key]) if isinstance(key, str) else {n: c[key] for n, c in self.columns.items()}
        )

    def cast_column(self, name: str, feature: Image) -> Rows:
        assert name in self.columns
        assert not feature.decode
        return self

    def select(self, indices: list[int]) -> Rows:
        """Some of the rows."""
        return Rows(
            {name: [column[i] for i in indices] for name, column in self.columns.items()}, self.features
        )


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, config: Callable[..., Config]) -> Load:
    """Loads ``hf:thing``, for which the stand-in returns this."""

    def loaded(found: Any, loss: str = "cross_entropy", **data: Any) -> Dataset:
        def load_named(name: str, **arguments: Any) -> Any:
            assert name == "thing"
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_named, Image=Image))
        settings = {"source": "hf:thing", "validation": 0.25, **data}
        return load_dataset(config(data=settings, loss=loss, training={"batch_size": "full"}))

    return loaded


def png(value: int, size: tuple[int, int] = (4, 3)) -> dict[str, Any]:
    stream = io.BytesIO()
    Pillow.new("L", size, value).save(stream, "PNG")
    return {"bytes": stream.getvalue(), "path": None}


def pictures(*values: int) -> Rows:
    labels = [i % 2 for i in range(len(values))]
    features: dict[str, Any] = {"image": Image(), "label": ClassLabel(["cat", "dog"])}
    return Rows({"image": [png(v) for v in values], "label": labels}, features)


def table(count: int = 8) -> Rows:
    columns: dict[str, list[Any]] = {
        "n": list(range(count)),
        "text": ["ab"[i % 2] for i in range(count)],
        "flag": [i % 2 == 0 for i in range(count)],
        "label": [i % 2 for i in range(count)],
    }
    kinds: dict[str, Any] = {
        "n": Value("int32"),
        "text": Value("string"),
        "flag": Value("bool"),
        "label": ClassLabel(["x", "y"]),
    }
    return Rows(columns, kinds)


def test_pictures_with_their_classes(load: Load) -> None:
    data = load({"train": pictures(*range(8)), "test": pictures(100, 101)})
    assert (data.class_names, data.input_shape, len(data.train)) == (("cat", "dog"), (1, 3, 4), 6)
    assert data.test is not None
    assert data.test.y.tolist() == [0, 1]
    x = data.test.take(torch.arange(2))[0] * data.preprocessing.divisor + data.preprocessing.shift
    assert x[:, 0, 0, 0].tolist() == pytest.approx([100, 101])


def test_a_table_goes_the_way_of_csv(load: Load) -> None:
    data = load(table())
    assert data.columns is not None
    assert [c.categories for c in data.columns.columns] == [None, ("a", "b"), None]
    assert (data.columns.target, data.class_names) == ("label", ("x", "y"))
    assert load(table(), "mse", target="n").task == "regression"


def test_a_missing_value_is_refused(load: Load) -> None:
    rows = table()
    rows.columns["n"][3] = None
    with pytest.raises(DataError, match="column 'n' has no value") as caught:
        load(rows)
    assert caught.value.where == "hf:thing, row 4"


@pytest.mark.parametrize(
    ("found", "data", "words"),
    [
        (ValueError("no such dataset\nmore"), {}, "datasets cannot load 'thing': no such dataset"),
        ({"extra": table()}, {}, "no split train; its splits are extra"),
        (table(), {"target": "lable"}, "no column 'lable'"),
        (table(), {"path": "x"}, "has no path"),
        (table(), {"args": {"trust_remote_code": True}}, "'trust_remote_code' is not passed on"),
        (table(), {"validation": "./x"}, "has no second path"),
        (
            Rows({"n": [1], "m": [2]}, {"n": Value("int8"), "m": Value("int8")}),
            {},
            "declares no columns of classes",
        ),
        (
            Rows({**pictures(1, 2).columns}, {"image": Image(), "label": Value("int8")}),
            {"target": "label"},
            "not declared",
        ),
    ],
)
def test_what_is_refused(load: Load, found: Any, data: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        load(found, **data)


def test_pictures_of_several_sizes_need_one(load: Load) -> None:
    rows = pictures(*range(8))
    rows.columns["image"][2] = png(9, (5, 5))
    with pytest.raises(DataError, match="2 sizes"):
        load(rows)
    assert load(rows, size=[6, 7]).input_shape == (1, 6, 7)


def test_a_damaged_picture_is_named(load: Load) -> None:
    rows = pictures(*range(8))
    rows.columns["image"][2] = {"bytes": b"hello", "path": None}
    with pytest.raises(DataError, match="cannot be read") as caught:
        load(rows)
    assert caught.value.where == "hf:thing, picture 2"
    assert "--skip-broken" in caught.value.remedy


def test_damaged_pictures_can_be_left_out(load: Load) -> None:
    rows, test = pictures(*range(8)), pictures(100, 101)
    rows.columns["image"][2] = {"bytes": b"hello", "path": None}
    rows.columns["image"][5] = {**png(5), "bytes": png(5)["bytes"][:-30]}  # a whole header, a torn end
    test.columns["image"][0] = None
    data = load({"train": rows, "test": test}, skip_broken=True)
    assert data.test is not None
    assert (len(data.train) + len(data.validation), data.test.y.tolist()) == (6, [1])
    assert "2 broken pictures were left out of train: 2, 5" in data.notes
    assert "1 broken picture was left out of test: 0" in data.notes
    test.columns["image"][1] = None
    with pytest.raises(DataError, match="no picture of the split test"):
        load({"train": rows, "test": test}, skip_broken=True)


def test_without_the_library_it_is_said(
    load: Load, monkeypatch: pytest.MonkeyPatch, config: Callable[..., Config]
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match="pip install datasets"):
        load_dataset(config(data={"source": "hf:thing"}))


def test_the_real_library_reads_a_local_folder(tmp_path: Path, config: Callable[..., Config]) -> None:
    datasets = pytest.importorskip("datasets")
    for i in range(8):
        folder = tmp_path / "pictures" / "cd"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(np.full((3, 4), i, np.uint8)).save(folder / f"{i}.png")
    rows = datasets.Dataset.from_dict({"n": list(range(8)), "label": ["x", "y"] * 4})
    rows.class_encode_column("label").save_to_disk(str(tmp_path / "saved"))
    settings = {"batch_size": "full"}
    found = load_dataset(config(data={"source": f"hf:{tmp_path / 'pictures'}"}, training=settings))
    assert (found.class_names, found.input_shape) == (("c", "d"), (1, 3, 4))
    saved = load_dataset(config(data={"source": f"hf:{tmp_path / 'saved'}"}, training=settings))
    assert (saved.class_names, saved.input_shape) == (("x", "y"), (1,))
