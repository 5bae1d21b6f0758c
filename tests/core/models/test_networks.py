"""Built-in networks: layers, their order, and a forward pass by hand."""

from __future__ import annotations

from math import log

import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

from nnbabysit.core.models.networks import CNN, MLP
from nnbabysit.core.models.settings import CNNSettings, MLPSettings


def standardised_digits() -> tuple[Tensor, Tensor]:
    x, y = load_digits(return_X_y=True)
    x = torch.tensor(x, dtype=torch.float32)
    std = x.std(dim=0)
    x = (x - x.mean(dim=0)) / torch.where(std > 0, std, 1)
    return x.view(-1, 1, 8, 8), torch.tensor(y)


def kinds(net: nn.Module) -> list[str]:
    return [type(m).__name__ for m in net.modules() if not list(m.children())]


def test_the_two_layer_network_of_the_notes_has_their_number_of_weights() -> None:
    net = MLP(3072, 10, MLPSettings())
    assert sum(p.numel() for p in net.parameters()) == 3072 * 50 + 50 + 50 * 10 + 10


def test_an_mlp_computes_what_is_written_on_paper() -> None:
    net = MLP(6, 2, MLPSettings(hidden=[3]))
    x = torch.arange(12.0).view(2, 2, 3)
    w1, b1, w2, b2 = (p.detach() for p in net.parameters())
    expected = (x.view(2, 6) @ w1.T + b1).clamp(min=0) @ w2.T + b2
    torch.testing.assert_close(net(x).detach(), expected)


def test_normalisation_stands_before_the_non_linearity_and_its_layer_has_no_bias() -> None:
    net = MLP(4, 2, MLPSettings(hidden=[3, 3], norm="batch", activation="tanh", dropout=0.5))
    hidden = ["Linear", "BatchNorm1d", "Tanh", "Dropout"]
    assert kinds(net) == ["Flatten", *hidden, *hidden, "Linear"]
    biased = [m.bias is not None for m in net.modules() if isinstance(m, nn.Linear)]
    assert biased == [False, False, True]


def test_a_cnn_is_blocks_and_then_an_mlp() -> None:
    net = CNN((3, 8, 8), 10, CNNSettings(channels=[4, 6], hidden=[5], norm="batch", dropout=0.1))
    block = ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]
    tail = ["Dropout", "Flatten", "Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]
    assert kinds(net) == [*block, *block, *tail]
    assert net(torch.zeros(2, 3, 8, 8)).shape == (2, 10)


def test_a_cnn_computes_what_plain_functions_compute() -> None:
    net = CNN((1, 5, 7), 3, CNNSettings(channels=[2], kernel=3, pool=2, hidden=[]))
    x = torch.randn(4, 1, 5, 7)
    conv, bias, weight, shift = net.parameters()
    maps = F.max_pool2d(F.relu(F.conv2d(x, conv, bias, padding=1)), 2)
    torch.testing.assert_close(net(x), maps.view(4, 2 * 2 * 3) @ weight.T + shift)


def test_pool_one_keeps_height_and_width() -> None:
    net = CNN((1, 3, 3), 2, CNNSettings(channels=[1, 1, 1], kernel=5, pool=1, hidden=[]))
    assert "MaxPool2d" not in kinds(net)
    assert net(torch.zeros(1, 1, 3, 3)).shape == (1, 2)


@pytest.mark.parametrize("norm", ["none", "batch"])
@pytest.mark.parametrize("hidden", [[], [100], [64, 64, 64]])
def test_the_initial_loss_on_digits_is_what_guessing_costs(hidden: list[int], norm: str) -> None:
    x, y = standardised_digits()
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
