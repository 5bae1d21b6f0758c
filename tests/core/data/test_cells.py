"""What the texts of a column are: known by hand, and numbers against Python's own."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.data.readers.tables.cells import (
    MISSING,
    Kind,
    is_date,
    is_number,
    kind_of,
    like_number,
    oddity,
)

NUMBERS = ["0", "007", "1.", ".5", "-3", "+7", "1e5", "-1.5E-3", "inf", "-Infinity", "9007199254740993"]
DATES = """01/31/2024|31.01.2024|31-01-24|2024-01-31|2024/1/3|2024-01|2024-01-31T10:00:00Z|20240131T1000
2024-01-31 10:00|1/31/24 5:30 PM|Jan 31, 2024|January 31st, 2024|31 Jan 2024|31. Januar 2024|1 janv. 2023
3 de enero de 2024|Wed, 31 Jan 2024 10:00:00 GMT
31-Jan-24|Jan-24|March 2024|2024Q1|2024-W05|12:30|12:30:05.25|2024年1月3日"""
WORDS = "Marea 2000|Junior 2012|Marble-12|'abc'|" + (
    "abc|-|3+|10.0.0.1|A-12|ABC-12|Model 12 50|5 kg|1-2|2020-2021|0x10|1_000|nan|#DIV/0!|NaT||1 2 3"
)
LIKE = {
    "comma": "1,200 101,3 -1,5 ,5",
    "separators": "1,234,567 1.234,5 1,234.5 1'234 1\u00a0234 1\u202f234 1,23,456",
    "quotes": "'20' \u201c20\u201d '20",
    "percent": "12% 12.5% 12,5%",
    "minus": "−5 –5,5",
    "sign": "$5 5€ (5) -$5 1,200€",
    "digits": "١٢ １２",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers(text: str) -> None:
    assert is_number(text)
    assert not math.isnan(float(text)), "Python reads it as well"


@pytest.mark.parametrize(
    "text", [*WORDS.split("|"), *(text for line in LIKE.values() for text in line.split(" "))]
)
def test_what_is_no_number(text: str) -> None:
    assert not is_number(text)
    assert not is_date(text)


@given(st.floats(allow_nan=False))
def test_every_float_as_python_writes_it_is_a_number(value: float) -> None:
    assert is_number(repr(value))
    assert is_number(f"{value:g}")


@pytest.mark.parametrize("text", DATES.replace("\n", "|").split("|"))
def test_dates(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(("how", "texts"), LIKE.items())
def test_in_which_way_a_text_is_like_a_number(how: str, texts: str) -> None:
    assert {text: like_number(text) for text in texts.split(" ")} == dict.fromkeys(texts.split(" "), how)


@pytest.mark.parametrize("text", WORDS.split("|"))
def test_words_are_like_none(text: str) -> None:
    assert like_number(text) is None


def test_the_words_of_pandas_are_missing() -> None:
    parsers = pytest.importorskip("pandas._libs.parsers")
    assert set(parsers.STR_NA_VALUES) | {"?"} == MISSING


def counts(*, numbers: int, **others: int) -> Counter[str]:
    """So many different numbers, and other texts."""
    return Counter({str(i): 1 for i in range(numbers)}) + Counter(others)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (Counter(), "empty"),
        (counts(numbers=5), "number"),
        (counts(numbers=9, unknown=1), "mixed"),  # 90 %
        (counts(numbers=8, unknown=1), "text"),  # 89 %
        (counts(numbers=89, unknown=10), "text"),
        (counts(numbers=90, unknown=5, other=5), "mixed"),
        (Counter({"1,5": 3, "2": 1}), "mixed"),
        (Counter({"1,5": 3, "2,5": 1}), "mixed"),
        (Counter({"12%": 10, "x": 1}), "mixed"),
        (Counter({"true": 3, "FALSE": 1}), "boolean"),
        (Counter({"true": 3, "no": 1}), "text"),
        (Counter({"31.01.2024": 5, "30.01.2024": 4, "unknown": 1}), "date"),
        (Counter({"31.01.2024": 8, "unknown": 2}), "text"),
        (Counter({"1.5": 8, "31.01.2024": 1}), "text"),
    ],
)
def test_what_a_column_is(column: Counter[str], kind: Kind) -> None:
    assert kind_of(column) == kind


@pytest.mark.parametrize(
    ("text", "others", "words", "remedy"),
    [
        ("unknown", {}, "column 'age' holds 'unknown', the other 20 are numbers", ""),
        ("age", {}, "repeats the header", "Delete the line"),
        (
            "1,000",
            {},
            "such as 1,000",
            "as 1000 if the comma separates thousands, as 1.000 if it is the decimal",
        ),
        ("1,000", {"1,5": 1}, "such as 1,000", "with a point, such as 1.000"),
        ("1,000", {"1.5": 1}, "such as 1,000", "without commas, such as 1000"),
        ("1,000", {"1,000,000": 1}, "such as 1,000", "1000 if the comma separates"),
        ("1,5", {}, "with a comma, such as 1,5", "with a point, such as 1.5"),
        ("1.234,5", {}, "such as 1.234,5", "such as 1234.5"),
        ("1,234,567", {}, "such as 1,234,567", "such as 1234567"),
        ("1'234", {}, "with separators, such as 1'234", "such as 1234"),
        ("'20'", {}, "holds \"'20'\", a number in quotes", "without them"),
        ("12%", {}, "a percentage, the other 20 are numbers", "all in percent or all as shares of 1"),
        ("−5", {}, "its minus is the character U+2212", "plain -"),
        ("$5", {}, "a number with a sign", "digits and a point alone"),
        ("１２", {}, "in other digits than 0 to 9", "0 to 9"),
    ],
)
def test_what_is_said_of_an_odd_cell(text: str, others: dict[str, int], words: str, remedy: str) -> None:
    column = counts(numbers=20 - sum(map(is_number, others))) + Counter({text: 1}) + Counter(others)
    found, how = oddity("age", text, column)
    assert words in found
    assert remedy in how
    assert bool(how) == bool(remedy)
