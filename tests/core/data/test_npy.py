"""Arrays in files of their own, side by side: found by their names, read as an archive of them would be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.labeled import load_unseen
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.new_samples.unlabeled import read_samples
from nnbabysit.core.data.readers.detection import detect
from nnbabysit.core.data.readers.npy import NpyReader
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.errors import DataError

X = np.random.default_rng(0).normal(100, 5, size=(60, 2))
Y = np.arange(60) % 3


def save(folder: Path, **arrays: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=True)
    return folder


def read(path: Path, **settings: Any) -> Raw:
    return NpyReader().read(Data(source="npy", path=str(path), **settings))


@pytest.mark.parametrize(
    ("names", "named"), [(("x", "y"), "x.npy"), (("images", "labels"), "images.npy"), (("X", "Y"), "")]
)
def test_a_pair_is_read_from_its_folder_or_one_of_its_files(
    tmp_path: Path, names: tuple[str, str], named: str
) -> None:
    save(tmp_path, **dict(zip(names, (X, Y), strict=True)))
    assert detect(tmp_path / named) == "npy"
    train = read(tmp_path / named).train
    assert np.array_equal(train.x, X)  # type: ignore[union-attr]
    assert np.array_equal(train.y, Y)  # type: ignore[union-attr]


def test_it_trains_on_the_same_numbers_as_an_archive(tmp_path: Path, config: Callable[..., Config]) -> None:
    np.savez(tmp_path / "both.npz", x=X, y=Y)
    save(tmp_path, x=X, y=Y)
    found = [
        load_dataset(config(data={"source": source, "path": str(path)}, training={"batch_size": 10}))
        for source, path in (("npz", tmp_path / "both.npz"), ("npy", tmp_path / "x.npy"))
    ]
    assert found[0].fingerprint == found[1].fingerprint
    assert isinstance(found[0].train, ArraySplit)
    assert isinstance(found[1].train, ArraySplit)
    assert torch.equal(found[0].train.x, found[1].train.x)


def test_own_splits_and_names_of_classes_are_read(tmp_path: Path) -> None:
    save(tmp_path, x_train=X, y_train=np.array(["a", "b", "c"])[Y], x_test=X[:2], y_test=np.array(["c", "a"]))
    raw = read(tmp_path / "x_train.npy")
    assert raw.class_names == ("a", "b", "c")
    assert raw.test.y.tolist() == [2, 0]  # type: ignore[union-attr]


def test_pictures_with_their_channels_last_are_turned(tmp_path: Path, config: Callable[..., Config]) -> None:
    save(tmp_path, images=np.zeros((6, 8, 8, 3), dtype=np.uint8), labels=np.arange(6) % 2)
    data = load_dataset(
        config(data={"source": "npy", "path": str(tmp_path)}, training={"batch_size": "full"})
    )
    assert data.input_shape == (3, 8, 8)


def test_what_is_beside_a_named_file_and_says_nothing_is_left_alone(tmp_path: Path) -> None:
    save(tmp_path, x=X, y=Y, weights=np.ones(3))
    assert len(read(tmp_path / "x.npy").train) == 60  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"nobody reads the array weights.*data\.drop"):
        read(tmp_path)
    assert len(read(tmp_path, drop=["weights"]).train) == 60  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arrays", "named", "words"),
    [
        ({"x": X}, "x.npy", "y is missing, found x"),
        ({"y": Y}, "y.npy", "x is missing, found y"),
        ({"x": X, "y": Y, "labels": Y}, "", "may both be y"),
        ({"x": X, "y": Y[:9]}, "", "x has 60 samples and y has 9"),
        ({"mystery": X, "y": Y}, "mystery.npy", "does not say whether it holds inputs or targets"),
        ({"x": X, "y": Y.astype(object)}, "", "no readable npy file of numbers .*allow_pickle=False"),
        ({"x": np.array([{"a": 1}] * 60), "y": Y}, "", "no readable npy file of numbers"),
        ({}, "", "there is no .npy file in the folder"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, arrays: Any, named: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read(save(tmp_path, **arrays) / named)


@pytest.mark.parametrize("content", [b"", b"torn", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, x=X, y=Y)
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npy") as caught:
        read(tmp_path)
    assert "npy file" in str(caught.value)


def test_a_file_that_is_not_there_to_be_dropped(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no z\.npy"):
        read(save(tmp_path, x=X, y=Y), drop=["z"])


def test_a_trained_network_reads_further_samples(tmp_path: Path, config: Callable[..., Config]) -> None:
    own = save(tmp_path / "own", x=X, y=Y)
    settings = config(data={"source": "npy", "path": str(own)}, training={"batch_size": 10})
    signature = Signature.of(load_dataset(settings))
    other = save(tmp_path / "other", x=X[:4] + 1, y=Y[:4])
    assert len(load_unseen(other, settings, signature).split) == 4
    expected = signature.preprocessing.apply(torch.from_numpy(X[:4] + 1))
    for path in (other, other / "x.npy"):  # with the targets beside them, which nobody asks for
        assert torch.equal(next(read_samples(path, signature).batches(9)), expected)
    np.save(other / "images.npy", X)
    with pytest.raises(DataError, match="may all be x"):
        read_samples(other, signature)
