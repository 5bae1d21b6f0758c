"""A network that is given as it is: its own weights for one seed, fresh ones for the others."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.errors import ModelError
from nnbabysit.core.import_path import forget, keep_in_memory
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.given_network import GivenNetwork


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2)
        self.norm = nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.attention(x, x, x)[0])  # type: ignore[no-any-return]


def built(given: GivenNetwork, seed: int, **sections: object) -> nn.Module:
    target = keep_in_memory(given, "Net")
    try:
        config = Model.model_validate({"name": target, **sections})
        return build_model(config, input_shape=(4,), num_outputs=2, seed=seed)
    finally:
        forget(target)


def test_its_own_seed_gets_a_copy_of_its_weights() -> None:
    network = nn.Linear(4, 2)
    given = GivenNetwork(network)
    given.seed = 7
    copy = built(given, 7)
    assert copy is not network
    assert torch.equal(copy.get_parameter("weight"), network.weight)
    with torch.no_grad():
        copy.get_parameter("weight").zero_()
    assert not torch.equal(copy.get_parameter("weight"), network.weight)


def test_other_seeds_draw_afresh_as_a_function_of_the_seed() -> None:
    network = nn.Linear(4, 2)
    given = GivenNetwork(network)
    given.seed = 7
    first, again, other = (built(given, seed).get_parameter("weight") for seed in (8, 8, 9))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, network.weight)
    torch.manual_seed(8)
    assert torch.equal(first, nn.Linear(4, 2).weight)


def test_without_a_seed_every_copy_has_the_weights() -> None:
    network = nn.Linear(4, 2)
    assert torch.equal(GivenNetwork(network).draw(3).get_parameter("weight"), network.weight)


def test_an_initializer_of_the_config_is_applied_to_the_copy() -> None:
    network = nn.Linear(4, 2)
    given = GivenNetwork(network)
    assert not built(given, 1, init={"scheme": "zeros"}).get_parameter("weight").any()
    assert network.weight.any()


def test_it_takes_no_arguments() -> None:
    with pytest.raises(ModelError, match="already built, it takes no arguments"):
        built(GivenNetwork(nn.Linear(4, 2)), 1, args={"hidden": 3})


def test_attention_and_norms_can_be_redrawn_and_bare_parameters_cannot() -> None:
    bare = nn.Linear(4, 2)
    bare.register_parameter("scale", nn.Parameter(torch.ones(1)))
    own = nn.Module()
    own.scale = nn.Parameter(torch.ones(1))
    assert GivenNetwork(Attention()).redrawable
    assert GivenNetwork(nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.BatchNorm1d(2))).redrawable
    assert not GivenNetwork(nn.Sequential(bare, own)).redrawable


def test_what_cannot_be_copied_is_said() -> None:
    network = nn.Linear(4, 2)
    network.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(ModelError, match="the network cannot be copied: cannot pickle"):
        GivenNetwork(network).draw(0)
