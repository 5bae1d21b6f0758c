"""Counted randomness: against the published generator, and its statistics."""

from __future__ import annotations

import math

import torch

from nnbabysit.core.data.preparation.counter_rng import normals, uniforms

WORD = (1 << 64) - 1


def _splitmix(state: int) -> int:
    """SplitMix64's output function, in Python's own integers."""
    z = state & WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return z ^ (z >> 31)


def test_the_slow_twin_is_the_published_generator() -> None:
    # the first outputs of SplitMix64 for the seed 1234567, as its reference implementation prints them
    gamma = 0x9E3779B97F4A7C15
    outputs = [_splitmix(1234567 + gamma * (index + 1)) for index in range(3)]
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_numbers_are_those_of_the_slow_twin() -> None:
    gamma = 0x9E3779B97F4A7C15
    for seed, sample in ((0, 0), (2**63 - 1, 5), (12345, 2**40)):
        row = _splitmix((sample + 1) * gamma + seed)
        expected = [(_splitmix(row + gamma * (index + 1)) >> 40) / 2**24 for index in range(4)]
        assert uniforms(seed, torch.tensor([sample]), 4)[0].tolist() == expected


def test_a_row_is_a_function_of_seed_and_sample_alone() -> None:
    together = uniforms(7, torch.arange(100), 3)
    alone = torch.cat([uniforms(7, torch.tensor([index]), 3) for index in range(100)])
    assert torch.equal(together, alone)
    assert not torch.equal(together, uniforms(8, torch.arange(100), 3))


def test_they_fill_the_interval_evenly() -> None:
    drawn = uniforms(1, torch.arange(20_000), 5).flatten()
    assert float(drawn.min()) >= 0
    assert float(drawn.max()) < 1
    counts = torch.histc(drawn, 100, 0, 1)
    statistic = float(((counts - 1000).square() / 1000).sum())
    assert 50 < statistic < 160, "chi-squared with 99 degrees of freedom: 160 and 50 lie beyond 1 in 5000"
    columns = uniforms(1, torch.arange(20_000), 2)
    assert abs(float(torch.corrcoef(columns.T)[0, 1])) < 4 / math.sqrt(20_000)
    shifted = torch.stack([columns[1:, 0], columns[:-1, 0]])
    assert abs(float(torch.corrcoef(shifted)[0, 1])) < 4 / math.sqrt(20_000)


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    drawn = normals(3, torch.arange(20_001), 5).double()
    assert drawn.shape == (20_001, 5)
    assert bool(torch.isfinite(drawn).all())
    assert abs(float(drawn.mean())) < 4 / math.sqrt(drawn.numel())
    assert abs(float(drawn.std()) - 1) < 0.01
    assert abs(float(drawn.pow(4).mean()) - 3) < 0.1
