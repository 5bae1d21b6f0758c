"""How the data was read is said on the screen whatever is left out, in the report and in the document."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from nnbabysit.cli.live.plain_view import PlainView
from nnbabysit.cli.live.terminal_view import LiveView
from nnbabysit.core.record.events import DATA, Event, NoteEvent

Shell = Callable[..., subprocess.CompletedProcess[str]]

NOTE = NoteEvent(text="x_val was read as x_validation", about=DATA)
OTHER = NoteEvent(text="dropout is off")


def plain(*events: Event, quiet: bool = False) -> list[str]:
    lines: list[str] = []
    view = PlainView(lines.append, quiet=quiet)
    for event in events:
        view(event)
    return lines


def test_a_note_on_the_data_is_marked_and_no_other() -> None:
    assert plain(NOTE, OTHER) == ["note: x_val was read as x_validation", "dropout is off"]


def test_it_is_said_in_quiet_too() -> None:
    assert plain(NOTE, OTHER, quiet=True) == ["note: x_val was read as x_validation"]


def test_the_steps_of_babysit_say_it_once_and_other_notes_as_often_as_they_come() -> None:
    assert plain(NOTE, OTHER, NOTE, OTHER) == [*plain(NOTE, OTHER), "dropout is off"]


def test_a_terminal_shows_the_same() -> None:
    stream = io.StringIO()
    with LiveView(Console(file=stream, width=80, force_terminal=True, color_system=None)) as view:
        for event in (NOTE, OTHER, NOTE):
            view(event)
    assert stream.getvalue().count("note: x_val was read as x_validation") == 1
    assert "dropout is off" in stream.getvalue()


CONFIG = """\
data: {source: npz, path: t.npz, validation: 0.2}
model: {args: {hidden: [4]}}
optimizer: {lr: 0.1}
training: {epochs: 2, batch_size: 10}
search:
  coarse: {trials: 2, epochs: 1, space: {optimizer.lr: {log_uniform: [0.05, 0.1]}}}
  fine: {trials: 2, epochs: 1}
"""


@pytest.mark.parametrize(
    "command",
    ["data", pytest.param("train", marks=pytest.mark.slow), pytest.param("babysit", marks=pytest.mark.slow)],
)
def test_it_is_among_the_first_lines_of_the_screen_in_the_document_and_in_each_report(
    tmp_path: Path, shell: Shell, write: Callable[[str, str], Path], command: str
) -> None:
    rng, y = np.random.default_rng(0), np.arange(60) % 2
    x = rng.normal(size=(60, 4)) + 3 * y[:, None]
    np.savez(tmp_path / "t.npz", x_train=x[:40], y_train=y[:40], x_validation=x[40:], y_validation=y[40:])
    write("c.yaml", CONFIG)
    said = "the source's own validation split is used"
    ran = shell(command, "c.yaml", "--json", "-q")
    assert [line for line in ran.stderr.splitlines()[:24] if said in line] == [
        f"note: {said}; data.validation: 0.2 is not"
    ]
    assert any(said in note for note in json.loads(ran.stdout)["notes"])
    reports = list(tmp_path.glob("runs/2*/report.html"))
    assert len(reports) == (7 if command == "babysit" else 1)
    assert all("How the data was read" in report.read_text() for report in reports)
