"""The fully connected network: layers, their order, and a forward pass by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnbabysit.core.models.mlp import MLP
from nnbabysit.core.models.settings import MLPSettings, Norm


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


def test_normalization_stands_before_the_non_linearity_and_its_layer_has_no_bias() -> None:
    net = MLP(4, 2, MLPSettings(hidden=[3, 3], norm="batch", activation="tanh", dropout=0.5))
    hidden = ["Linear", "BatchNorm1d", "Tanh", "Dropout"]
    assert kinds(net) == ["Flatten", *hidden, *hidden, "Linear"]
    biased = [m.bias is not None for m in net.modules() if isinstance(m, nn.Linear)]
    assert biased == [False, False, True]


@pytest.mark.parametrize(
    ("norm", "layer", "bias"),
    [
        ("none", None, True),
        ("batch", "BatchNorm1d", False),
        ("layer", "LayerNorm", True),
        ("group", "GroupNorm", True),
    ],
)
def test_only_batch_normalization_makes_a_bias_useless(norm: Norm, layer: str | None, bias: bool) -> None:
    net = MLP(4, 2, MLPSettings(hidden=[32], norm=norm))
    assert kinds(net) == ["Flatten", "Linear", *([layer] if layer else []), "ReLU", "Linear"]
    assert ("hidden1.bias" in net.state_dict()) is bias


def test_maxout_has_the_sums_of_all_pieces_normalized_before_the_largest_is_taken() -> None:
    net = MLP(4, 2, MLPSettings(hidden=[5], activation="maxout", pieces=3, norm="batch")).eval()
    assert kinds(net) == ["Flatten", "Linear", "BatchNorm1d", "Maxout", "Linear"]
    weight, output = net.get_parameter("hidden1.weight"), net.get_parameter("output.weight")
    assert weight.shape == (3 * 5, 4)
    x = torch.randn(7, 4)
    sums = (x @ weight.T) / (1 + 1e-5) ** 0.5  # untrained: mean 0, variance 1
    hidden = torch.stack([sums[:, 3 * unit : 3 * unit + 3].max(dim=1).values for unit in range(5)], dim=1)
    torch.testing.assert_close(net(x), hidden @ output.T + net.get_parameter("output.bias"))


def test_selu_drops_out_by_alpha_dropout_and_the_others_by_plain_dropout() -> None:
    for activation, kind in [("selu", "AlphaDropout"), ("elu", "Dropout")]:
        net = MLP(4, 2, MLPSettings.model_validate({"activation": activation, "dropout": 0.5}))
        assert kinds(net)[3] == kind


def test_dropconnect_is_in_the_hidden_layers_and_not_in_the_output() -> None:
    net = MLP(4, 2, MLPSettings(hidden=[3, 3], dropconnect=0.5))
    assert kinds(net) == ["Flatten", *["DropConnectLinear", "ReLU"] * 2, "Linear"]
