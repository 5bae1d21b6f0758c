"""Places and ticks on linear and logarithmic axes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.report.charts.scale import Scale, drawable, fitted, wants_log


def test_places_known_by_hand() -> None:
    linear = Scale(low=0, high=10, start=100, end=200)
    assert [linear.place(value) for value in (0, 5, 10)] == [100, 150, 200]
    log = Scale(low=1e-4, high=1, start=200, end=0, log=True)
    assert [log.place(value) for value in (1e-4, 1e-2, 1)] == [200, 100, 0]
    assert log.place(0) is None


def test_ticks_are_round_numbers() -> None:
    assert Scale(low=0, high=20, start=0, end=20).ticks(4) == [
        (0, "0"),
        (5, "5"),
        (10, "10"),
        (15, "15"),
        (20, "20"),
    ]
    assert [text for _, text in Scale(low=1e-5, high=1, start=0, end=1, log=True).ticks(5)] == [
        "10⁻⁵", "10⁻⁴", "10⁻³", "0.01", "0.1", "1",
    ]  # fmt: skip
    assert [text for _, text in Scale(low=2.1e8, high=2.6e8, start=0, end=1).ticks(3)] == [
        "2.2·10⁸",
        "2.4·10⁸",
        "2.6·10⁸",
    ]


def test_a_narrow_log_scale_still_has_ticks() -> None:
    assert len(Scale(low=0.82, high=1.13, start=0, end=100, log=True).ticks()) >= 2


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, 1e101, "7", True])
def test_what_cannot_be_drawn(value: object) -> None:
    assert drawable(value) is None


def test_log_is_wanted_beyond_two_decades() -> None:
    assert wants_log([1e-3, 1])
    assert not wants_log([0.02, 1])
    assert not wants_log([])
    assert not wants_log([-5, 0])


@given(st.lists(st.floats(-1e99, 1e99), max_size=30), st.booleans())
def test_every_number_that_has_a_place_is_inside(numbers: list[float], log: bool) -> None:
    values = [value for value in map(drawable, numbers) if value is not None]
    scale = fitted(values, 300, 10, log=log)
    places = [scale.place(value) for value in values if not (log and value <= 0 and scale.log)]
    if any(value > 0 for value in values) or not log:
        assert all(place is not None and 10 - 1e-6 <= place <= 300 + 1e-6 for place in places)
    assert all(9.9 <= place <= 300.1 for place, _ in scale.ticks())
