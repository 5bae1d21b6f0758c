"""The autoencoder: mirror image, stages, and the way into an mlp."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.autoencoder import Autoencoder
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.mlp import MLP
from nnbabysit.core.models.settings import AutoencoderSettings, MLPSettings


def autoencoder(**settings: Any) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder((1, 4, 4), AutoencoderSettings.model_validate({"hidden": [7, 5, 3], **settings}))


def train(net: nn.Module, x: Tensor, steps: int = 300) -> tuple[float, float]:
    """Mean squared error before and after."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(net(x), x)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


def widths(net: nn.Module) -> list[tuple[int, int]]:
    return [(m.in_features, m.out_features) for m in net.modules() if isinstance(m, nn.Linear)]


def test_the_decoder_is_the_mirror_image_and_the_output_has_the_input_s_shape() -> None:
    net = autoencoder()
    assert widths(net.encode) == [(16, 7), (7, 5), (5, 3)]
    assert widths(net.decode) == [(3, 5), (5, 7), (7, 16)]
    x = torch.randn(2, 1, 4, 4)
    assert net(x).shape == x.shape
    assert net.encode(x).shape == (2, 3)
    assert torch.equal(net(x), net.decode(net.encode(x)))


def test_a_linear_one_finds_the_plane_that_the_samples_lie_in() -> None:
    torch.manual_seed(1)
    x = (torch.randn(100, 2) @ torch.randn(2, 16)).view(-1, 1, 4, 4)
    net = autoencoder(hidden=[2], activation="leaky_relu")
    before, after = train(net, x, 300)
    assert before > 1
    assert after < 0.2 * before


def test_an_untrained_one_gives_back_almost_nothing_so_it_costs_the_variance() -> None:
    x = torch.randn(1000, 1, 4, 4)
    assert F.mse_loss(autoencoder()(x), x).item() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("norm", ["none", "batch", "group"])
def test_the_encoder_fits_into_an_mlp_of_the_same_layers(norm: str) -> None:
    settings = {"hidden": [7, 5, 4], "norm": norm, "activation": "tanh"}
    net = autoencoder(**settings)
    mlp = MLP(16, 10, MLPSettings.model_validate(settings))
    result = mlp.load_state_dict(net.encoder_state(), strict=False)
    assert result.unexpected_keys == []
    assert result.missing_keys == ["output.weight", "output.bias"]
    x = torch.randn(3, 1, 4, 4)
    assert torch.equal(nn.Sequential(*list(mlp.eval())[:-1])(x), net.eval().encode(x))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_stage_gives_back_what_the_layers_below_it_give(number: int) -> None:
    net = autoencoder(norm="batch").eval()
    x = torch.randn(6, 1, 4, 4)
    below, stage = net.below(number)(x), net.stage(number)
    assert stage(below).shape == below.shape
    assert widths(stage) == [widths(net.encode)[number - 1], widths(net.decode)[3 - number]]
    code = stage.encode(below)  # type: ignore[operator]
    assert torch.equal(code, net.encode(x) if number == 3 else net.below(number + 1)(x))


def test_the_stages_together_are_the_network() -> None:
    net = autoencoder(norm="batch")
    parts = {id(p) for number in (1, 2, 3) for p in net.stage(number).parameters()}
    assert parts == {id(p) for p in net.parameters()}
    assert sum(len(list(net.stage(n).parameters())) for n in (1, 2, 3)) == len(list(net.parameters()))


def test_training_a_stage_trains_its_layer_of_the_network_and_no_other() -> None:
    net, x = autoencoder(activation="tanh"), torch.randn(50, 1, 4, 4)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        target = net.below(2)(x)
    first, last = train(net.stage(2), target)
    assert last < 0.7 * first
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {
        f"{half}.hidden2.{part}" for half in ("encode", "decode") for part in ("weight", "bias")
    }


def test_only_the_encoder_drops_out() -> None:
    net = autoencoder(dropout=0.5, dropconnect=0.5)
    kinds = [type(m).__name__ for m in net.encode.modules()]
    assert kinds.count("Dropout") == kinds.count("DropConnectLinear") == 3
    assert not any(isinstance(m, nn.Dropout) or hasattr(m, "p") for m in net.decode.modules())


def test_it_is_for_targets_that_are_the_samples() -> None:
    config = Model(name="autoencoder", args={"hidden": [4]})
    model = build_model(config, input_shape=(1, 2, 3), num_outputs=6, seed=0)
    assert model(torch.zeros(5, 1, 2, 3)).shape == (5, 1, 2, 3)
    with pytest.raises(ModelError) as caught:
        build_model(config, input_shape=(1, 2, 3), num_outputs=10, seed=0)
    assert caught.value.message == (
        "autoencoder gives back its input, 6 numbers per sample; data and loss need 10"
    )
