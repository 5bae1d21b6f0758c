"""Real data, networks from a config, and a place for the figures that were measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.training.setup.setup import Assembly, assemble

Build = Callable[..., tuple[Config, Assembly]]
Note = Callable[..., None]


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """1797 real digits: 1150 to train on, 288 to validate, 359 to test."""
    return load_dataset(Config.model_validate({"data": {"source": "digits", "test": 0.2}}))


@pytest.fixture(scope="session")
def build(digits: Dataset) -> Build:
    """A config and what it describes; sections replace those of a plain network trained with momentum."""

    def make(**sections: Any) -> tuple[Config, Assembly]:
        document: dict[str, Any] = {
            "device": "cpu",
            "data": {"source": "digits", "test": 0.2},
            "model": {"name": "mlp", "args": {"hidden": [32]}, "init": {"scheme": "he_normal"}},
            "optimizer": {"name": "momentum", "lr": 0.02},
            "training": {"epochs": 5, "batch_size": 50},
        }
        config = Config.model_validate({**document, **sections})
        return config, assemble(config, digits)

    return make


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Keeps measured figures with the test's report, and prints them at once with ``pytest -s``."""

    def keep(**figures: float | str) -> None:
        for name, value in figures.items():
            shown = value if isinstance(value, str) else f"{value:.4g}"
            request.node.user_properties.append((name, shown))
            print(f"{request.node.name}: {name} = {shown}")  # noqa: T201 -- figures are what these tests are for

    return keep


def deep(
    activation: str, scheme: str, *, width: int = 200, depth: int = 10, std: float = 0.01
) -> dict[str, Any]:
    """Settings of a network of ``depth`` hidden layers."""
    return {
        "name": "mlp",
        "args": {"hidden": [width] * depth, "activation": activation},
        "init": {"scheme": scheme, "std": std},
    }


@torch.no_grad()
def hidden_outputs(
    model: nn.Module, x: torch.Tensor, kinds: tuple[type[nn.Module], ...]
) -> list[torch.Tensor]:
    """Outputs of every layer of one of these kinds, from the first to the last."""
    outputs: list[torch.Tensor] = []
    layers = [module for module in model.modules() if isinstance(module, kinds)]
    handles = [layer.register_forward_hook(lambda _m, _i, out: outputs.append(out)) for layer in layers]
    model(x)
    for handle in handles:
        handle.remove()
    return outputs
