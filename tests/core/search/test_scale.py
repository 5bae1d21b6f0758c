"""Scales turn values into even coordinates and back; rounding goes outward."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.search.space.scale import Scale, round_outward, scale_of

numbers = st.floats(allow_nan=False, allow_infinity=False)


@given(numbers, numbers)
def test_rounding_never_loses_a_part_of_the_range(first: float, second: float) -> None:
    low, high = sorted((first, second))
    rounded_low, rounded_high = round_outward(low, high)
    assert rounded_low <= low <= high <= rounded_high


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ((0.0012345, 0.98765), (0.00123, 0.988)),
        ((1.38961e-4, 9.4702e-4), (1.38e-4, 9.48e-4)),
        ((0.912345, 0.987654), (0.9123, 0.9877)),
        ((-1.0005, 2.0), (-1.01, 2.0)),
    ],
)
def test_ends_are_rounded_to_about_three_digits(
    exact: tuple[float, float], rounded: tuple[float, float]
) -> None:
    assert round_outward(*exact) == rounded


@given(st.floats(1e-300, 1e300))
def test_log_coordinates_lead_back_to_the_value(value: float) -> None:
    scale = Scale(kind="log_uniform", low=1e-300, high=1e300)
    assert scale.to_value(scale.to_coordinate(value)) == pytest.approx(value, rel=1e-12)


def test_a_log_coordinate_far_out_stays_a_positive_number() -> None:
    scale = Scale(kind="log_uniform", low=1.0, high=2.0)
    assert math.isfinite(scale.to_value(1e9))
    assert scale.to_value(-1e9) > 0


def test_a_choice_has_no_scale() -> None:
    assert scale_of(Axis(choice=["relu", "tanh"])) is None
