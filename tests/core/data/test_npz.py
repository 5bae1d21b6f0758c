"""Reader of NumPy archives: golden files, wrong contents, damaged files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.data_settings import Data
from nnbabysit.core.data import npz
from nnbabysit.core.data.raw import Arrays, Raw
from nnbabysit.core.errors import DataError


def read(path: Path) -> Raw:
    return npz.read(Data(source="npz", path=str(path)))


def saved(tmp_path: Path, **arrays: Any) -> Path:
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    return path


def test_golden_features(golden: Path) -> None:
    raw = read(golden / "npz" / "features.npz")
    assert isinstance(raw.train, Arrays)
    assert raw.train.x.tolist()[1] == [2, 3]
    assert raw.train.y.tolist() == [0, 1] * 10
    assert raw.test is None


def test_golden_images_in_three_parts(golden: Path) -> None:
    raw = read(golden / "npz" / "images.npz")
    parts = (raw.train, raw.validation, raw.test)
    assert [part.x.shape for part in parts if isinstance(part, Arrays)] == [(n, 3, 4, 4) for n in (6, 3, 3)]


def test_a_column_of_targets_becomes_plain(tmp_path: Path) -> None:
    raw = read(saved(tmp_path, x=np.zeros((4, 2)), y=np.zeros((4, 1), int)))
    assert isinstance(raw.train, Arrays)
    assert raw.train.y.shape == (4,)


@pytest.mark.parametrize("dtype", [">f4", ">i2", "u2", "u4", "u8", "f2", "f8", "?", "longdouble"])
def test_every_type_of_number_becomes_one_that_a_tensor_can_share(tmp_path: Path, dtype: str) -> None:
    import torch

    raw = read(saved(tmp_path, x=np.ones((4, 2), dtype), y=np.arange(4)))
    assert isinstance(raw.train, Arrays)
    assert torch.from_numpy(raw.train.x).sum().item() in (8, True)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": np.zeros(3)}, "no x and y in it, found a"),
        ({"x": np.zeros((3, 1))}, "y is missing, found x"),
        (
            {"x_train": np.zeros((3, 1)), "y_train": np.zeros(3), "x_test": np.zeros((3, 1))},
            "y_test is missing",
        ),
        ({"x": np.zeros((3, 1)), "y": np.zeros(3), "x_train": np.zeros((3, 1))}, "both x, y and x_train"),
        ({"x": np.zeros((3, 1)), "y": np.zeros(4)}, "x has 3 samples and y has 4"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "no data"),
        ({"x": np.zeros((3, 0)), "y": np.zeros(3)}, "no data"),
        ({"x": np.zeros(3), "y": np.zeros(3)}, r"reshape\(-1, 1\)"),
        ({"x": np.float64(3), "y": np.zeros(3)}, "shape"),
        ({"x": np.zeros((2, 1)), "y": np.array(["cat", "dog"])}, "y holds text, not numbers"),
        ({"x": np.zeros((2, 1), complex), "y": np.zeros(2)}, "complex"),
        ({"x": np.zeros((2, 1)), "y": np.zeros((2, 3, 4))}, "y has shape"),
    ],
)
def test_wrong_contents_in_words(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    path = saved(tmp_path, **arrays)
    with pytest.raises(DataError) as error:
        read(path)
    assert error.value.where == str(path)
    assert words.replace("\\", "") in str(error.value)


class Payload:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """A call of the shell."""
        return os.system, ("touch pwned",)


def test_pickled_objects_are_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = saved(tmp_path, x=np.array([[Payload()]], dtype=object), y=np.zeros(1))
    with pytest.raises(DataError, match="pickled Python objects, which are never loaded"):
        read(path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 not really", b"\x80\x04N."])
def test_a_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read(path)
    assert error.value.where == str(path)


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_a_torn_archive(golden: Path, tmp_path: Path, keep: float) -> None:
    content = (golden / "npz" / "images.npz").read_bytes()
    path = tmp_path / "torn.npz"
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(DataError):
        read(path)


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((3, 2)))
    with pytest.raises(DataError, match=r"\.npy file"):
        read(tmp_path / "x.npy")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file") as error:
        read(tmp_path / "nothing.npz")
    assert error.value.where == "data.path"
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"x,y\n1,2\n" * 9, "no npz file")])
def test_a_file_that_is_no_archive_is_not_taken_for_a_pickle(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read(path)
