"""What is there and cannot be seen is named, and words for nothing mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.files.yaml_loader import YamlError, parse
from nnbabysit.core.config.invisible import first_invisible, in_words, is_invisible
from nnbabysit.core.config.loading import load_config, load_defaults
from nnbabysit.core.errors import ConfigError

NBSP, ZERO_WIDTH, MARK, SOFT = "\u00a0", "\u200b", "\ufeff", "\u00ad"


def mistakes(text: str) -> list[str]:
    with pytest.raises(YamlError) as caught:
        parse(text)
    return [f"{p.position.line if p.position else 0}: {p.message}" for p in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"training:\n  {ZERO_WIDTH}epochs: 3\n",
            "2: the key 'epochs' holds the invisible character U+200B ZERO",
        ),
        (
            f"training:\n{NBSP}{NBSP}epochs: 3\n",
            "2: the key 'epochs' holds the invisible character U+00A0 NO-BRE",
        ),
        (
            f"seed: 1\n{MARK}name: a\n",
            "2: the key 'name' holds the invisible character U+FEFF ZERO WIDTH NO-BREAK",
        ),
        (
            f"epo{SOFT}chs: 1\n",
            "1: the key 'epo\u00adchs' holds the invisible character U+00AD SOFT HYPHEN; delete it",
        ),
        (
            f"seed: {NBSP}1\n",
            "1: '1' touches the invisible character U+00A0 NO-BREAK SPACE; type a plain space",
        ),
        (f"seed: 1{ZERO_WIDTH}\n", "1: '1' touches the invisible character U+200B"),
        (f"hidden: [64,{NBSP}32]\n", "1: '32' touches the invisible character U+00A0"),
        (f"a: 1\nseed:{NBSP}1\n", "2: not valid YAML: here stands the invisible character U+00A0"),
    ],
)
def test_an_invisible_character_is_named_with_its_line(text: str, words: str) -> None:
    assert mistakes(text)[0].startswith(words)


@pytest.mark.parametrize(
    "text", [f"name: '{NBSP}a'", f"path: my{NBSP}data/x.csv", f"# {NBSP}\na: 1", 'a: "\\u200b"']
)
def test_what_is_quoted_within_a_text_or_a_comment_is_left_alone(text: str) -> None:
    parse(text)


def test_a_key_of_the_command_line_is_looked_at_too(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"it holds the invisible character U\+200B ZERO WIDTH SPACE; delete it"
    ):
        load_defaults([f"{ZERO_WIDTH}seed=1"], cwd=tmp_path)


@given(st.characters())
def test_every_invisible_character_has_words(letter: str) -> None:
    assert first_invisible(f"a{letter}b") == (letter if is_invisible(letter) else "")
    assert f"U+{ord(letter):04X}" in in_words(letter)


@pytest.mark.parametrize("key", ["data.test", "data.path", "transfer", "data.target", "search.stack"])
def test_none_is_nothing_as_in_python(tmp_path: Path, key: str) -> None:
    given, null = (load_defaults([f"{key}={word}"], cwd=tmp_path).config for word in ("None", "null"))
    assert given == null


def test_a_text_that_reads_none_comes_back_as_it_was() -> None:
    assert parse("a: 'None'\nb: None\nc: none\n").value == {"a": "None", "b": None, "c": "none"}


@pytest.mark.parametrize("word", ["none", "nan", "NaN", "nil", "NA", "n/a", "undefined", "'null'", "'None'"])
def test_another_word_for_nothing_is_no_path_and_the_remedy_helps(tmp_path: Path, word: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"seed: 1\ndata:\n  test: {word}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c\.yaml:3:3  data\.test: .* For nothing at all write null"):
        load_config("c.yaml", cwd=tmp_path)
    file.write_text("seed: 1\ndata:\n  test: null\n", encoding="utf-8")
    assert load_config("c.yaml", cwd=tmp_path).config.data.test is None


def test_a_file_that_is_called_so_is_taken(tmp_path: Path) -> None:
    (tmp_path / "nan").touch()
    config = load_defaults(["data.test=nan"], cwd=tmp_path).config
    assert config.data.test == str(tmp_path / "nan")
