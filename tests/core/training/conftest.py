"""A small real dataset and configs for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset

MakeConfig = Callable[..., Config]


@pytest.fixture(scope="session")
def make_config() -> MakeConfig:
    """Config of a small network with dropout and batch normalization; sections can be replaced."""

    def make(**sections: Any) -> Config:
        document: dict[str, Any] = {
            "device": "cpu",
            "data": {"source": "digits", "test": 0.2},
            "model": {"name": "mlp", "args": {"hidden": [16], "norm": "batch", "dropout": 0.2}},
            "optimizer": {"name": "momentum", "lr": 0.05},
            "schedule": {"name": "exponential", "factor": 0.9},
            "regularization": {"l2": 1e-4},
            "training": {"epochs": 4, "batch_size": 100},
        }
        return Config.model_validate({**document, **sections})

    return make


@pytest.fixture(scope="session")
def digits(make_config: MakeConfig) -> Dataset:
    """The digits, 1150 of them for training."""
    return load_dataset(make_config())
