"""What the data check measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.checks import measurement
from nnbabysit.core.data.checks.measurement import count_classes, measure
from nnbabysit.core.data.load import load_dataset


def test_each_split_is_measured_as_it_enters_the_network(
    config: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "BATCH", 3)
    x = np.arange(8, dtype=np.float32).reshape(8, 1) * 3
    x[5] = np.inf
    y = np.array([0, 1, 0, 1, 0, 1, 0, 0])
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_validation=x[:2], y_validation=y[:2])
    data = {
        "source": "npz",
        "path": str(tmp_path / "d.npz"),
        "preprocess": {"center": "none", "scale": "none"},
    }
    measured = measure(load_dataset(config(data=data, training={"batch_size": "full"})))
    train = measured["train"]
    assert list(measured) == ["train", "validation"]
    assert (train.bad_samples, train.first_bad, train.statistics.non_finite) == (1, 5, 1)
    assert train.statistics.mean.item() == pytest.approx(3 * (0 + 1 + 2 + 3 + 4 + 6 + 7) / 7)
    assert train.large == 4 / 8  # 12, ∞, 18 and 21
    assert train.class_counts == (5, 3)
    assert len(train.prints.features) == 8


def test_classes_are_counted_for_every_task() -> None:
    assert count_classes(torch.tensor([0, 2, 2]), "classification", 4) == (1, 0, 2, 0)
    assert count_classes(torch.tensor([0.0, 1.0, 1.0]), "binary", 1) == (1, 2)
    assert count_classes(torch.tensor([[0.0, 1.0], [0.0, 1.0]]), "multilabel", 2) == (0, 2)
    assert count_classes(torch.tensor([0.5]), "regression", 1) == ()
