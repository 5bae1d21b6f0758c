"""From a config to a dataset: splits, preprocessing, and every way in which it can fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.data.splits.stream import StreamSplit
from nnbabysit.core.errors import DataError

Build = Callable[..., Config]
FULL = {"batch_size": "full"}
RAW = {"center": "none", "scale": "none"}


def saved(tmp_path: Path, name: str = "data.npz", **arrays: Any) -> dict[str, Any]:
    np.savez(tmp_path / name, **arrays)
    return {"source": "npz", "path": str(tmp_path / name), "preprocess": RAW}


def numbered(samples: int, classes: int = 2) -> dict[str, Any]:
    return {"x": np.arange(samples, dtype=np.float32).reshape(-1, 1), "y": np.arange(samples) % classes}


def numbers(split: Any) -> list[int]:
    assert isinstance(split, ArraySplit)
    return [int(value) for value in split.x[:, 0]]


def test_the_bundled_digits(config: Build) -> None:
    data = load_dataset(config(data={"test": 0.2}))
    assert (len(data.train), len(data.validation)) == (1150, 288)
    assert data.test is not None
    assert len(data.test) == 359
    assert (data.task, data.input_shape, data.num_outputs) == ("classification", (1, 8, 8), 10)
    assert data.class_names == tuple("0123456789")
    counts = data.validation.y.bincount()
    assert counts.min() >= 27
    assert counts.max() <= 30


def test_statistics_come_from_the_training_split_alone(config: Build) -> None:
    data = load_dataset(config(data={"preprocess": {"center": "feature", "scale": "none"}}))
    assert isinstance(data.train, ArraySplit)
    assert isinstance(data.validation, ArraySplit)
    assert data.train.x.mean(0).abs().max() < 1e-4
    assert data.validation.x.mean(0).abs().max() > 0.01
    assert data.preprocessing.statistics.samples == len(data.train)


def test_the_splits_depend_on_the_seed_alone(config: Build) -> None:
    first, again, other = (load_dataset(config(seed=seed)) for seed in (0, 0, 1))
    assert isinstance(first.validation, ArraySplit)
    assert isinstance(again.validation, ArraySplit)
    assert torch.equal(first.validation.x, again.validation.x)
    assert not torch.equal(first.validation.y, other.validation.y)
    assert first.fingerprint == again.fingerprint == other.fingerprint


def test_the_test_split_does_not_depend_on_the_size_of_validation(config: Build, tmp_path: Path) -> None:
    source = saved(tmp_path, **numbered(100))
    splits = [
        load_dataset(config(data={**source, "test": 0.2, "validation": v}, training=FULL)) for v in (0.1, 30)
    ]
    assert numbers(splits[0].test) == numbers(splits[1].test)
    assert [len(s.validation) for s in splits] == [8, 30]  # a tenth of the 80 that are left


def test_every_sample_is_in_one_split(config: Build, tmp_path: Path) -> None:
    data = load_dataset(config(data={**saved(tmp_path, **numbered(50)), "test": 7}, training=FULL))
    everything = numbers(data.train) + numbers(data.validation) + numbers(data.test)
    assert sorted(everything) == list(range(50))


def test_targets_stay_with_their_samples(config: Build, tmp_path: Path) -> None:
    data = load_dataset(config(data={**saved(tmp_path, **numbered(60, 3)), "test": 0.3}, training=FULL))
    for split in (data.train, data.validation, data.test):
        assert split is not None
        assert split.y.tolist() == [n % 3 for n in numbers(split)]


def test_the_sources_own_splits_are_used(config: Build, golden: Path) -> None:
    source = {"source": "npz", "path": str(golden / "npz" / "images.npz")}
    data = load_dataset(config(data=source, training=FULL))
    assert data.test is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (6, 3, 3)
    assert data.notes == ("the source's own validation split is used; data.validation: 0.2 is not",)


def test_a_test_share_replaces_the_sources_own_test_split(config: Build, golden: Path) -> None:
    data = load_dataset(config(data={"source": "idx", "path": str(golden / "idx"), "test": 4}, training=FULL))
    assert data.test is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (13, 3, 4)
    assert "own test split is not used" in data.notes[0]


def test_validation_and_test_from_paths_of_their_own(config: Build, tmp_path: Path) -> None:
    source = saved(tmp_path, **numbered(10))
    for name, first in (("validation", 100), ("test", 200)):
        other = numbered(4)
        saved(tmp_path, f"{name}.npz", x=other["x"] + first, y=other["y"])
        source[name] = str(tmp_path / f"{name}.npz")
    data = load_dataset(config(data=source, training=FULL))
    assert numbers(data.train) == list(range(10))
    assert numbers(data.validation) == [100, 101, 102, 103]
    assert numbers(data.test) == [200, 201, 202, 203]


def test_cifar_with_its_class_names(config: Build, golden: Path) -> None:
    source = {"source": "cifar", "path": str(golden / "cifar-10-batches-py"), "validation": 10}
    data = load_dataset(config(data=source, training=FULL))
    assert data.class_names[9] == "truck"
    assert sorted(data.train.y.tolist()) == list(range(10))


def test_regression_and_binary_targets(config: Build, tmp_path: Path) -> None:
    x = np.arange(20, dtype=np.float32).reshape(-1, 1)
    regression = saved(tmp_path, "r.npz", x=x, y=x / 2)
    data = load_dataset(config(data=regression, loss="mse", training=FULL))
    assert (data.task, data.num_outputs, data.train.y.dtype, data.train.y.dim()) == (
        "regression",
        1,
        torch.float32,
        1,
    )
    binary = saved(tmp_path, "b.npz", x=x, y=np.arange(20) < 5)
    data = load_dataset(config(data=binary, loss="bce", training=FULL))
    assert (data.task, data.num_outputs, data.validation.y.sum().item()) == ("binary", 1, 1)


def test_values_that_are_not_finite_are_left_for_the_data_check(config: Build, tmp_path: Path) -> None:
    arrays = numbered(20)
    arrays["x"][3] = np.nan
    data = load_dataset(config(data=saved(tmp_path, **arrays), training=FULL))
    splits = (data.train, data.validation)
    assert sum(int(s.x.isnan().sum()) for s in splits if isinstance(s, ArraySplit)) == 1


def test_the_fingerprint_changes_with_a_single_value(config: Build, tmp_path: Path) -> None:
    prints = set()
    for change in ((0, 0.0), (5, 0.5)):
        arrays = numbered(20)
        arrays["x"][change[0]] += change[1]
        prints.add(load_dataset(config(data=saved(tmp_path, **arrays), training=FULL)).fingerprint)
    assert len(prints) == 2


@pytest.mark.parametrize(
    ("data", "where", "words"),
    [
        ({"validation": 100}, "data.validation", "validation would take 100 of 100 samples"),
        ({"test": 60, "validation": 40}, "data.validation", "would take 40 of 40"),
        ({"test": 1000}, "data.test", "would take 1000 of 100"),
        ({"validation": 0.999}, "data.validation", "would take 100 of 100"),
        ({"validation": "nowhere.npz"}, "data.path", "there is no file nowhere.npz"),
    ],
)
def test_impossible_splits(
    config: Build, tmp_path: Path, data: dict[str, Any], where: str, words: str
) -> None:
    with pytest.raises(DataError, match=words) as error:
        load_dataset(config(data={**saved(tmp_path, **numbered(100)), **data}, training=FULL))
    assert error.value.where == where


def test_a_batch_larger_than_the_training_split(config: Build, tmp_path: Path) -> None:
    source = saved(tmp_path, **numbered(100))
    with pytest.raises(DataError, match="batch of 81 is larger than the training split of 80") as error:
        load_dataset(config(data=source, training={"batch_size": 81}))
    assert error.value.where == "training.batch_size"
    assert "at most 80" in error.value.remedy
    load_dataset(config(data=source, training={"batch_size": 80}))


def test_a_class_that_training_lacks(config: Build, tmp_path: Path) -> None:
    source = saved(tmp_path, x=np.zeros((6, 1)), y=np.array([0, 1, 3, 0, 1, 3]))
    with pytest.raises(DataError, match="class 2 has no sample in the training split"):
        load_dataset(config(data=source, training=FULL))


def test_splits_of_different_shape(config: Build, tmp_path: Path) -> None:
    y = np.arange(4) % 2
    source = saved(tmp_path, x_train=np.zeros((4, 2)), y_train=y, x_test=np.zeros((4, 3)), y_test=y)
    with pytest.raises(DataError, match=r"train \(2,\), test \(3,\)"):
        load_dataset(config(data=source, training=FULL))


def test_digits_have_no_second_path(config: Build) -> None:
    with pytest.raises(DataError, match="no second path") as error:
        load_dataset(config(data={"test": "x"}))
    assert error.value.where == "data.test"


DATASET = """
import torch
from torch.utils.data import Dataset

class Points(Dataset):
    def __init__(self, n):
        self.n = n
    def __len__(self):
        return self.n
    def __getitem__(self, i):
        return torch.tensor([float(i), 1.0]), i % 2

def one():
    return Points(50)

def two():
    return Points(50), Points(10)

def arrays():
    return torch.tensor([[float(i), 1.0] for i in range(50)]), torch.arange(50) % 2
"""


def of_user(config: Build, user_module: Callable[[str], str], name: str, workers: int = 0) -> Dataset:
    module = user_module(DATASET)
    data = {"source": f"{module}:{name}", "workers": workers}
    return load_dataset(config(data=data, training={"batch_size": 10}))


def test_a_dataset_of_the_users_is_split_like_arrays(
    config: Build, user_module: Callable[[str], str]
) -> None:
    stream, arrays = of_user(config, user_module, "one"), of_user(config, user_module, "arrays")
    assert isinstance(stream.train, StreamSplit)
    assert isinstance(arrays.train, ArraySplit)
    assert torch.equal(torch.cat([x for x, _ in stream.train.batches(7)]), arrays.train.x)
    assert torch.equal(stream.validation.y, arrays.validation.y)
    assert stream.input_shape == arrays.input_shape == (2,)
    assert stream.notes == ("all samples of the Dataset were read once to collect their targets",)


def test_two_datasets_are_training_and_test(config: Build, user_module: Callable[[str], str]) -> None:
    data = of_user(config, user_module, "two", workers=1)
    assert data.test is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (40, 10, 10)
    assert data.fingerprint == of_user(config, user_module, "two").fingerprint
