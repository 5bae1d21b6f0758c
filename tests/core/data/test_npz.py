"""Reader of NumPy archives: golden files, wrong contents, damaged files."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import npz
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.errors import DataError


def read(path: Path) -> Raw:
    return npz.NpzReader().read(Data(source="npz", path=str(path)))


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
        ({"x": np.zeros((2, 1)), "y": np.array([["cat", "dog"]] * 2)}, "y holds text, not numbers"),
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


X, Y = np.arange(8.0).reshape(4, 2), np.arange(4) % 2


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        ("x_train y_train x_val y_val", "train validation"),
        ("X_train Y_train X_valid Y_valid X_test Y_test", "train validation test"),
        ("train_x train_y dev_x dev_y", "train validation"),
        ("train_images train_labels val_images val_labels test_images test_labels", "train validation test"),
        ("X y", "train"),
        ("data target", "train"),
        ("images labels", "train"),
        ("features labels test_features test_labels", "train test"),
        ("arr_0 arr_1", "train"),
    ],
)
def test_the_usual_spellings_are_read_and_said(tmp_path: Path, names: str, splits: str) -> None:
    arrays = {name: X + i if i % 2 == 0 else Y for i, name in enumerate(names.split())}
    raw = read(saved(tmp_path, **arrays))
    parts = {"train": raw.train, "validation": raw.validation, "test": raw.test}
    found = {name: part for name, part in parts.items() if isinstance(part, Arrays)}
    assert " ".join(found) == splits
    assert [part.x[0, 0] for part in found.values()] == [2 * i for i in range(len(found))]
    assert raw.notes[0].startswith("arrays read by what they seem to be: ")
    for name in names.split():
        own = name in ("x_train", "y_train", "y")
        assert (f"{name} as " in raw.notes[0]) is not own


def test_names_of_our_own_need_no_words(tmp_path: Path) -> None:
    assert read(saved(tmp_path, x=X, y=Y, x_validation=X, y_validation=Y)).notes == ()


@pytest.mark.parametrize(
    ("more", "words", "remedy"),
    [
        ({"weights": Y}, "nobody reads the array weights", "data.drop: [weights]"),
        ({"ids": Y, "DESCR": "text"}, "nobody reads the arrays ids, DESCR", "data.drop: [ids, DESCR]"),
        ({"X": X}, "x and X may both be x", "data.drop: [X]"),
        ({"images": X}, "x and images may both be x", "data.drop: [images]"),
        (
            {"x_val": X, "y_val": Y, "x_valid": X},
            "x_val and x_valid may both be x_validation",
            "data.drop: [x_valid]",
        ),
        ({"x_val": X}, "y_validation is missing", "leave x_val out with data.drop: [x_val]"),
        ({"label_names": Y}, "should hold the names of the classes", "data.drop: [label_names]"),
    ],
)
def test_what_nobody_reads_is_refused_and_the_remedy_helps(
    tmp_path: Path, more: dict[str, Any], words: str, remedy: str
) -> None:
    path = saved(tmp_path, x=X, y=Y, **more)
    with pytest.raises(DataError, match=words) as error:
        read(path)
    assert remedy in error.value.remedy
    drop = remedy.partition("[")[2].rstrip("]").split(", ")
    raw = npz.NpzReader().read(Data(source="npz", path=str(path), drop=drop))
    assert isinstance(raw.train, Arrays)
    assert np.array_equal(raw.train.x, X)


def test_an_array_to_leave_out_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no array 'z', it holds x, y") as error:
        npz.NpzReader().read(Data(source="npz", path=str(saved(tmp_path, x=X, y=Y)), drop=["z"]))
    assert error.value.where == "data.drop"


def test_pickled_objects_can_be_left_out_and_are_not_loaded(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=Y, frame=np.array([None, Payload()], dtype=object))
    with pytest.raises(DataError, match="the array frame holds pickled Python objects") as error:
        read(path)
    assert "data.drop: [frame]" in error.value.remedy
    assert len(npz.NpzReader().read(Data(source="npz", path=str(path), drop=["frame"])).train) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize("y", [X, np.zeros((4, 2, 2))])
def test_two_arrays_without_names_are_read_only_if_their_shapes_say_so(tmp_path: Path, y: Any) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, X, y)
    with pytest.raises(DataError, match="no x and y in it, found arr_0, arr_1"):
        read(path)


def test_names_of_classes_are_texts_and_stay_exact(tmp_path: Path) -> None:
    raw = read(saved(tmp_path, x=X, y=np.array(["01", "1", "01", "NA"])))
    assert raw.class_names == ("01", "1", "NA")
    assert isinstance(raw.train, Arrays)
    assert raw.train.y.tolist() == [0, 1, 0, 2]
    raw = read(saved(tmp_path, x=X, y=Y, target_names=np.array(["cat", "dog"])))
    assert raw.class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("xl/workbook.xml", "a zip file without arrays, it holds xl/workbook.xml"),
        ("x.npy", "notes.txt in it is no"),
    ],
)
def test_a_zip_file_that_is_no_archive_of_arrays(tmp_path: Path, member: str, words: str) -> None:
    path = saved(tmp_path, x=X, y=Y) if member == "x.npy" else tmp_path / "data.npz"
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(member if member != "x.npy" else "notes.txt", "hello")
    with pytest.raises(DataError, match=words):
        read(path)
