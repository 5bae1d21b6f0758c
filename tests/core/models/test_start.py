"""Initial weights of the built-in networks: the untrained network costs the chance-level loss."""

from __future__ import annotations

from math import log
from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.cnn import CNN
from nnbabysit.core.models.mlp import MLP
from nnbabysit.core.models.settings import Activation, CNNSettings, MLPSettings


def standardized_digits() -> tuple[Tensor, Tensor]:
    x, y = load_digits(return_X_y=True)
    x = torch.tensor(x, dtype=torch.float32)
    std = x.std(dim=0)
    x = (x - x.mean(dim=0)) / torch.where(std > 0, std, 1)
    return x.view(-1, 1, 8, 8), torch.tensor(y)


@pytest.mark.parametrize("norm", ["none", "batch"])
@pytest.mark.parametrize("hidden", [[], [100], [64, 64, 64]])
def test_the_initial_loss_on_digits_is_what_guessing_costs(hidden: list[int], norm: str) -> None:
    x, y = standardized_digits()
    for seed in range(3):
        torch.manual_seed(seed)
        settings = {"hidden": hidden, "norm": norm}
        mlp = MLP(64, 10, MLPSettings.model_validate(settings)).eval()
        cnn = CNN((1, 8, 8), 10, CNNSettings.model_validate(settings)).eval()
        for net in (mlp, cnn):
            with torch.no_grad():
                assert F.cross_entropy(net(x), y).item() == pytest.approx(log(10), rel=0.04)


def test_hidden_layers_start_by_he_and_the_output_layer_much_smaller() -> None:
    torch.manual_seed(0)
    net = CNN((1, 28, 28), 10, CNNSettings(channels=[64, 64], hidden=[200]))
    stds = {name: p.std().item() for name, p in net.named_parameters() if name.endswith("weight")}
    assert stds["features.conv2.weight"] == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)
    assert stds["classifier.hidden1.weight"] == pytest.approx((2 / (64 * 49)) ** 0.5, rel=0.05)
    assert stds["classifier.output.weight"] == pytest.approx(0.1 * (1 / 200) ** 0.5, rel=0.05)
    assert all(p.abs().max() == 0 for name, p in net.named_parameters() if name.endswith("bias"))


@pytest.mark.parametrize("activation", get_args(Activation))
@pytest.mark.parametrize("name", ["mlp", "cnn", "resnet"])
def test_every_network_starts_at_chance_whatever_the_non_linearity(name: str, activation: str) -> None:
    x, y = standardized_digits()
    config = Model(name=name, args={"activation": activation})
    net = build_model(config, input_shape=(1, 8, 8), num_outputs=10, seed=0).eval()
    with torch.no_grad():
        assert F.cross_entropy(net(x), y).item() == pytest.approx(log(10), rel=0.06)


@pytest.mark.parametrize(
    ("activation", "std"),
    [
        ("tanh", (1 / 400) ** 0.5),
        ("sigmoid", (1 / 400) ** 0.5),
        ("relu", (2 / 300) ** 0.5),
        ("leaky_relu", (2 / 1.0001 / 300) ** 0.5),
        ("prelu", (2 / 1.0625 / 300) ** 0.5),
        ("selu", (1 / 300) ** 0.5),
        ("maxout", (1 / 300) ** 0.5),
    ],
)
def test_the_hidden_layer_is_drawn_by_the_non_linearity_that_it_feeds(activation: str, std: float) -> None:
    args: dict[str, Any] = {"hidden": [500], "activation": activation}
    torch.manual_seed(0)
    net = MLP(300, 10, MLPSettings.model_validate(args))
    assert isinstance(net.hidden1, nn.Linear)
    assert net.hidden1.weight.std().item() == pytest.approx(std, rel=0.01)
