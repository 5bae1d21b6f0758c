"""Numbers, times, values and a user's text: one format for each kind, wherever it is shown."""

from __future__ import annotations

import math

import pytest

from nnbabysit.core.formatting import (
    Sentence,
    clean,
    clean_line,
    drawn_text,
    duration,
    enumeration,
    is_numeric_column,
    loss_text,
    measured_text,
    number_text,
    plural,
    rate_text,
    score_text,
    value_text,
    visible,
)
from nnbabysit.core.record.strict_json import Json
from nnbabysit.core.report.page.run import metric_words


def test_hidden_characters_become_visible_and_letters_stay() -> None:
    assert visible("a\u202eb\x1b[31m\ud800 שלום\tü\n") == "a\\u202eb\\u001b[31m\\ud800 שלום\tü\n"


@pytest.mark.parametrize(
    "character", ["\x00", "\r", "\x85", "\u061c", "\u200f", "\u202e", "\u2066", "\ufeff"]
)
def test_a_terminal_and_a_page_know_the_same_unsafe_characters(character: str) -> None:
    assert clean(f"a{character}b") == clean_line(f"a{character}b") == "ab"
    assert visible(f"a{character}b") == f"a\\u{ord(character):04x}b"


def test_other_line_breaks_are_blanks_on_one_line() -> None:
    assert clean_line("a\u2028b\u2029c\r\nd") == "a b c d"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (0.034, "34ms"), (1.25, "1.2s"), (7, "7s"), (9.96, "10s"), (59.4, "59s"),
     (59.6, "1m00s"), (245, "4m05s"), (7380, "2h03m"), (math.inf, "?"), (math.nan, "?"), (None, "?")],
)  # fmt: skip
def test_durations_are_short(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "number", "loss", "rate"),
    [
        (0.0, "0", "0", "0"),
        (0.1, "0.1", "0.1000", "0.1"),
        (0.123456, "0.1235", "0.1235", "0.123"),
        (2.302585, "2.303", "2.303", "2.3"),
        (0.0268417, "0.02684", "0.02684", "0.0268"),
        (1e-3, "0.001", "0.001000", "0.001"),
        (0.00099996, "0.001", "0.001000", "0.001"),
        (2.68417e-4, "2.684e-04", "2.684e-04", "2.68e-04"),
        (1e-5, "1e-05", "1e-05", "1e-05"),
        (-0.25, "-0.25", "-0.2500", "-0.25"),
        (1234.0, "1,234", "1,234", "1,234"),
        (51234.5, "51,234", "51,234", "51,234"),
        (3.2e9, "3.2e+09", "3.2e+09", "3.2e+09"),
        (math.inf, "inf", "inf", "inf"),
        (math.nan, "nan", "nan", "nan"),
    ],
)
def test_each_kind_of_number_has_one_format(value: float, number: str, loss: str, rate: str) -> None:
    assert number_text(value) == number
    assert loss_text(value) == loss
    assert rate_text(value) == rate


def test_counts_are_shown_in_full_and_scores_with_four_decimals() -> None:
    assert [number_text(count) for count in (7, 1797, 89610)] == ["7", "1,797", "89,610"]
    assert score_text(0.5) == "0.5000"


def test_the_name_of_a_number_tells_its_format() -> None:
    assert measured_text("best_val_accuracy", 0.5) == "0.5000"
    assert measured_text("final train loss", 0.5) == "0.5000"
    assert measured_text("lr", 2.68417e-4) == measured_text("optimizer.lr", 2.68417e-4) == "2.68e-04"
    assert measured_text("trial_lrs", [0.123456, 1e-5]) == "[0.123, 1e-05]"
    assert measured_text("ratio", 0.123456) == "0.123"
    assert measured_text("samples_train", 1797) == "1,797"
    assert measured_text("input_std", 0.123456) == "0.1235"
    assert measured_text("names", ["a"]) == "[a]"


def test_sentences_of_rules_use_the_same_formats() -> None:
    text = Sentence().format("{loss:.4g}, {lr:g}, {share:.1%}, {n}", loss=12345.6, lr=2.5e-4, share=0.5, n=3)
    assert text == "12,346, 2.5e-04, 50.0%, 3"


def test_settings_are_shown_as_they_are_typed() -> None:
    assert value_text({"a": [1, 0.5], "b": None, "c": True}) == "{a: [1, 0.5], b: none, c: true}"
    assert value_text(4096) == drawn_text(4096) == "4096"
    assert drawn_text(0.0268417) == "0.0268"
    assert len(value_text("x" * 10_000)) < 400


def test_words_are_counted_and_put_in_a_row() -> None:
    assert [plural(1, "seed"), plural(3, "seed")] == ["1 seed", "3 seeds"]
    assert [enumeration(list(words)) for words in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]


def test_columns_of_numbers() -> None:
    assert is_numeric_column(["1", "3 *", "1,000", "–", "12%"])
    assert not is_numeric_column(["1", "a"])
    assert not is_numeric_column(["", "–"])


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
        ("duration", "2s"),
    ]
