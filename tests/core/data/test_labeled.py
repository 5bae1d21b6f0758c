"""Labeled samples of another path: prepared as the run's own, and refused when they are of another kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.labeled import load_own, load_unseen
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.errors import DataError

Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Writes an npz and returns its path."""

    def save(name: str, **arrays: Any) -> Path:
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return save


@pytest.fixture
def run(saved: Saved, config: Callable[..., Config]) -> tuple[Config, Signature]:
    """Config and signature of a run on 60 points of 3 classes around 100."""
    x = np.random.default_rng(0).normal(100, 5, size=(60, 2))
    path = saved("own.npz", x=x, y=np.arange(60) % 3)
    settings = config(data={"source": "npz", "path": str(path), "test": 0.2}, training={"batch_size": 10})
    return settings, Signature.of(load_dataset(settings))


def test_another_file_is_prepared_by_the_statistics_of_the_run(run: Any, saved: Saved) -> None:
    config, signature = run
    x = np.array([[100.0, 100.0], [0.0, 3.0]])
    unseen = load_unseen(saved("other.npz", x=x, y=np.array([2, 0])), config, signature)
    got, y = next(unseen.split.batches(10))
    mean, std = signature.preprocessing.shift.numpy(), signature.preprocessing.divisor.numpy()
    assert got.numpy() == pytest.approx((x - mean) / std, rel=1e-5)
    assert y.tolist() == [2, 0]  # only two of the three classes are here
    assert unseen.name == "train"


def test_the_test_split_comes_first_and_any_can_be_named(run: Any, saved: Saved) -> None:
    config, signature = run
    path = saved("s.npz", x_train=np.ones((4, 2)), y_train=[0, 1, 2, 0], x_test=np.ones((1, 2)), y_test=[1])
    assert len(load_unseen(path, config, signature).split) == 1
    assert len(load_unseen(path, config, signature, "train").split) == 4
    with pytest.raises(DataError, match="no validation split, found test, train"):
        load_unseen(path, config, signature, "validation")


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((2, 3)), [0, 1], r"a sample has shape \(3,\), the run was trained on \(2,\)"),
        (np.ones((2, 2)), [0, 3], "is 3, which is out of range, the 3 classes are 0 … 2"),
        (np.ones((2, 2)), [0.5, 1.0], "needs integers"),
        (np.ones((2, 2)), [0], "2 samples and y has 1"),
    ],
)
def test_samples_of_another_kind_are_refused(run: Any, saved: Saved, x: Any, y: Any, words: str) -> None:
    config, signature = run
    with pytest.raises(DataError, match=words):
        load_unseen(saved("odd.npz", x=x, y=np.array(y)), config, signature)


def test_classes_are_matched_by_name(tmp_path: Path, config: Callable[..., Config]) -> None:
    """The other table lists the classes in another order, and one of them not at all."""
    (tmp_path / "own.csv").write_text("a,t\n" + "".join(f"{i},{'pqr'[i % 3]}\n" for i in range(30)))
    (tmp_path / "other.csv").write_text("t,a\nr,5\nq,7\n")
    settings = config(
        data={"source": "csv", "path": str(tmp_path / "own.csv"), "target": "t"}, training={"batch_size": 5}
    )
    signature = Signature.of(load_dataset(settings))
    unseen = load_unseen(tmp_path / "other.csv", settings, signature)
    assert unseen.split.y.tolist() == [2, 1]
    (tmp_path / "foreign.csv").write_text("t,a\nz,5\n")
    with pytest.raises(DataError, match="'z'"):
        load_unseen(tmp_path / "foreign.csv", settings, signature)


def test_a_split_of_the_run_is_the_one_it_had(run: Any) -> None:
    config, signature = run
    data = load_dataset(config)
    own = load_own(config, signature, fingerprint=data.fingerprint)
    assert data.test is not None
    assert (own.name, own.changed, own.notes) == ("test", False, ())
    assert torch.equal(own.split.y, data.test.y)
    assert load_own(config, signature, "validation", fingerprint=data.fingerprint).name == "validation"
    bare = config.model_copy(update={"data": config.data.model_copy(update={"test": None})})
    assert load_own(bare, signature).name == "validation"
    with pytest.raises(DataError, match="no test split"):
        load_own(bare, signature, "test")


def test_changed_data_is_noted_and_prepared_by_the_statistics_of_then(run: Any, saved: Saved) -> None:
    config, signature = run
    x = np.random.default_rng(1).normal(-7, 1, size=(60, 2))
    saved("own.npz", x=x, y=np.arange(60) % 3)
    own = load_own(config, signature, "train", fingerprint="of then")
    assert own.changed
    assert "has changed since the run" in own.notes[0]
    got, _ = own.split.take(torch.arange(len(own.split)))
    raw = got * signature.preprocessing.divisor + signature.preprocessing.shift
    assert float(raw.mean()) == pytest.approx(-7, abs=0.5)
    assert torch.equal(torch.cat([b for b, _ in own.split.batches(7)]), got)


def test_changed_data_with_other_classes_is_refused(run: Any, saved: Saved) -> None:
    config, signature = run
    saved("own.npz", x=np.random.default_rng(1).normal(size=(60, 2)), y=np.arange(60) % 2)
    with pytest.raises(DataError, match="it has other classes"):
        load_own(config, signature, fingerprint="of then")


def test_a_table_may_come_in_the_other_format_and_says_what_was_filled_in(
    tmp_path: Path, config: Callable[..., Config]
) -> None:
    (tmp_path / "own.csv").write_text("a,b,t\n" + "".join(f"{i},{'uv'[i % 2]},{i % 3}\n" for i in range(30)))
    (tmp_path / "gaps.csv").write_text("t,a,b\n1,,u\n2,7,w\n0,3,\n")
    data = {"source": "csv", "path": str(tmp_path / "own.csv"), "target": "t", "missing": "mean"}
    settings = config(data=data, training={"batch_size": 5})
    signature = Signature.of(load_dataset(settings))
    unseen = load_unseen(tmp_path / "gaps.csv", settings, signature)
    assert unseen.notes[-1] == "missing or unknown values filled by data.missing: mean: a (1), b (2)"
    packed = tmp_path / "gaps.parquet"
    pq.write_table(pa.table({"t": [1, 2, 0], "a": [None, 7.0, 3.0], "b": ["u", "w", None]}), packed)
    x, y = load_unseen(packed, settings, signature).split.take(torch.arange(3))
    expected_x, expected_y = unseen.split.take(torch.arange(3))
    assert torch.equal(x, expected_x)
    assert torch.equal(y, expected_y)


def test_a_path_that_is_not_there_is_that_of_the_flag(run: Any, tmp_path: Path) -> None:
    config, signature = run
    with pytest.raises(DataError, match="nothere") as caught:
        load_unseen(tmp_path / "nothere.npz", config, signature)
    assert (caught.value.where, caught.value.remedy) == ("--data", "")
