"""Labels: checked, written whole, and nothing else about the run changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError, UserError
from nnbabysit.core.record.label import checked_label, read_label, remove_label, write_label

MakeRun = Callable[..., Path]


def test_a_label_comes_and_goes_and_changes_nothing_else(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path)
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    assert read_label(path) == ""
    assert write_label(path, "  wider net, größer ") == "wider net, größer"
    write_label(path, "=1+1")
    assert read_label(path) == "=1+1"
    remove_label(path)
    remove_label(path)
    assert read_label(path) == ""
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\tb", "a\x1b]0;x\x07", "\u202egnp", "x" * 81])
def test_what_cannot_be_shown_on_one_line_is_refused(tmp_path: Path, make_run: MakeRun, text: str) -> None:
    path = make_run(tmp_path)
    with pytest.raises(UserError, match="cannot be a label"):
        write_label(path, text)
    (path / "label.txt").write_text(text, encoding="utf-8")
    assert read_label(path) == ""


def test_only_runs_are_labeled(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="this is no run directory"):
        write_label(tmp_path, "mine")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RunError, match="there is no such run"):
        remove_label(tmp_path / "nowhere")


def test_the_refusal_of_an_unprintable_character_says_so() -> None:
    with pytest.raises(UserError, match="1 to 80 printable characters on one line"):
        checked_label("evil \u202e label")
