"""Placements: which are measured, and which one wins, known by hand with a clock of our own."""

from __future__ import annotations

import pytest
from torch import nn

from nnbabysit.core.search.execute import placement as module
from nnbabysit.core.search.execute.placement import (
    SECONDS,
    Placement,
    alternatives,
    fastest,
    guess,
    largest_stack,
)


class Bench:
    """A clock, and placements that take as long as they are said to."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.now = 0.0
        self.seconds = seconds
        self.measured: list[int] = []

    def clock(self) -> float:
        return self.now

    def measure(self, placement: Placement) -> float:
        self.now += SECONDS
        self.measured.append(placement.stack)
        return self.seconds[placement.stack]


CANDIDATES = [Placement(stack, 1, 2) for stack in (16, 32, 8, 1)]


def test_the_fastest_comes_first_when_there_is_much_to_do() -> None:
    bench = Bench({16: 2e-3, 32: 1e-3, 8: 3e-3, 1: 8e-3})
    timings = fastest(CANDIDATES, bench.measure, 10**6, bench.clock)
    assert [(t.placement.stack, t.seconds) for t in timings] == [(32, 1e-3), (16, 2e-3), (8, 3e-3), (1, 8e-3)]
    assert timings[0].placement.text == "32 trials a stack, 1 process of 2 threads"


@pytest.mark.parametrize(
    ("steps", "measured"),
    [(0, [16]), (4_900, [16]), (5_100, [16, 32]), (10_100, [16, 32]), (15_100, [16, 32, 8])],
)
def test_measuring_takes_its_small_share_and_no_more(steps: int, measured: list[int]) -> None:
    """3 % of 5,000 steps of 2 ms are 0.3 s: two measurements. Once 1 ms is found, less is left to gain."""
    bench = Bench({16: 2e-3, 32: 1e-3, 8: 3e-3, 1: 8e-3})
    fastest(CANDIDATES, bench.measure, steps, bench.clock)
    assert bench.measured == measured


def test_others_are_tried_larger_and_smaller_within_what_is_possible() -> None:
    first = Placement(8, 2, 1)
    found = list(alternatives(first, cores=2, most=20, can_fork=True))
    pairs = [(placement.stack, placement.processes, placement.threads) for placement in found]
    assert pairs == [(16, 2, 1), (4, 2, 1), (2, 2, 1), (8, 1, 2), (1, 2, 1), (1, 1, 2)]
    alone = list(alternatives(Placement(1, 1, 1), cores=1, most=1, can_fork=True))
    assert alone == []


def test_the_first_guess_fills_the_cache() -> None:
    small, large = nn.Linear(10, 10), nn.Linear(1000, 1000)
    assert guess(small, cores=2, most=512, can_fork=True) == Placement(512, 2, 1)
    assert guess(large, cores=4, most=512, can_fork=True) == Placement(8, 4, 1)
    assert guess(large, cores=4, most=3, can_fork=False) == Placement(3, 1, 4)


def test_a_stack_fits_into_its_share_of_the_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """110 weights six times and, for the 1024 samples of the first cost, 10 outputs each: 43,600 bytes."""
    monkeypatch.setattr(module, "free_bytes", lambda: 8_000_000)
    network = nn.Linear(10, 10)
    assert largest_stack(network, (10,), 100, 0.5, 1) == 4_000_000 // (4 * (660 + 10_240))
    assert largest_stack(network, (10,), 100, 0.5, 2) == 2_000_000 // (4 * (660 + 10_240))
    assert largest_stack(network, (10,), 10**9, 0.5, 1) == 1
    assert not network._forward_hooks


def test_in_words() -> None:
    assert Placement(1, 1, 1).text == "one by one, 1 process of 1 thread"
    assert Placement(16, 4, 1).text == "16 trials a stack, 4 processes of 1 thread"
