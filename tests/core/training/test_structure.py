"""Leaves of the autograd graph, and whether every layer took part in learning, by hand."""

from __future__ import annotations

import torch
from torch import nn

from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.probes.structure import has_learned, leaves


def test_the_leaves_of_a_graph_are_what_a_value_was_computed_from() -> None:
    a, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
    value = (a * b.detach() + (a + c).exp()).sum()
    assert {id(leaf) for leaf in leaves(value)} == {id(a), id(c)}


def test_a_value_without_a_graph_has_no_leaves() -> None:
    assert leaves(torch.ones(1).sum()) == []


def test_every_layer_has_to_change_by_a_hundredth_in_some_unit() -> None:
    first, last = nn.Linear(3, 4), nn.Linear(4, 2)
    model = nn.Sequential(first, last)
    before = {name: weight.detach().clone() for name, weight in weight_matrices(model).items()}
    assert not has_learned(before, model)
    with torch.no_grad():
        last.weight.mul_(2)
        first.weight.mul_(1.001)
    assert not has_learned(before, model), "the last layer alone"
    with torch.no_grad():
        first.weight[2].mul_(1.02)
    assert has_learned(before, model), "one unit is enough, as one token is of an embedding"


def test_a_layer_that_starts_at_0_has_learned_once_it_moves() -> None:
    model = nn.Linear(3, 2)
    nn.init.zeros_(model.weight)
    before = {"weight": model.weight.detach().clone()}
    assert not has_learned(before, model)
    with torch.no_grad():
        model.weight[0, 0] = 1e-3
    assert has_learned(before, model)
