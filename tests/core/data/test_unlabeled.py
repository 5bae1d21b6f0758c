"""Samples without targets: every kind of file comes out alike, and a foreign one is refused by name."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.new_samples.unlabeled import read_samples
from nnbabysit.core.errors import DataError

X = np.random.default_rng(0).integers(0, 17, size=(7, 1, 8, 8)).astype("uint8")


@pytest.fixture(scope="module")
def digits() -> Signature:
    return Signature.of(load_dataset(Config.model_validate({"data": {"source": "digits"}})))


def prepared(path: Path, signature: Signature, size: int = 3) -> torch.Tensor:
    return torch.cat(list(read_samples(path, signature).batches(size)))


def write(path: Path, kind: str) -> Path:
    if kind == "npz":
        np.savez(path / "s.npz", x=X, other=np.ones(3))
        return path / "s.npz"
    if kind == "npy":
        np.save(path / "s.npy", X[:, 0])  # gray images without their channel
        return path / "s.npy"
    content = struct.pack(">HBB3I", 0, 8, 3, 7, 8, 8) + X.tobytes()
    name = "s-images-idx3-ubyte" + (".gz" if kind == "gz" else "")
    (path / name).write_bytes(gzip.compress(content) if kind == "gz" else content)
    return path / name


@pytest.mark.parametrize("kind", ["npz", "npy", "idx", "gz"])
def test_every_kind_of_file_is_prepared_as_the_run_did(tmp_path: Path, digits: Signature, kind: str) -> None:
    path = write(tmp_path, kind)
    assert torch.equal(prepared(path, digits), digits.preprocessing.apply(torch.from_numpy(X)))
    assert read_samples(path, digits).files is None


def test_pictures_carry_their_names(tmp_path: Path, digits: Signature) -> None:
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "b" / ".hidden").mkdir(parents=True)
    for name, i in (("b/2.png", 1), ("a.png", 0), ("b/.hidden/x.png", 2)):
        image.fromarray(X[i, 0]).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    samples = read_samples(tmp_path, digits)
    assert samples.files == ("a.png", "b/2.png")
    assert torch.equal(prepared(tmp_path, digits, 1), digits.preprocessing.apply(torch.from_numpy(X[:2])))
    assert read_samples(tmp_path / "a.png", digits).files == ("a.png",)
    (tmp_path / "b" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"1\.png"):
        prepared(tmp_path, digits)


def test_a_table_is_read_by_the_columns_of_the_run(tmp_path: Path, config: Callable[..., Config]) -> None:
    (tmp_path / "own.csv").write_text("a,b,t\n" + "".join(f"{i},{'uv'[i % 2]},{i % 2}\n" for i in range(20)))
    (tmp_path / "new.csv").write_text("b,a\nv,3\nu,4\n")
    settings = config(
        data={
            "source": "csv",
            "path": str(tmp_path / "own.csv"),
            "target": "t",
            "preprocess": {"center": "none", "scale": "none"},
        },
        training={"batch_size": 5},
    )
    signature = Signature.of(load_dataset(settings))
    assert prepared(tmp_path / "new.csv", signature).tolist() == [[3, 0, 1], [4, 1, 0]]


@pytest.mark.parametrize(
    ("name", "arrays", "words"),
    [
        ("s.npz", {"x": np.ones((2, 1, 8, 9))}, r"shape \(1, 8, 9\), the run was trained on \(1, 8, 8\)"),
        ("s.npz", {"z": np.ones(2)}, "no x in it, found z"),
        ("s.npz", {"x": np.ones((0, 1, 8, 8))}, "there are no samples in it"),
        ("s.npz", {"x": np.array([["a"]])}, "holds text"),
        ("s.npz", {"x": np.array(3.0)}, "x has shape"),
        ("s.npz", {"x": np.full((2, 1, 8, 8), np.nan)}, r"sample 0 holds NaN or infinity \(and 1 more"),
    ],
)
def test_foreign_arrays_are_refused(
    tmp_path: Path, digits: Signature, name: str, arrays: Any, words: str
) -> None:
    np.savez(tmp_path / name, **arrays)
    with pytest.raises(DataError, match=words):
        read_samples(tmp_path / name, digits)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("s.npy", b"torn", "no readable npy file"),
        ("s.npy", b"PK\x03\x04torn", "no readable npy file"),
        ("s.npz", b"torn", "this is no npz file"),
        ("s-idx3-ubyte", b"torn", "no idx file"),
        ("s.csv", b"a\n1\n", "the run was not trained on one"),
        ("s.txt", b"a\n1\n", "no reader knows this kind"),
    ],
)
def test_foreign_files_are_refused(
    tmp_path: Path, digits: Signature, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_samples(tmp_path / name, digits)


def test_nothing_there_and_an_empty_folder_are_refused(tmp_path: Path, digits: Signature) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_samples(tmp_path / "missing.npz", digits)
    with pytest.raises(DataError, match="no pictures in this folder"):
        read_samples(tmp_path, digits)


def test_pickles_are_never_loaded(tmp_path: Path, digits: Signature) -> None:
    np.save(tmp_path / "s.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="no readable npy"):
        read_samples(tmp_path / "s.npy", digits)


def test_rows_are_no_pictures(tmp_path: Path, config: Callable[..., Config]) -> None:
    image = pytest.importorskip("PIL.Image")
    np.savez(tmp_path / "r.npz", x=np.ones((8, 2)) * np.arange(8)[:, None], y=np.arange(8) % 2)
    settings = config(data={"source": "npz", "path": str(tmp_path / "r.npz")}, training={"batch_size": 2})
    signature = Signature.of(load_dataset(settings))
    image.fromarray(X[0, 0]).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"samples of shape \(2,\), not on pictures"):
        read_samples(tmp_path / "a.png", signature)


def test_a_torn_row_is_to_be_repaired_for_every_sample_has_its_answer(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    (tmp_path / "own.csv").write_text("a,t\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    (tmp_path / "torn.csv").write_text("a,t\n1,0\n1,2,3\n" + "1,0\n" * 20)
    data = {"source": "csv", "path": str(tmp_path / "own.csv"), "target": "t"}
    signature = Signature.of(load_dataset(config(data=data, training={"batch_size": 5})))
    with pytest.raises(DataError, match="1 row cannot be read") as caught:
        read_samples(tmp_path / "torn.csv", signature)
    assert (caught.value.where, caught.value.remedy) == (f"{tmp_path / 'torn.csv'}:3", "Repair the file")
