"""Folders of pictures: layouts, kinds of pictures, memory and disk, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.readers.image_file import read_image
from nnbabysit.core.data.splits import memory
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.data.splits.stream import StreamSplit
from nnbabysit.core.errors import DataError

Build = Callable[..., Config]
Load = Callable[..., Dataset]
RAW = {"center": "none", "scale": "none"}


def picture(path: Path, value: int = 0, size: tuple[int, int] = (4, 3), mode: str = "L", **save: Any) -> None:
    """A picture of one value, ``size`` is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    color: Any = value if mode in ("L", "I;16", "P") else (value,) * len(Image.new(mode, (1, 1)).getbands())
    Image.new(mode, size, color).save(path, **save)


def fill(folder: Path, classes: str = "ab", count: int = 4, first: int = 0) -> Path:
    for i, name in enumerate(classes):
        for k in range(count):
            picture(folder / name / f"{k}.png", first + 10 * i + k)
    return folder


@pytest.fixture
def load(tmp_path: Path, config: Build) -> Load:
    def loaded(**data: Any) -> Dataset:
        settings = {"source": "images", "path": str(tmp_path), "preprocess": RAW, "validation": 2, **data}
        return load_dataset(config(data=settings, training={"batch_size": "full"}))

    return loaded


def values(split: Any) -> list[int]:
    return sorted(int(value) for value in split.take(torch.arange(len(split)))[0][:, 0, 0, 0])


def test_the_golden_pictures(config: Build, golden: Path) -> None:
    data = load_dataset(
        config(data={"source": "images", "path": str(golden / "images")}, training={"batch_size": 8})
    )
    assert (len(data.train), len(data.validation), data.input_shape) == (16, 4, (1, 28, 28))
    assert data.class_names == ("boot", "trouser")
    assert data.train.y.bincount().tolist() == [8, 8]


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Dev"])
def test_folders_of_splits(load: Load, tmp_path: Path, name: str) -> None:
    fill(tmp_path / "train")
    fill(tmp_path / name, count=2, first=100)
    fill(tmp_path / "test", classes="b", count=1, first=200)
    data = load()
    assert values(data.train) == [0, 1, 2, 3, 10, 11, 12, 13]
    assert values(data.validation) == [100, 101, 110, 111]
    assert data.test is not None
    assert data.test.y.tolist() == [1]


def test_a_class_may_be_called_train(load: Load, tmp_path: Path) -> None:
    for name in ("train", "car"):
        fill(tmp_path, classes="x", count=4)
        (tmp_path / "x").rename(tmp_path / name)
    assert load().class_names == ("car", "train")


def test_nested_hidden_linked_and_other_files(load: Load, tmp_path: Path) -> None:
    fill(tmp_path)
    picture(tmp_path / "a" / "deep" / "er" / "x.png", 50)
    (tmp_path / "a" / ".hidden.png").write_text("")
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("")
    (tmp_path / "b" / "loop").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "link.png").symlink_to(tmp_path / "a" / "0.png")
    data = load()
    assert len(data.train) + len(data.validation) == 10
    assert any("notes.txt" in note for note in data.notes)


def test_kinds_of_pixels(tmp_path: Path) -> None:
    shape = (1, 3, 4)
    for mode, value, expected in (("L", 7, 7), ("RGB", 7, 7), ("CMYK", 0, 255)):
        picture(tmp_path / f"{mode}.jpg", value, mode=mode, quality=100)
        assert abs(int(read_image(tmp_path / f"{mode}.jpg", shape)[0, 0, 0]) - expected) <= 1
    picture(tmp_path / "deep.png", 0x8000, mode="I;16")
    assert read_image(tmp_path / "deep.png", shape)[0, 0, 0] == 0x80
    picture(tmp_path / "clear.png", 0, mode="RGBA")
    assert read_image(tmp_path / "clear.png", (3, 3, 4)).min() == 255
    palette = Image.new("P", (4, 3), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    palette.save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png", (3, 3, 4))[:, 0, 0].tolist() == [10, 20, 30]
    Image.new("1", (4, 3), 1).save(tmp_path / "bits.png")
    assert read_image(tmp_path / "bits.png", shape).min() == 255


def test_a_picture_is_turned_upright(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 50, 100], [150, 200, 250]], np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise
    image.save(tmp_path / "x.png", exif=exif)
    assert read_image(tmp_path / "x.png", (1, 3, 2))[0].tolist() == [[150, 0], [200, 50], [250, 100]]


def test_one_colored_picture_makes_all_colored(load: Load, tmp_path: Path) -> None:
    fill(tmp_path)
    picture(tmp_path / "b" / "color.png", 9, mode="RGB")
    data = load()
    assert data.input_shape == (3, 3, 4)
    assert any("are gray" in note for note in data.notes)


def test_sizes_that_differ(load: Load, tmp_path: Path) -> None:
    fill(tmp_path)
    picture(tmp_path / "b" / "wide.png", 9, size=(8, 3))
    with pytest.raises(DataError, match=r"2 sizes.*3 × 4 \(0.png\), 3 × 8 \(wide.png\)") as caught:
        load()
    assert "data.size: [3, 4]" in caught.value.remedy
    data = load(size=[6, 5])
    assert data.input_shape == (1, 6, 5)
    assert values(data.train) + values(data.validation)


def test_memory_and_disk_give_the_same(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, count=20)
    settings = {"preprocess": {"center": "feature", "scale": "standard"}}
    held = load(**settings)
    assert isinstance(held.train, ArraySplit)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1000)
    streamed = load(**settings, workers=2)
    assert isinstance(streamed.train, StreamSplit)
    assert streamed.fingerprint == held.fingerprint
    everything = torch.arange(len(held.train))
    assert torch.equal(held.train.take(everything)[0], streamed.train.take(everything)[0])
    assert torch.equal(held.train.y, streamed.train.y)
    assert any("read from disk" in note for note in streamed.notes)


def test_a_second_folder_has_the_classes_of_the_first(load: Load, tmp_path: Path) -> None:
    fill(tmp_path / "one", classes="abc")
    fill(tmp_path / "two", classes="c", count=1, first=99)
    data = load(path=str(tmp_path / "one"), validation=str(tmp_path / "two"))
    assert data.validation.y.tolist() == [2]
    fill(tmp_path / "two", classes="d")
    with pytest.raises(DataError, match="class d has no folder"):
        load(path=str(tmp_path / "one"), validation=str(tmp_path / "two"))
    picture(tmp_path / "three" / "a" / "x.png", size=(9, 9))
    with pytest.raises(DataError, match="9 × 9, those to train on are 3 × 4"):
        load(path=str(tmp_path / "one"), validation=str(tmp_path / "three"))


def test_folders_that_are_refused(load: Load, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no class folders"):
        load()
    picture(tmp_path / "loose.png")
    with pytest.raises(DataError, match="pictures but no class folders"):
        load()
    fill(tmp_path, classes="a")
    with pytest.raises(DataError, match="only one class, a"):
        load()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="class empty has no picture"):
        load()


def test_splits_that_are_refused(load: Load, tmp_path: Path) -> None:
    fill(tmp_path / "test")
    with pytest.raises(DataError, match="no folder train"):
        load()
    fill(tmp_path / "train")
    fill(tmp_path / "val")
    fill(tmp_path / "valid")
    with pytest.raises(DataError, match="both val and valid are for validation"):
        load()


@pytest.mark.parametrize("damage", ["text", "torn", "empty"])
@pytest.mark.parametrize("on_disk", [False, True])
def test_a_broken_file_is_named_and_can_be_left_out(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, on_disk: bool
) -> None:
    fill(tmp_path)
    if on_disk:
        monkeypatch.setattr(memory, "free_bytes", lambda: 10)
    bad = tmp_path / "a" / "bad.png"
    noise = np.random.default_rng(0).integers(0, 256, (3, 4), np.uint8)
    Image.fromarray(noise).save(bad)
    whole = bad.read_bytes()
    bad.write_bytes({"text": b"hello", "torn": whole[: len(whole) - 25], "empty": b""}[damage])
    with pytest.raises(DataError, match="cannot be read") as caught:
        load()
    assert caught.value.where == str(bad)
    assert "--skip-broken" in caught.value.remedy
    data = load(skip_broken=True)
    assert len(data.train) + len(data.validation) == 8
    assert "1 broken picture was left out: a/bad.png" in data.notes


def test_a_decompression_bomb_is_not_unpacked(tmp_path: Path) -> None:
    from nnbabysit.core.data.readers import image_file

    path = tmp_path / "bomb.png"
    Image.new("1", (20_000, 5_001)).save(path)
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match="100,000,000") as caught:
        image_file.read_header(path)
    assert caught.value.where == str(path)


def test_without_pillow_the_extra_is_named(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(DataError, match=r"pip install 'nnbabysit\[images\]'"):
        load()


def test_free_memory_is_what_the_container_grants(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("400\n")
    assert memory._container(tmp_path) == 600
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container(tmp_path) is None
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   3 kB\n")
    assert memory._available(tmp_path / "meminfo") == 3072
    assert memory.free_bytes() > 0
