"""data.labels: few training samples keep their labels; the statistics see all inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import DataError

Build = Callable[..., Config]
SMALL = {"batch_size": "full"}


def arrays(dataset: Dataset, split: str) -> ArraySplit:
    found = getattr(dataset, split)
    assert isinstance(found, ArraySplit)
    return found


def load(config: Build, **data: Any) -> Dataset:
    return load_dataset(config(data={"test": 0.2, **data}, training=SMALL))


@pytest.mark.parametrize(("labels", "count"), [(0.1, 115), (100, 100), (1150, 1150)])
def test_every_class_keeps_its_share(config: Build, labels: float, count: int) -> None:
    whole, few = load(config), load(config, labels=labels)
    assert len(few.train) == count
    shares = whole.train.y.bincount() * count / 1150
    assert (few.train.y.bincount() - shares).abs().max() < 1
    assert few.notes == (
        f"data.labels is {labels:g}: {count} of 1150 training samples are used with their labels",
    )


def test_everything_else_is_as_without_it(config: Build) -> None:
    whole, few = load(config), load(config, labels=0.1)
    assert few.fingerprint == whole.fingerprint
    assert torch.equal(few.preprocessing.shift, whole.preprocessing.shift)  # of all inputs
    assert few.preprocessing.statistics.samples == 1150
    for split in ("validation", "test"):
        assert torch.equal(arrays(few, split).x, arrays(whole, split).x)
        assert torch.equal(arrays(few, split).y, arrays(whole, split).y)
    rows = {tuple(row.tolist()) for row in arrays(whole, "train").x.flatten(1)}
    assert all(tuple(row.tolist()) in rows for row in arrays(few, "train").x.flatten(1))


def test_which_ones_follows_from_the_seed_of_the_data(config: Build) -> None:
    first, again, other = (load(config, labels=0.1, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(arrays(first, "train").x, arrays(again, "train").x)
    assert not torch.equal(arrays(first, "train").y, arrays(other, "train").y)


def test_numbers_to_predict_are_drawn_without_classes(config: Build, tmp_path: Any) -> None:
    np.savez(tmp_path / "d.npz", x=np.random.default_rng(0).normal(size=(60, 2)), y=np.linspace(0, 1, 60))
    data = {"source": "npz", "path": str(tmp_path / "d.npz"), "validation": 10, "labels": 20}
    assert len(load_dataset(config(data=data, loss="mse", training=SMALL)).train) == 20


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (5, "5 leaves 5 labels, and none of class"),
        (1151, "1151 labeled samples are wanted, and the training split has 1150"),
    ],
)
def test_labels_that_cannot_be_kept_are_told(config: Build, labels: int, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        load(config, labels=labels)
    assert caught.value.where == "data.labels"


def test_a_batch_must_fit_the_labeled_samples(config: Build) -> None:
    with pytest.raises(DataError, match="the batch of 100 is larger than the training split of 50 samples"):
        load_dataset(config(data={"test": 0.2, "labels": 50}, training={"batch_size": 100}))
