"""Ends of an axis: round, outside the numbers, and seldom moved."""

from __future__ import annotations

import math
import random

import pytest

from nnbabysit.cli.live.axis import ALWAYS, NEVER, Axis, rounded_ends


@pytest.mark.parametrize(
    ("least", "most", "log", "ends"),
    [
        (0.13, 0.91, False, (0.1, 0.95)),
        (0.912, 0.934, False, (0.912, 0.934)),
        (2e-6, 0.3, True, (2e-6, 0.5)),
        (3.3e-6, 0.6, True, (2e-6, 1.0)),
        (0.0011, 0.0019, True, (0.0011, 0.0019)),
        (0.5, 0.5, False, (0.45, 0.55)),
        (0.0, 0.0, False, (-0.5, 0.5)),
        (-2.0, -2.0, False, (-2.2, -1.8)),
    ],
)
def test_ends_are_round_numbers(least: float, most: float, log: bool, ends: tuple[float, float]) -> None:
    assert rounded_ends(least, most, log=log) == pytest.approx(ends)


@pytest.mark.parametrize(
    "numbers", [(1.0, 1.0 + 2**-52), (-1e99, 1e99), (1e-100, 1e99), (0.0, 1e-100), (5.0, 24.9)]
)
@pytest.mark.parametrize("log_from", [ALWAYS, NEVER])
def test_every_number_has_a_place(numbers: tuple[float, float], log_from: float) -> None:
    axis = Axis("lr", log_from)
    for value in numbers:
        axis.take(value)
    for value in numbers:
        place = axis.places(60).place(value)
        assert place is not None
        assert -1 <= place <= 60


def test_a_number_at_zero_makes_the_axis_linear() -> None:
    axis = Axis("l2", ALWAYS)
    axis.take(1e-3)
    axis.take(1.0)
    assert axis.log
    axis.take(0.0)
    assert not axis.log


def test_the_ends_of_a_long_search_move_a_few_times() -> None:
    chance, axis = random.Random(0), Axis("lr", ALWAYS)
    assert sum(axis.take(10 ** chance.uniform(-6, 0)) for _ in range(10_000)) < 25


def test_an_axis_that_keeps_growing_moves_rarely() -> None:
    axis = Axis("val_acc", NEVER)
    assert sum(axis.take(math.sqrt(n)) for n in range(10_000)) < 100
