"""The catalog: every name that a config can give trains two steps on digits and changes the result."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from nnbabysit.core.config.schema.root import INIT_SCHEMES, Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.models.settings import SETTINGS, choices
from nnbabysit.core.training.loop.steps import train_steps
from nnbabysit.core.training.setup.setup import assemble

NETWORKS = ("mlp", "cnn", "resnet")
SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": [32]},
    "cnn": {"channels": [8, 32], "hidden": [32]},
    "resnet": {"channels": [8, 32], "blocks": 1},
}
OTHER: dict[str, dict[str, Any]] = {  # a value besides the default, and the settings that it needs
    "pieces": {"activation": "maxout", "pieces": 3},
    "groups": {"norm": "group", "groups": 4},
    "dropout": {"dropout": 0.3},
    "dropconnect": {"dropconnect": 0.3},
    "hidden": {"hidden": [20, 10]},
    "channels": {"channels": [4, 4, 4]},
    "kernel": {"kernel": 5},
    "pool": {"pool": 1},
    "ratio": {"pooling": "fractional", "ratio": 1.2},
    "blocks": {"blocks": 2},
    "survival": {"survival": 0.5},
}


@functools.cache
def digits() -> Dataset:
    return load_dataset(Config.model_validate({"device": "cpu"}))


def outcome(name: str, args: dict[str, Any], init: dict[str, Any] | None = None) -> Tensor:
    """Outputs after two steps of training, in evaluation mode."""
    model = {"name": name, "args": SMALL[name] | args, "init": init}
    config = Config.model_validate(
        {"device": "cpu", "model": model, "optimizer": {"name": "sgd", "lr": 0.05}}
    )
    assembly = assemble(config, digits())
    steps = train_steps(assembly, digits().train, epoch=1, seed=0, batch_size=50)
    assert all(math.isfinite(float(next(steps).loss)) for _ in range(2))
    with torch.no_grad():
        outputs: Tensor = assembly.model.eval()(digits().validation.take(torch.arange(20))[0])
    assert outputs.isfinite().all()
    return outputs


def names() -> Iterator[tuple[str, str, str]]:
    for network in NETWORKS:
        settings = SETTINGS[network]
        for key in settings.model_fields:
            for choice in choices(settings, key):
                if choice != settings.model_fields[key].default:
                    yield network, key, choice


@pytest.mark.parametrize(("network", "key", "choice"), list(names()))
def test_every_name_to_choose_changes_the_result(network: str, key: str, choice: str) -> None:
    assert not torch.equal(outcome(network, {key: choice}), outcome(network, {}))


@pytest.mark.parametrize(
    ("network", "key"),
    [(network, key) for network in NETWORKS for key in SETTINGS[network].model_fields if key in OTHER],
)
def test_every_number_changes_the_result(network: str, key: str) -> None:
    other = OTHER[key]
    without = {name: value for name, value in other.items() if name != key}
    assert not torch.equal(outcome(network, other), outcome(network, without))


@pytest.mark.parametrize("network", NETWORKS)
def test_every_initialization_has_a_result_of_its_own(network: str) -> None:
    results = [outcome(network, {"activation": "tanh"}, {"scheme": scheme}) for scheme in INIT_SCHEMES]
    results.append(outcome(network, {"activation": "tanh"}, {"scheme": "xavier_normal", "gain": 2.0}))
    for index, result in enumerate(results):
        same = [scheme for scheme, other in zip(INIT_SCHEMES, results[:index], strict=False)
                if torch.equal(result, other)]  # fmt: skip
        assert not same


def test_nothing_in_the_settings_is_left_out_of_the_walk() -> None:
    for network in NETWORKS:
        for key in SETTINGS[network].model_fields:
            assert key in OTHER or choices(SETTINGS[network], key), key
