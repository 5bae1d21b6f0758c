"""Maxout on paper."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnbabysit.core.models.maxout import Maxout


def test_the_largest_of_neighboring_sums_is_taken() -> None:
    x = torch.tensor([[1.0, 2.0, -3.0, -4.0, 0.0, 0.0], [5.0, -5.0, 1.0, 6.0, -2.0, -1.0]])
    assert Maxout(2)(x).tolist() == [[2.0, -3.0, 0.0], [5.0, 6.0, -1.0]]
    assert Maxout(3)(x).tolist() == [[2.0, 0.0], [5.0, 6.0]]


def test_maps_are_compared_pixel_by_pixel() -> None:
    x = torch.randn(3, 4, 5, 6)
    assert torch.equal(Maxout(2)(x)[:, 1], torch.maximum(x[:, 2], x[:, 3]))


def test_the_gradient_goes_to_the_largest_alone_and_is_shared_among_equals() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0, 3.0]], requires_grad=True)
    Maxout(2)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0.0, 1.0, 0.5, 0.5]]


def test_absolute_value_and_relu_are_two_of_the_functions_it_can_be() -> None:
    layer = nn.Linear(1, 4, bias=False)
    layer.weight.data = torch.tensor([[1.0], [-1.0], [1.0], [0.0]])
    x = torch.tensor([[-2.0], [0.5]])
    assert Maxout(2)(layer(x)).tolist() == [[2.0, 0.0], [0.5, 0.5]]


def test_units_that_do_not_divide_evenly_are_refused() -> None:
    with pytest.raises(RuntimeError):
        Maxout(2)(torch.zeros(2, 5))
