"""Limits: clipping and max-norm against numbers known by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.config.schema.root import Regularization
from nnbabysit.core.training.setup.clipping import Limits


def _linear(weights: list[list[float]], gradient: list[list[float]]) -> nn.Linear:
    layer = nn.Linear(len(weights[0]), len(weights), bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weights))
    layer.weight.grad = torch.tensor(gradient)
    return layer


def _clipped(gradient: list[list[float]], **settings: Any) -> list[list[float]]:
    layer = _linear([[0.0, 0.0]], gradient)
    Limits(Regularization(**settings), layer).before_step()
    assert layer.weight.grad is not None
    return layer.weight.grad.tolist()


def test_a_long_gradient_is_shortened_to_the_limit_and_keeps_its_direction() -> None:
    assert _clipped([[3.0, 4.0]], clip_norm=1.0)[0] == pytest.approx([0.6, 0.8], rel=1e-5)


def test_a_short_gradient_is_left_alone() -> None:
    assert _clipped([[3.0, 4.0]], clip_norm=5.1) == [[3.0, 4.0]]
    assert _clipped([[3.0, 4.0]], clip_value=4.5) == [[3.0, 4.0]]
    assert _clipped([[3.0, 4.0]]) == [[3.0, 4.0]]


def test_single_numbers_are_cut_before_the_norm_is_taken() -> None:
    assert _clipped([[3.0, -40.0]], clip_value=4.0) == [[3.0, -4.0]]
    assert _clipped([[3.0, -40.0]], clip_value=4.0, clip_norm=1.0)[0] == pytest.approx([0.6, -0.8], rel=1e-5)


def test_the_norm_is_that_of_the_whole_gradient() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    for parameter, value in zip(model.parameters(), (3.0, 4.0), strict=True):
        parameter.grad = torch.tensor([[value]])
    Limits(Regularization(clip_norm=1.0), model).before_step()
    assert [float(p.grad) for p in model.parameters() if p.grad is not None] == pytest.approx([0.6, 0.8])


def test_max_norm_shortens_long_units_alone() -> None:
    layer = _linear([[3.0, 4.0], [0.3, 0.4]], [[0.0, 0.0], [0.0, 0.0]])
    Limits(Regularization(max_norm=2.0), layer).after_step()
    assert layer.weight[0].tolist() == pytest.approx([1.2, 1.6], rel=1e-5)
    assert layer.weight[1].tolist() == pytest.approx([0.3, 0.4], rel=1e-6)


def test_the_unit_of_a_convolution_is_its_filter() -> None:
    layer = nn.Conv2d(2, 3, 2)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    Limits(Regularization(max_norm=1.0), layer).after_step()
    assert layer.weight.flatten(1).norm(dim=1).tolist() == pytest.approx([1.0] * 3, rel=1e-5)


def test_the_unit_of_a_transposed_convolution_is_an_output_channel() -> None:
    layer = nn.ConvTranspose2d(2, 3, 2)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    Limits(Regularization(max_norm=1.0), layer).after_step()
    assert layer.weight.transpose(0, 1).flatten(1).norm(dim=1).tolist() == pytest.approx([1.0] * 3, rel=1e-5)


def test_frozen_weights_biases_and_embeddings_have_no_max_norm() -> None:
    model = nn.ModuleDict({"frozen": nn.Linear(2, 2), "table": nn.Embedding(4, 2), "free": nn.Linear(2, 2)})
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(5.0)
    model["frozen"].requires_grad_(False)
    Limits(Regularization(max_norm=1.0), model).after_step()
    norms = {name: float(parameter.detach().flatten()[0]) for name, parameter in model.named_parameters()}
    assert norms["free.weight"] == pytest.approx(0.5**0.5, rel=1e-5)
    assert {norms[name] for name in norms if name != "free.weight"} == {5.0}


def test_the_gain_of_a_normalization_has_no_max_norm() -> None:
    """One over (C, H, W) has three dimensions, and penalties leave it out too."""
    norm = nn.LayerNorm((2, 3, 3))
    Limits(Regularization(max_norm=0.5), norm).after_step()
    assert torch.equal(norm.weight, torch.ones(2, 3, 3))
