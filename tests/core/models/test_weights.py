"""Which parameters count as weight matrices."""

from __future__ import annotations

from torch import nn

from nnbabysit.core.models.weights import weight_matrices


def test_biases_slopes_and_normalization_are_left_out() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3),
        nn.BatchNorm2d(2),
        nn.PReLU(),
        nn.LayerNorm([2, 4, 4]),
        nn.Flatten(),
        nn.Linear(32, 3),
    )
    assert list(weight_matrices(net)) == ["0.weight", "5.weight"]
    assert weight_matrices(net)["5.weight"] is net[5].weight


def test_frozen_weights_are_left_out() -> None:
    net = nn.Sequential(nn.Linear(2, 2).requires_grad_(False), nn.Linear(2, 2))
    assert list(weight_matrices(net)) == ["1.weight"]


def test_a_shared_weight_appears_once() -> None:
    layer = nn.Linear(2, 2)
    assert list(weight_matrices(nn.Sequential(layer, layer))) == ["0.weight"]
