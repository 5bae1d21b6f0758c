"""DropConnect against a mask that is multiplied by hand."""

from __future__ import annotations

import pytest
import torch

from nnbabysit.core.models.dropconnect import DropConnectLinear


def test_in_training_each_weight_is_dropped_or_scaled_and_the_bias_stays() -> None:
    layer = DropConnectLinear(50, 40, 0.3)
    seen = layer(torch.eye(50)).T - layer.bias[:, None]  # the identity shows the weights that were used
    shares = seen / layer.weight
    kept = shares.abs() > 1e-3
    torch.testing.assert_close(shares[kept], torch.full_like(shares[kept], 1 / 0.7), rtol=1e-2, atol=0)
    # 2000 weights: the standard error of the fraction is √(0.3·0.7/2000) = 0.01.
    assert 1 - kept.float().mean().item() == pytest.approx(0.3, abs=0.04)


def test_in_evaluation_the_expected_weights_are_used() -> None:
    layer = DropConnectLinear(5, 4, 0.5).eval()
    x = torch.randn(3, 5)
    torch.testing.assert_close(layer(x), x @ layer.weight.T + layer.bias)


@torch.no_grad()
def test_the_mean_over_many_masks_is_the_evaluation() -> None:
    layer, x = DropConnectLinear(6, 3, 0.5), torch.randn(2, 6)
    torch.manual_seed(0)
    mean = torch.stack([layer(x) for _ in range(20_000)]).mean(0)
    torch.testing.assert_close(mean, layer.eval()(x), rtol=0, atol=0.03)


def test_a_dropped_weight_gets_no_gradient() -> None:
    layer = DropConnectLinear(50, 1, 0.5, bias=False)
    layer(torch.ones(4, 50)).sum().backward()
    assert layer.weight.grad is not None
    assert set(layer.weight.grad.flatten().tolist()) == {0.0, 8.0}  # 4 samples / (1 - 0.5)


def test_the_same_seed_draws_the_same_mask() -> None:
    layer, x = DropConnectLinear(6, 3, 0.5), torch.randn(2, 6)
    outputs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        outputs.append(layer(x))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
