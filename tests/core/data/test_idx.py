"""Reader of idx files: golden files, wrong ones, and any bytes at all."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import idx
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.source_path import DEBIAN_FASHION_MNIST
from nnbabysit.core.errors import DataError

IMAGE = b"\0\0\x08\x03" + bytes([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes([1, 2, 3, 4])


def settings(folder: Path) -> Data:
    return Data(source="idx", path=str(folder))


@pytest.mark.parametrize("name", ["idx", "idx-gz"])
def test_golden_files_gzipped_or_not(golden: Path, name: str) -> None:
    raw = idx.IdxReader().read(settings(golden / name))
    assert isinstance(raw.train, Arrays)
    assert isinstance(raw.test, Arrays)
    assert raw.train.x.shape == (20, 1, 28, 28)
    assert raw.train.x[:, 0, 0, 0].tolist() == list(range(20))
    assert raw.train.x[3, 0, :, 7].tolist() == [0, *range(27)]
    assert raw.train.y.tolist() == [0, 1] * 10
    assert raw.test.x[:, 0, 0, 0].tolist() == list(range(100, 110))


def test_names_with_a_dot_are_found(golden: Path, tmp_path: Path) -> None:
    for path in (golden / "idx").iterdir():
        shutil.copy(path, tmp_path / path.name.replace("-idx", ".idx"))
    assert len(idx.IdxReader().read(settings(tmp_path)).train) == 20  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_type_of_number(maker: ModuleType, kind: str) -> None:
    values = np.arange(-6 if kind != "u1" else 0, 6).astype(kind)[:6].reshape(2, 3)
    parsed = idx.parse(maker.idx_bytes(values), "here")
    assert np.array_equal(parsed, values)
    assert parsed.dtype.isnative


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no idx file"),
        (b"\x89PNG\r\n", "no idx file, but a PNG picture"),
        (b"PK\x03\x04...", "no idx file, but a zip archive"),
        (b"\n<!DOCTYPE html><html>", "no idx file, but a web page"),
        (b"\0\0\x07\x01\0\0\0\x01a", "no idx file"),
        (IMAGE[:9], "inside its header"),
        (IMAGE[:-1], "promises 1 × 2 × 2 values in 20 bytes, the file has 19"),
        (IMAGE + b"x", "the file has 21"),
        (b"\0\0\x08\x01\0\0\0\0", "no data"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        idx.parse(content, "some/file")
    assert error.value.where == "some/file"


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda tail: IMAGE[:4] + tail))
def test_any_bytes_give_an_array_or_a_data_error(content: bytes) -> None:
    with suppress(DataError):
        assert idx.parse(content, "file").size > 0


@given(st.integers(0, len(IMAGE)), st.integers(0, 255))
def test_a_changed_byte_gives_an_array_or_a_data_error(position: int, byte: int) -> None:
    content = IMAGE[:position] + bytes([byte]) + IMAGE[position + 1 :]
    with suppress(DataError):
        assert idx.parse(content, "file").size > 0


def test_a_missing_folder_says_how_to_get_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder") as error:
        idx.IdxReader().read(settings(tmp_path / "nowhere"))
    assert error.value.where == "data.path"
    assert "apt-get" not in error.value.remedy


def test_the_default_place_of_fashion_mnist_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(DataError) as error:
        idx.IdxReader().read(settings(DEBIAN_FASHION_MNIST))
    assert "apt-get install dataset-fashion-mnist" in error.value.remedy
    assert "data.path" in error.value.remedy


def test_no_path_at_all() -> None:
    with pytest.raises(DataError, match="needs the folder") as error:
        idx.IdxReader().read(Data(source="idx"))
    assert error.value.where == "data.path"


def test_a_file_in_place_of_a_folder(golden: Path) -> None:
    with pytest.raises(DataError, match="is a file"):
        idx.IdxReader().read(settings(golden / "npz" / "features.npz"))


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train-images-idx3-ubyte"):
        idx.IdxReader().read(settings(tmp_path))


def test_images_without_labels(golden: Path, tmp_path: Path) -> None:
    shutil.copy(golden / "idx" / "train-images-idx3-ubyte", tmp_path)
    with pytest.raises(DataError, match="no train-labels-idx1-ubyte"):
        idx.IdxReader().read(settings(tmp_path))


def test_images_and_labels_of_different_length(golden: Path, tmp_path: Path) -> None:
    shutil.copy(golden / "idx" / "train-images-idx3-ubyte", tmp_path)
    shutil.copy(golden / "idx" / "t10k-labels-idx1-ubyte", tmp_path / "train-labels-idx1-ubyte")
    with pytest.raises(DataError, match=r"has 20 samples and train-labels-idx1-ubyte has 10"):
        idx.IdxReader().read(settings(tmp_path))


def test_labels_in_place_of_images(golden: Path, tmp_path: Path) -> None:
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        shutil.copy(golden / "idx" / "train-labels-idx1-ubyte", tmp_path / name)
    with pytest.raises(DataError, match="3 axes"):
        idx.IdxReader().read(settings(tmp_path))


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(IMAGE)[:-9], gzip.compress(IMAGE)[:12] + b"xxxx"],
    ids=["no gzip", "cut off", "overwritten"],  # the bytes hold the time, and workers must agree on names
)
def test_a_damaged_gzip_file(golden: Path, tmp_path: Path, content: bytes) -> None:
    shutil.copytree(golden / "idx-gz", tmp_path / "copy")
    (tmp_path / "copy" / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"gzip file is damaged|no idx file") as error:
        idx.IdxReader().read(settings(tmp_path / "copy"))
    assert error.value.where.endswith("train-images-idx3-ubyte.gz")


def test_a_folder_with_the_test_part_alone_serves_as_a_part(golden: Path, tmp_path: Path) -> None:
    for path in (golden / "idx").glob("t10k*"):
        shutil.copy(path, tmp_path)
    assert len(idx.IdxReader().read(settings(tmp_path)).train) == 10  # type: ignore[arg-type]


def copied(source: Path, target: Path, rename: Callable[[str], str] = str, packed: bool = False) -> Path:
    """The four files under other names, gzipped or not, whatever the names say."""
    for path in source.iterdir():
        content = path.read_bytes()
        (target / rename(path.name)).parent.mkdir(parents=True, exist_ok=True)
        (target / rename(path.name)).write_bytes(gzip.compress(content) if packed else content)
    return target


@pytest.mark.parametrize(
    ("rename", "packed"),
    [
        (str, True),  # unpacked in name alone
        (lambda name: f"{name}.gz", False),  # the browser unpacked it and kept the name
        (lambda name: f"emnist-letters-{name.replace('t10k', 'test')}", False),
        (lambda name: f"emnist-balanced-{name.replace('t10k', 'test')}.gz", True),
        (lambda name: name.replace("-idx", ".idx").upper(), False),
        (lambda name: f"{name}/{name}", False),
    ],
)
def test_the_first_bytes_count_and_not_the_name(
    golden: Path, tmp_path: Path, rename: Callable[[str], str], packed: bool
) -> None:
    raw = idx.IdxReader().read(settings(copied(golden / "idx", tmp_path, rename, packed)))
    assert isinstance(raw.train, Arrays)
    assert isinstance(raw.test, Arrays)
    assert raw.train.x[:, 0, 0, 0].tolist() == list(range(20))
    assert raw.test.x[:, 0, 0, 0].tolist() == list(range(100, 110))


def test_the_folder_that_torchvision_makes(golden: Path, tmp_path: Path) -> None:
    copied(golden / "idx", tmp_path / "MNIST" / "raw")
    raw = idx.IdxReader().read(settings(tmp_path))
    assert len(raw.train) == 20  # type: ignore[arg-type]
    assert raw.notes == ("read from MNIST/raw",)
    copied(golden / "idx", tmp_path / "FashionMNIST" / "raw")
    with pytest.raises(DataError, match="several folders: FashionMNIST/raw, MNIST/raw") as error:
        idx.IdxReader().read(settings(tmp_path))
    named = Path(error.value.remedy.rpartition(" ")[2])
    assert len(idx.IdxReader().read(settings(named)).train) == 20  # type: ignore[arg-type]


def test_several_data_sets_in_one_folder(golden: Path, tmp_path: Path) -> None:
    copied(golden / "idx", tmp_path, "emnist-digits-{}".format)
    copied(golden / "idx", tmp_path, "emnist-letters-{}".format)
    with pytest.raises(DataError, match="several data sets: emnist-digits, emnist-letters") as error:
        idx.IdxReader().read(settings(tmp_path))
    named = Path(error.value.remedy.rpartition(" ")[2])
    assert named.name == "emnist-digits-train-images-idx3-ubyte"
    assert len(idx.IdxReader().read(settings(named)).train) == 20  # type: ignore[arg-type]


def test_labels_that_run_from_1_name_their_classes(maker: ModuleType, tmp_path: Path) -> None:
    for name, values in (
        ("images-idx3", np.zeros((6, 2, 2), "u1")),
        ("labels-idx1", np.array([1, 2, 3, 1, 2, 3], "u1")),
    ):
        (tmp_path / f"emnist-letters-train-{name}-ubyte").write_bytes(maker.idx_bytes(values))
    raw = idx.IdxReader().read(settings(tmp_path))
    assert isinstance(raw.train, Arrays)
    assert (raw.class_names, raw.train.y.tolist()) == (("1", "2", "3"), [0, 1, 2, 0, 1, 2])
    assert raw.notes == ("labels run from 1 to 3, and are the names of the classes",)


@given(st.integers(0, 3), st.binary(max_size=20), st.booleans())
def test_any_bytes_in_a_file_give_a_source_or_a_data_error(which: int, content: bytes, packed: bool) -> None:
    with TemporaryDirectory() as name:
        folder = copied(Path(__file__).parents[2] / "golden" / "idx", Path(name))
        path = sorted(folder.iterdir())[which]
        path.write_bytes(gzip.compress(content) if packed else content)
        with pytest.raises(DataError):
            idx.IdxReader().read(settings(folder))
