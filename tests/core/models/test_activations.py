"""Non-linearities against their formulas."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, exp, sqrt, tanh
from typing import get_args

import pytest
import torch

from nnbabysit.core.models.activations import build_activation, build_dropout
from nnbabysit.core.models.settings import ACTIVATIONS, Activation

FORMULAS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "tanh": tanh,
    "relu": lambda x: max(0, x),
    "leaky_relu": lambda x: max(0.01 * x, x),
    "prelu": lambda x: max(0.25 * x, x),
    "elu": lambda x: x if x > 0 else exp(x) - 1,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (exp(x) - 1)),
    "gelu": lambda x: x * (1 + erf(x / sqrt(2))) / 2,
    "silu": lambda x: x / (1 + exp(-x)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_computes_its_formula(name: Activation) -> None:
    points = [-3.0, -1.0, -0.01, 0.0, 0.5, 2.0]
    with torch.no_grad():
        values = build_activation(name)(torch.tensor(points))
    torch.testing.assert_close(values, torch.tensor([FORMULAS[name](x) for x in points]))


def test_maxout_is_the_one_that_is_no_function_of_a_single_number() -> None:
    assert set(get_args(Activation)) - set(FORMULAS) == {"maxout"}
    assert build_activation("maxout", 3)(torch.tensor([[1.0, 4.0, 2.0]])).tolist() == [[4.0]]


def test_alpha_dropout_keeps_the_mean_and_variance_that_selu_lives_by() -> None:
    torch.manual_seed(0)
    x = build_activation("selu")(torch.randn(200_000))
    cases: list[tuple[Activation, float]] = [("selu", 1.0), ("elu", 2.0)]  # plain: doubles the mean square
    for name, variance in cases:
        dropped = build_dropout(name, 0.5)(x)
        assert dropped.mean().item() == pytest.approx(0, abs=0.02)
        assert dropped.var().item() == pytest.approx(variance, rel=0.02)


def test_each_name_has_a_line_for_those_who_choose() -> None:
    assert tuple(ACTIVATIONS) == get_args(Activation)


def test_each_prelu_learns_a_slope_of_its_own() -> None:
    first, second = build_activation("prelu"), build_activation("prelu")
    assert first is not second
    assert [p.numel() for p in first.parameters()] == [1]
