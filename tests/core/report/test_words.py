"""Numbers, times and hidden characters as text."""

from __future__ import annotations

import math

import pytest

from nnbabysit.core.record.strict_json import Json
from nnbabysit.core.report.page.run import metric_words
from nnbabysit.core.report.words import duration, is_numeric, moment, number, plain, value_text


def test_hidden_characters_become_visible_and_letters_stay() -> None:
    assert plain("a\u202eb\x1b[31m\ud800 שלום\tü\n") == "a\\u202eb\\u001b[31m\\ud800 שלום\tü\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.034, "34 ms"), (1.25, "1.2 s"), (59.4, "59 s"), (245, "4 min 05 s"), (7400, "2 h 03 min"),
     (None, ""), (math.nan, ""), (math.inf, "")],
)  # fmt: skip
def test_durations(seconds: object, text: str) -> None:
    assert duration(seconds) == text


def test_numbers_and_values() -> None:
    assert [number(v) for v in (0.123456, 7510, 235656934, 1e-7, math.nan, None, True)] == [
        "0.1235", "7510", "235,656,934", "1e-07", "nan", "none", "true",
    ]  # fmt: skip
    assert value_text({"a": [1, 0.5], "b": None}) == "{a: [1, 0.5], b: none}"
    assert len(value_text("x" * 10_000)) < 400


def test_columns_of_numbers() -> None:
    assert is_numeric(["1", "3 *", "1,000", "–", "12%"])
    assert not is_numeric(["1", "a"])
    assert not is_numeric(["", "–"])


def test_a_time_that_is_none() -> None:
    assert moment("2026-11-21T09:28:00.169Z") is not None
    assert moment(None) is None
    assert moment("yesterday") is None


def test_a_winner_is_shown_with_what_it_came_to_again() -> None:
    best: dict[str, Json] = {
        "value": 0.9861,
        "mean": 0.97831,
        "standard_error": 0.00385,
        "params": {"optimizer.lr": 0.29},
    }
    assert list(metric_words({"best": best, "seconds": 2.0})) == [
        ("best value", "0.9861"),
        ("trained again", "0.9783 ± 0.00385"),
        ("best optimizer.lr", "0.29"),
        ("duration", "2.0 s"),
    ]
