"""The bundled configs hold what they are there to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config.loading import bundled, load_config
from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.config.schema.optimizer import SGD, Momentum
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.config.schema.schedule import Exponential


def config(name: str) -> Config:
    return load_config(name, cwd=Path.cwd()).config


@pytest.mark.parametrize("name", [*bundled()])
def test_each_is_valid_and_named_after_its_file(name: str) -> None:
    assert config(name).name == name


@pytest.mark.parametrize("name", [*bundled()])
def test_each_can_be_searched_and_has_a_test_split_or_a_source_with_one(name: str) -> None:
    found = config(name)
    assert found.search.coarse.space
    assert found.data.test is not None or found.data.source in ("idx", "cifar")


def test_cifar10_is_the_run_of_the_lecture() -> None:
    found = config("cifar10")
    assert found.data.preprocess == Preprocess(center="pixel", scale="none")
    assert found.model.args == {"hidden": [50], "activation": "relu"}
    assert found.model.init is not None
    assert (found.model.init.scheme, found.model.init.std) == ("normal", 0.0001)
    assert found.optimizer == Momentum(name="momentum", lr=1e-4, momentum=0.9)
    assert found.schedule == Exponential(name="exponential", factor=0.9)
    assert found.training.batch_size == 100
    assert (found.overfit_tiny.samples, found.overfit_tiny.epochs) == (20, 200)
    assert found.overfit_tiny.optimizer == SGD(name="sgd", lr=1e-3)


def test_cifar10_searches_the_ranges_of_the_lecture() -> None:
    search = config("cifar10").search
    assert (search.coarse.trials, search.coarse.epochs, search.fine.trials, search.fine.epochs) == (
        100,
        5,
        100,
        10,
    )
    assert {key: axis.log_uniform for key, axis in search.coarse.space.items()} == {
        "optimizer.lr": (1e-6, 1e-3),
        "regularization.l2": (1e-5, 1e5),
    }
    assert {key: axis.log_uniform for key, axis in (search.fine.space or {}).items()} == {
        "optimizer.lr": (1e-4, 1e-3),
        "regularization.l2": (1e-4, 1.0),
    }
