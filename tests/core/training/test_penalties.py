"""Penalties against autograd."""

from __future__ import annotations

import pytest
import torch

from nnbabysit.core.config.schema.root import Regularization
from nnbabysit.core.training.setup.penalties import Penalty


def test_value_and_gradient_are_those_of_the_formula() -> None:
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(3, 4)), torch.nn.Parameter(torch.randn(2, 3))]
    expected = sum(0.3 * (w**2).sum() + 0.2 * w.abs().sum() for w in weights)
    assert isinstance(expected, torch.Tensor)
    expected.backward()  # type: ignore[no-untyped-call]
    wanted = [w.grad for w in weights]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    penalty = Penalty(0.3, 0.2, weights)
    penalty.add_gradient()
    torch.testing.assert_close(penalty.value(), expected.detach())
    for weight, gradient in zip(weights, wanted, strict=True):
        assert weight.grad is not None
        assert gradient is not None
        torch.testing.assert_close(weight.grad, gradient + 1)
        assert not weight.grad.requires_grad


def test_nothing_is_added_without_a_lambda() -> None:
    weight = torch.nn.Parameter(torch.ones(2, 2))
    weight.grad = torch.zeros(2, 2)
    penalty = Penalty(0.0, 0.0, [weight])
    penalty.add_gradient()
    assert float(penalty.value()) == 0
    assert not weight.grad.any()
    assert not penalty.active


def test_a_weight_without_a_gradient_is_skipped() -> None:
    used, unused = torch.nn.Parameter(torch.ones(1, 1)), torch.nn.Parameter(torch.ones(1, 1))
    used.grad = torch.zeros(1, 1)
    Penalty(0.5, 0.0, [used, unused]).add_gradient()
    assert float(used.grad) == 1
    assert unused.grad is None


def test_the_elastic_net_is_lambda_times_beta_squares_and_moduli() -> None:
    weight = torch.nn.Parameter(torch.tensor([[1.0, -2.0]]))
    settings = Regularization(elastic=0.1, elastic_beta=3.0, l2=0.01, l1=0.02)
    value = float(Penalty.of(settings, [weight]).value())
    assert value == pytest.approx(0.1 * (3 * 5 + 3) + 0.01 * 5 + 0.02 * 3)
