"""What the streams can show, and strings that cannot harm them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.cli.render.terminal import Terminal, paint, write
from nnbabysit.core.formatting import clean, clean_line


class Stream(io.TextIOWrapper):
    """A stream that says whether it is a terminal."""

    def __init__(self, is_terminal: bool) -> None:
        """Say so."""
        super().__init__(io.BytesIO(), encoding="utf-8")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def detect(*, terminal: bool = True, **environment: str) -> Terminal:
    return Terminal.detect(environment, Stream(terminal), Stream(terminal))


def test_a_terminal_is_live_and_in_color() -> None:
    assert detect(TERM="xterm") == Terminal(live=True, rich=True, color=True, error_color=True)


def test_a_pipe_is_neither() -> None:
    assert detect(terminal=False) == Terminal(live=False, rich=False, color=False, error_color=False)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_no_color_wins_and_keeps_the_live_view(environment: dict[str, str]) -> None:
    terminal = Terminal.detect(environment, Stream(True), Stream(True))
    assert not terminal.color
    assert terminal.live


def test_force_color_colors_a_pipe_without_redrawing_it() -> None:
    terminal = detect(terminal=False, FORCE_COLOR="1")
    assert terminal.color
    assert not terminal.live


def test_a_dumb_terminal_gets_plain_lines() -> None:
    assert detect(TERM="dumb") == Terminal(live=False, rich=False, color=False, error_color=False)


def test_logs_of_continuous_integration_are_not_redrawn() -> None:
    assert not detect(CI="true").live


def test_a_terminal_that_cannot_draw_bars_is_not_live() -> None:
    stream = Stream(True)
    latin = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    latin.isatty = lambda: True  # type: ignore[method-assign]
    assert not Terminal.detect({}, stream, latin).live


def test_escape_sequences_are_removed_whole() -> None:
    assert (
        clean("\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1bP1$r\x1b\\ \x9b2J end\ttab\n") == "red    end\ttab\n"
    )
    assert clean("abc\u202edef") == "abcdef"


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in clean_line(text))


def test_paint_adds_codes_only_with_color() -> None:
    assert paint("no", "bold red", color=True) == "\x1b[1;31mno\x1b[0m"
    assert paint("no", "bold red", color=False) == "no"
    assert paint("no", "", color=True) == "no"


def test_a_closed_stream_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    write(stream, "text")
    write(None, "text")
