"""Folders of splits: read under the names in use, asked about where names say nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import DataError

Load = Callable[..., Dataset]


@pytest.fixture
def load(tmp_path: Path, config: Callable[..., Config]) -> Load:
    def loaded(**data: Any) -> Dataset:
        plain = {"center": "none", "scale": "none"}
        settings = {"source": "images", "path": str(tmp_path), "preprocess": plain, "validation": 2, **data}
        return load_dataset(config(data=settings, training={"batch_size": "full"}))

    return loaded


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 3), value).save(path)


def fill(folder: Path, classes: str = "ab", first: int = 0) -> None:
    for i, name in enumerate(classes):
        for k in range(4):
            picture(folder / name / f"{k}.png", first + 10 * i + k)


def values(split: Any) -> list[int]:
    return sorted(int(value) for value in split.take(torch.arange(len(split)))[0][:, 0, 0, 0])


def splits_of(data: Dataset) -> dict[str, list[int]]:
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    return {name: values(part) for name, part in parts.items() if part is not None}


@pytest.mark.parametrize(
    ("folders", "read"),
    [
        ("training_set test_set", "train test"),
        ("Training Testing", "train test"),
        ("seg_train seg_val seg_test", "train validation test"),
        ("TRAIN TEST", "train test"),
        ("trainset testset", "train test"),
        ("cars-train cars-valid", "train validation"),
        ("TrainData ValidationData", "train validation"),
        ("train1 test1", "train test"),
        ("images_training images_dev", "train validation"),
    ],
)
def test_splits_by_another_name_are_read_and_said(
    load: Load, tmp_path: Path, folders: str, read: str
) -> None:
    for i, name in enumerate(folders.split()):
        fill(tmp_path / name, first=50 * i)
    data = load()
    found = splits_of(data)
    wanted = {part: 50 * i for i, part in enumerate(read.split())}
    assert {name: min(found[name]) // 50 * 50 for name in wanted} == wanted
    assert data.class_names == ("a", "b")
    (note,) = [note for note in data.notes if "their names seem to say" in note]
    assert all(f"{name} as {part}" in note for name, part in zip(folders.split(), read.split(), strict=True))


def test_the_usual_names_need_no_words(load: Load, tmp_path: Path) -> None:
    for i, name in enumerate(("train", "val", "test")):
        fill(tmp_path / name, first=50 * i)
    assert not any("seem" in note for note in load().notes)


def test_a_folder_within_a_folder_of_its_name(load: Load, tmp_path: Path) -> None:
    for i, name in enumerate(("seg_train", "seg_test")):
        fill(tmp_path / name / name, first=50 * i)
    (tmp_path / "seg_pred").mkdir()
    picture(tmp_path / "seg_pred" / "0.png", 0)
    data = load()
    assert min(values(data.test)) == 50
    assert any("seg_train/seg_train as train, seg_test/seg_test as test" in note for note in data.notes)
    assert any("passed over: seg_pred" in note for note in data.notes)


@pytest.mark.parametrize(
    ("layout", "words", "remedy"),
    [
        ("2019/a 2019/b 2020/a 2020/b", "hold folders of the same names (a, b)", "Name the splits train"),
        ("part1/a part1/b part2/a part2/b part3/b part3/a", "look like splits", "straight into its folder"),
        ("train/a train/b holdout/a holdout/b", "holdout and train hold folders of the same", "Name"),
        (
            "train/a train/b test/a test/b extra/a extra/b",
            "extra holds the same class folders",
            "val or test",
        ),
        ("a/train a/test b/train b/test", "a and b hold test, train: the splits are below", "test/a"),
        ("train_a/a train_a/b train_b/a train_b/b", "both train_a and train_b are for train", "Keep one"),
        ("PublicTest/a PublicTest/b PrivateTest/a train/a train/b", "are for test", "Keep one"),
        ("archive/a archive/b", "there is only the folder archive in it", "archive"),
        ("train/steam train/electric car/", "is it a split or a class?", "set data.path to"),
        ("train/a train/b test/", "there are pictures but no class folders", "nnbabysit predict"),
    ],
)
def test_folders_that_may_be_splits_or_classes_are_asked_about(
    load: Load, tmp_path: Path, layout: str, words: str, remedy: str
) -> None:
    for i, folder in enumerate(layout.split()):
        for k in range(2):
            picture(tmp_path / folder / f"{k}.png", 10 * i + k)
    with pytest.raises(DataError) as error:
        load()
    assert words in error.value.message
    assert remedy in error.value.remedy


def test_classes_whose_names_hold_a_word_of_a_split(load: Load, tmp_path: Path) -> None:
    fill(tmp_path, classes="x")
    for name in ("train_station", "road_test", "x"):
        fill(tmp_path, classes="y")
        (tmp_path / "y").rename(tmp_path / (name if name != "x" else "z"))
    assert load().class_names == ("road_test", "train_station", "x", "z")


def test_a_single_class_that_is_sorted_further_is_no_folder_of_classes(load: Load, tmp_path: Path) -> None:
    for i, name in enumerate(("train", "test")):
        fill(tmp_path / name / "cat", first=50 * i)
    with pytest.raises(DataError, match="only one class, cat"):
        load()
