"""Reader of CIFAR: golden files of both versions, torn and foreign ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import cifar
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.errors import DataError

VERSIONS = ["cifar-10-batches-bin", "cifar-10-batches-py"]


def read(folder: Path) -> Raw:
    return cifar.CifarReader().read(Data(source="cifar", path=str(folder)))


@pytest.mark.parametrize("version", VERSIONS)
def test_golden_cifar10_in_both_versions(golden: Path, version: str) -> None:
    raw = read(golden / version)
    assert isinstance(raw.train, Arrays)
    assert isinstance(raw.test, Arrays)
    assert raw.train.x.shape == (20, 3, 32, 32)
    assert raw.train.x.dtype == np.uint8
    assert raw.train.y.tolist() == [*range(10)] * 2
    assert raw.test.y.tolist() == list(range(10))
    assert (raw.train.x[:, 0] == 10 * raw.train.y[:, None, None]).all()
    assert (raw.train.x[:, 2] == 255).all()
    assert raw.test.x[7, 1, 31, 31] == 7
    assert raw.class_names is not None
    assert raw.class_names[:3] == ("airplane", "automobile", "bird")


def test_the_fine_labels_of_cifar100_count(maker: ModuleType, tmp_path: Path) -> None:
    labels = np.array([99, 0, 42])
    rows = maker.cifar_pixels(labels)
    for name in ("train.bin", "test.bin"):
        (tmp_path / name).write_bytes(np.column_stack([[19, 1, 2], labels, rows]).astype(np.uint8).tobytes())
    binary = read(tmp_path)
    assert isinstance(binary.train, Arrays)
    assert binary.train.y.tolist() == [99, 0, 42]
    assert binary.class_names == tuple(map(str, range(100)))


def test_cifar100_in_python(maker: ModuleType, tmp_path: Path) -> None:
    labels = [99, 0, 42]
    batch = {
        b"data": maker.cifar_pixels(np.array(labels)),
        b"fine_labels": labels,
        b"coarse_labels": [1, 2, 3],
    }
    for name in ("train", "test"):
        (tmp_path / name).write_bytes(maker.python_two_pickle(batch))
    names = [f"class{i}".encode() for i in range(100)]
    (tmp_path / "meta").write_bytes(maker.python_two_pickle({b"fine_label_names": names}))
    raw = read(tmp_path)
    assert isinstance(raw.train, Arrays)
    assert raw.train.y.tolist() == labels
    assert raw.class_names is not None
    assert raw.class_names[99] == "class99"


def test_a_folder_without_cifar(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data_batch_1") as error:
        read(tmp_path)
    assert "cifar-10-batches-bin" in error.value.remedy


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_batch_is_named(golden: Path, tmp_path: Path, version: str) -> None:
    copy = shutil.copytree(golden / version, tmp_path / "copy")
    next(copy.glob("data_batch_3*")).unlink()
    with pytest.raises(DataError, match="there is no data_batch_3"):
        read(copy)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_torn_batch_is_named(golden: Path, tmp_path: Path, version: str) -> None:
    copy = shutil.copytree(golden / version, tmp_path / "copy")
    batch = next(copy.glob("data_batch_2*"))
    batch.write_bytes(batch.read_bytes()[:-100])
    with pytest.raises(DataError) as error:
        read(copy)
    assert error.value.where == str(batch)


def test_without_a_test_batch_there_is_no_test_split(golden: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(golden / VERSIONS[0], tmp_path / "copy")
    (copy / "test_batch.bin").unlink()
    assert read(copy).test is None


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ({b"labels": [1]}, "data is no array"),
        ({b"data": np.zeros((1, 3072), np.uint8)}, "labels is no list"),
        ({b"data": np.zeros((1, 3071), np.uint8), b"labels": [1]}, "3072 columns"),
        ({b"data": np.zeros((1, 3072), np.float32), b"labels": [1]}, "array of bytes"),
        ({b"data": np.zeros((1, 3072), np.uint8), b"labels": [1.5]}, "integers"),
        ({b"data": np.zeros((1, 3072), np.uint8), b"labels": [1, 2]}, "has 1 samples and y has 2"),
        ([1, 2], "holds a list"),
    ],
)
def test_a_batch_of_another_kind(maker: ModuleType, tmp_path: Path, batch: object, words: str) -> None:
    (tmp_path / "data_batch_1").write_bytes(maker.python_two_pickle(batch))
    with pytest.raises(DataError, match=words):
        read(tmp_path)


@given(st.binary(max_size=50))
def test_any_bytes_are_no_whole_number_of_records(content: bytes) -> None:
    with pytest.raises(DataError):
        cifar.parse_binary(content, 1, "file")


def test_the_folder_that_torchvision_makes(golden: Path, tmp_path: Path) -> None:
    name = sorted(path.name for path in golden.iterdir() if path.name.startswith("cifar"))[0]
    shutil.copytree(golden / name, tmp_path / "data" / name)
    raw = cifar.CifarReader().read(Data(source="cifar", path=str(tmp_path / "data")))
    assert raw.notes == (f"read from {name}",)
    shutil.copytree(golden / name, tmp_path / "data" / "again")
    with pytest.raises(DataError, match="several versions of CIFAR"):
        cifar.CifarReader().read(Data(source="cifar", path=str(tmp_path / "data")))


def test_what_is_packed_is_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(DataError) as error:
        cifar.CifarReader().read(Data(source="cifar", path=str(tmp_path)))
    assert error.value.remedy.startswith("Unpack cifar-10-python.tar.gz first")
