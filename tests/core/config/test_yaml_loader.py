"""YAML is read as people expect it, and refused where it is not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from nnbabysit.core.config.files.yaml_loader import MAX_BYTES, Position, YamlError, parse
from nnbabysit.core.config.files.yaml_writer import dump

KEYS = st.text(min_size=1, max_size=12)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["1e-3", "no", "on", "007", "0x1F", "2020-01-01", "12:30:45", "~", "<<", "=", ".5"])
)  # fmt: skip
SECOND_KEY = "a second 'key:' here; check the indentation, or quote text that holds ': '"
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def problems(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(YamlError) as caught:
        parse(text)
    return [
        (found.message, found.position.line if found.position else None) for found in caught.value.problems
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("-1.5e+2", -150.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("+3", 3),
        ("0", 0),
        ("1_000", 1000),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("12:30:45", "12:30:45"),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01 10:00:00", "2020-01-01 10:00:00"),
        ("=", "="),
        ("1e", "1e"),
        ("e3", "e3"),
        (".", "."),
        ("'1e-3'", "1e-3"),
        ("~", None),
        ("", None),
        ("null", None),
        ("./model.py:Net", "./model.py:Net"),
        ("[1e-6, 1e-3]", [1e-6, 1e-3]),
    ],
)
def test_a_plain_word_is_what_it_looks_like(text: str, value: Any) -> None:
    read = parse(f"key: {text}").value["key"]
    assert read == value
    assert type(read) is type(value)


def test_every_key_and_item_knows_its_place() -> None:
    positions = parse("a: 1\nb:\n  c: {d: 2}\n  e:\n    - 3\n    - [4]\n").positions
    assert positions == {
        ("a",): Position(1, 1),
        ("b",): Position(2, 1),
        ("b", "c"): Position(3, 3),
        ("b", "c", "d"): Position(3, 7),
        ("b", "e"): Position(4, 3),
        ("b", "e", 0): Position(5, 7),
        ("b", "e", 1): Position(6, 7),
        ("b", "e", 1, 0): Position(6, 8),
    }


def test_all_duplicate_keys_are_refused_with_both_lines() -> None:
    assert problems("a: 1\nb: {c: 1, c: 2}\na: 3\n") == [
        ("given twice, first in line 2", 2),
        ("given twice, first in line 1", 3),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]: 3", "a key must be a word, not a list or a section"),
        ("{a: 1}: 3", "a key must be a word, not a list or a section"),
        ("1: a", 'the key 1 is not a word; write "1" if it is meant'),
        ("true: a", 'the key true is not a word; write "true" if it is meant'),
        ("a: !!python/name:os.x ''", "the tag !!python/name:os.x is not allowed in a config"),
        ("a: !!binary aGk=", "the tag !!binary is not allowed in a config"),
        ("a: !own {b: 1}", "the tag !own is not allowed in a config"),
        ("a: !!int word", "cannot be read as int: word"),
        ("a: &a [*a]", "an alias that contains itself"),
        ("a: &a {<<: *a}", "<< takes a section, or a list of sections"),
        ("a: {<<: 3}", "<< takes a section, or a list of sections"),
        ('a: "\\ud800"', "half a surrogate pair, which is no character"),
        ("a: b: c", f"not valid YAML: {SECOND_KEY}"),
        ("\ta: 1", "a tab where YAML wants spaces; indent with spaces"),
        ("a: [1", "not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n---\nb: 2", "a second document begins here (---); a config is one document"),
        ("a: \x00", "the character U+0000 is not allowed in YAML"),
        (f"a: {'[' * 5000}", "nested too deeply"),
        (f"a: {'9' * 5000}", f"cannot be read as int: {'9' * 40}"),
    ],
)  # fmt: skip
def test_what_a_config_never_needs_is_refused(text: str, message: str) -> None:
    assert [found for found, _ in problems(text)] == [message]


def test_aliases_and_merged_sections_are_written_out() -> None:
    document = parse("a: &a {x: 1, y: 2}\nb: *a\nc: {y: 3, <<: *a}\nd: {<<: [*a, {x: 9, z: 4}]}\n")
    assert document.value["b"] == {"x": 1, "y": 2}
    assert document.value["c"] == {"x": 1, "y": 3}
    assert document.value["d"] == {"x": 1, "y": 2, "z": 4}
    assert document.positions["c", "y"] == Position(3, 5)


def test_an_alias_bomb_is_refused() -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 10)}]" for name in "bcdefgh"]
    assert problems("\n".join(rows)) == [("more than 100,000 values once aliases are written out", None)]


def test_a_text_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert problems("#" * (MAX_BYTES + 1)) == [
        ("larger than 1,000,000 characters, which no config needs", None)
    ]


@limits(deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_what_is_written_is_read_back_as_it_was(settings: dict[str, Any]) -> None:
    text = dump(settings)
    assert parse(text).value == settings
    assert parse(dump(parse(text).value)).value == settings  # and types: True is not 1
    assert dump(parse(text).value) == text


@limits(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_either_read_or_refused_in_words(text: str) -> None:
    try:
        parse(text)
    except YamlError as error:
        found = error.problems
    else:
        return
    assert found
    assert all(problem.message for problem in found)


@limits(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_python_prints_it_is_read_as_that_number(number: float) -> None:
    for shown in (repr(number), f"{number:e}", f"{number:E}"):
        assert parse(f"lr: {shown}").value["lr"] == float(shown)
        assert isinstance(parse(f"lr: {shown}").value["lr"], float)


@limits(deadline=None)
@given(VALUES)
def test_every_value_below_the_top_has_a_position(value: Any) -> None:
    def count(item: Any) -> int:
        below = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        return len(below) + sum(map(count, below))

    document = parse(dump({"key": value}))
    assert len(document.positions) == count({"key": value})
