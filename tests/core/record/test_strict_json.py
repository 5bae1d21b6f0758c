"""JSON that every reader accepts."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbabysit.core.record import strict_json

NOT_A_NUMBER_IN_WORDS = st.text().filter(lambda text: text not in {"nan", "inf", "-inf"})
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NOT_A_NUMBER_IN_WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None, max_examples=50)
@given(PLAIN)
def test_what_is_written_comes_back_on_one_line(value: object) -> None:
    text = strict_json.encode(value)
    assert "\n" not in text
    json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    assert strict_json.decode(text) == value


def test_floats_that_are_not_finite_travel_as_words() -> None:
    text = strict_json.encode({"loss": math.nan, "all": [math.inf, -math.inf]})
    assert text == '{"loss": "nan", "all": ["inf", "-inf"]}'
    back = strict_json.decode(text)
    assert math.isnan(back["loss"])
    assert back["all"] == [math.inf, -math.inf]


def test_paths_times_arrays_and_tuples_become_builtins() -> None:
    value = {
        1: Path("a/b"),
        "t": datetime(2026, 11, 20, tzinfo=UTC),
        "x": np.array([1.5, math.nan]),
        "y": (1, np.int64(2)),
    }
    assert strict_json.encode(value) == (
        '{"1": "a/b", "t": "2026-11-20T00:00:00+00:00", "x": [1.5, "nan"], "y": [1, 2]}'
    )


def test_other_things_are_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be written"):
        strict_json.encode({"x": object()})


@pytest.mark.parametrize("text", ["NaN", '{"a": Infinity}', "{", ""])
def test_loose_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        strict_json.decode(text)
