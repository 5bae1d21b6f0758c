"""Stochastic depth: shares, expectation, and the rule that numbers the blocks."""

from __future__ import annotations

import pytest
import torch

from nnbabysit.core.models.stochastic_depth import StochasticDepth, linear_decay


def test_survival_falls_in_even_steps_to_that_of_the_last_block() -> None:
    # Huang et al. 2016, figure 2: p_0 = 1 for the input, p_L = 0.5 for the last block
    assert [linear_decay(block, 5, 0.5) for block in range(6)] == pytest.approx([1, 0.9, 0.8, 0.7, 0.6, 0.5])
    assert linear_decay(3, 4, 1.0) == 1


def test_in_training_a_sample_keeps_its_whole_branch_or_nothing_of_it() -> None:
    torch.manual_seed(0)
    x = torch.rand(4000, 2, 3, 3) + 1
    y = StochasticDepth(0.7)(x)
    kept = y.flatten(1).any(1)
    assert torch.equal(y[kept], x[kept])
    assert y[~kept].abs().max() == 0
    # the standard error of the fraction is √(0.7·0.3/4000) = 0.007
    assert kept.float().mean().item() == pytest.approx(0.7, abs=0.03)


def test_in_evaluation_the_branch_has_its_expected_size() -> None:
    x = torch.randn(3, 4)
    torch.testing.assert_close(StochasticDepth(0.7).eval()(x), 0.7 * x)


def test_a_dropped_sample_sends_no_gradient_into_the_branch() -> None:
    torch.manual_seed(0)
    x = torch.ones(50, 3, requires_grad=True)
    y = StochasticDepth(0.5)(x)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())
    assert {0.0, 1.0} == set(x.grad.flatten().tolist())


def test_certain_survival_draws_no_random_number() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    StochasticDepth(1.0)(torch.ones(2, 2))
    assert torch.equal(torch.rand(1), expected)
