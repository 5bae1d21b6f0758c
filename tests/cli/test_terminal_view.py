"""The live view, on a console of fixed width and in a real terminal."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from nnbabysit.cli.live.plain_view import PlainView
from nnbabysit.cli.live.terminal_view import LINES, LiveView
from nnbabysit.cli.live.train_dashboard import (
    RATIO_FINDINGS,
    Dashboard,
    ratio_in_words,
    sparkline,
)
from nnbabysit.core.diagnosis.rules.bands import RATIO_TOO_HIGH, RATIO_TOO_LOW
from nnbabysit.core.diagnosis.rules.registry import RUN_RULES
from nnbabysit.core.record.events import Event
from tests.made_events import made

PROGRESS = {
    "step": 150,
    "steps": 600,
    "epoch": 2,
    "epochs": 6,
    "loss": 1.25,
    "lr": 1e-3,
    "samples_per_second": 51234.0,
    "eta": 45.0,
    "update_ratios": {"0.weight": 1.1e-3, "2.weight": 0.05, "[red]4": 5e-8},
    "gradient_norm": 0.7,
}


def new_console() -> Console:
    return Console(
        file=io.StringIO(), width=100, no_color=True, force_terminal=True, markup=False, highlight=False
    )


def output_of(console: Console) -> str:
    """Everything that was written, without escape codes."""
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())


def drawn(dashboard: Dashboard) -> str:
    console = Console(file=io.StringIO(), width=100, no_color=True, markup=False, highlight=False)
    console.print(dashboard.draw())
    shown = output_of(console).replace("\u00a0", " ")  # no-break spaces keep a name and its number together
    return "\n".join(line.rstrip() for line in shown.splitlines())


def test_training_shows_progress_numbers_sparkline_and_update_ratios() -> None:
    dashboard = Dashboard(lambda: 0.0)
    dashboard.take(
        made("start", **{"command": "train", "name": "digits", "device": "cpu", "parameters": 760})
    )
    dashboard.take(made("progress", **{**PROGRESS, "loss": 2.3}))
    dashboard.take(made("progress", **PROGRESS))
    assert drawn(dashboard) == "\n".join(
        [
            "train: digits, on cpu, 760 parameters",
            "━━━━━━━╸                        25% step 150/600 epoch 2/6 elapsed 0s eta 45s",
            "loss 1.250  lr 0.001  grad norm 0.7  samples/s 51,234",
            "loss █▁ 1.250",
            "update  0.weight  0.0011  ok",
            "update  2.weight  0.05    above 0.01",
            "update  [red]4    5e-08   below 0.0001",
        ]
    )


def test_a_search_shows_the_best_so_far() -> None:
    dashboard = Dashboard()
    best = {"index": 0, "params": {"optimizer.lr": 0.012}, "value": 0.91}
    dashboard.take(
        made("trial", **{"index": 4, "trials": 10, "value": 0.5, "params": {}, "best": best, "eta": 9.0})
    )
    assert "10% 1/10 trials eta 9s" in drawn(dashboard)
    assert "best so far  0.9100  lr 0.012" in drawn(dashboard)


def test_the_next_step_of_babysit_starts_from_nothing() -> None:
    dashboard = Dashboard()
    dashboard.take(made("progress", **PROGRESS))
    dashboard.take(made("step", **{"command": "train"}))
    assert drawn(dashboard) == "train"


def test_other_events_change_nothing() -> None:
    assert not Dashboard().take(made("check", name="a", passed=True, text=""))


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (RATIO_TOO_HIGH, "ok"),
        (RATIO_TOO_HIGH * 1.01, "above 0.01"),
        (RATIO_TOO_LOW, "ok"),
        (RATIO_TOO_LOW * 0.99, "below 0.0001"),
        (float("nan"), "not finite"),
    ],
)
def test_update_ratios_lie_in_the_band_of_the_rules(ratio: float, words: str) -> None:
    assert ratio_in_words(ratio) == words


FINDING = {
    "name": "",
    "severity": "warning",
    "symptom": "",
    "evidence": {},
    "cause": "",
    "remedy": "",
    "patch": {},
}


def update_styles(dashboard: Dashboard) -> list[str]:
    """Style of the words of each row of update ratios."""
    group = dashboard.draw()
    assert isinstance(group, Group)
    (grid,) = (part for part in group.renderables if isinstance(part, Table) and len(part.columns) == 4)
    return [str(cell.style) for cell in grid.columns[3].cells if isinstance(cell, Text)]


def test_update_ratios_are_a_warning_only_when_a_finding_says_so() -> None:
    dashboard = Dashboard()
    dashboard.take(made("progress", **PROGRESS))
    assert update_styles(dashboard) == ["green", "", ""]
    dashboard.take(made("finding", **FINDING, id="CUR001"))
    assert update_styles(dashboard) == ["green", "", ""]
    dashboard.take(made("finding", **FINDING, id="UPD001"))
    assert update_styles(dashboard) == ["green", "yellow", ""]
    dashboard.take(made("finding", **FINDING, id="UPD002"))
    assert update_styles(dashboard) == ["green", "yellow", "yellow"]


def test_the_findings_on_update_ratios_are_rules() -> None:
    assert {rule.id for rule in RUN_RULES if rule.id.startswith("UPD")} == set(RATIO_FINDINGS)


def test_a_sparkline_has_one_bar_per_value_until_it_is_full() -> None:
    assert sparkline([3, 2, 1]) == "█▅▁"
    assert len(sparkline(list(range(1000)))) == 60
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([float("nan")]) == ""


def events(*pairs: tuple[str, dict[str, Any]]) -> list[Event]:
    return [made(kind, **fields) for kind, fields in pairs]


TRIAL = {"trials": 200, "value": 0.5, "state": "complete", "params": {"optimizer.lr": 1.0}}
TINY = [
    ("tiny", {"epoch": n, "epochs": 200, "cost": 2.3 / n, "accuracy": 0.5, "lr": 1e-3}) for n in range(1, 201)
]


def test_only_milestones_of_overfit_tiny_stay_in_a_terminal() -> None:
    console = new_console()
    with LiveView(console, clock=lambda: 0.0) as view:
        for event in events(*TINY):
            view(event)
    lasting = [line for line in output_of(console).splitlines() if line.startswith("epoch ")]
    assert len(dict.fromkeys(lasting)) == 11
    assert "epoch 200 / 200: loss 0.011500, train: 0.500000, lr 1.000000e-03" in lasting


def test_lines_of_trials_that_end_at_once_wait_for_each_other_and_none_is_lost() -> None:
    console, now = new_console(), [0.0]
    shown = []
    with LiveView(console, clock=lambda: now[0]) as view:
        for index in range(100):
            view(made("trial", **{**TRIAL, "index": index}))
        shown.append(output_of(console).count("lr: 1.0"))
        now[0] = 1.0
        view(made("progress", **{"command": "search", "trials": 200, "ended": 100, "share": 0.6}))
        shown.append(output_of(console).count("lr: 1.0"))
        for index in range(100, 200):
            view(made("trial", **{**TRIAL, "index": index}))
    shown.append(output_of(console).count("lr: 1.0"))
    assert shown == [LINES + 1, 100, 200]


def test_a_trial_that_ends_soon_after_another_is_shown_at_once() -> None:
    console = new_console()
    with LiveView(console, clock=lambda: 0.0) as view:
        for index in range(5):
            view(made("trial", **{**TRIAL, "index": index}))
        assert "(5 / 200)" in output_of(console)
        assert "2% 5/200 trials" in output_of(console)


def test_the_placement_stays_for_the_verbose() -> None:
    counts = []
    for verbose in (False, True):
        console = new_console()
        with LiveView(console, verbose=verbose, clock=lambda: 0.0) as view:
            view(made("placement", **{"text": "16 trials a stack", "alternatives": []}))
        counts.append(output_of(console).count("placement  16 trials a stack"))
    assert counts[0] < counts[1]


@pytest.mark.parametrize("ended", [200, 47])
def test_in_a_pipe_every_tenth_line_of_overfit_tiny_is_printed_the_first_and_the_last(ended: int) -> None:
    lines: list[str] = []
    with PlainView(lines.append) as view:
        for event in events(*TINY[:ended], ("note", {"text": "then"})):
            view(event)
    epochs = [int(line.split()[1]) for line in lines if line.startswith("epoch")]
    assert epochs == sorted({1, *range(10, ended + 1, 10), ended})
    assert "then" in lines[-1]


def test_a_verbose_pipe_has_every_line_and_a_terminal_the_last_though_it_ended_early() -> None:
    lines: list[str] = []
    console = new_console()
    for view in (PlainView(lines.append, verbose=True), LiveView(console, clock=lambda: 0.0)):
        with view:
            for event in events(*TINY[:47]):
                view(event)
    assert len(lines) == 47
    assert "epoch 47 / 200" in output_of(console)


def test_training_shows_what_has_passed_the_best_so_far_and_a_time_that_counts_down() -> None:
    now = [100.0]
    dashboard = Dashboard(lambda: now[0])
    dashboard.take(
        made("start", **{"command": "train", "name": "digits", "device": "cpu", "parameters": 760})
    )
    scores = {"train_loss": 1.0, "val_loss": 1.2, "epochs": 6}
    dashboard.take(made("epoch", **{**scores, "epoch": 1, "val_accuracy": 0.9, "eta": 60.0}))
    dashboard.take(made("checkpoint", **{"path": "best", "epoch": 1, "best": True}))
    dashboard.take(made("epoch", **{**scores, "epoch": 2, "val_accuracy": 0.8, "eta": 50.0}))
    dashboard.take(made("checkpoint", **{"path": "last", "epoch": 2, "best": False}))
    now[0] += 20.0
    shown = drawn(dashboard)
    assert "epoch 2/6 elapsed 20s eta 30s" in shown
    assert "best so far  epoch 1: val acc 0.9000, val loss 1.200" in shown


def test_a_quiet_view_says_nothing() -> None:
    lines: list[str] = []
    with PlainView(lines.append, quiet=True) as view:
        view(made("note", **{"text": "hello"}))
    assert lines == []


def test_checkpoints_are_told_to_the_verbose_and_steps_to_babysit() -> None:
    checkpoint, step = events(
        ("checkpoint", {"path": "last.pt", "epoch": 1, "best": False}), ("step", {"command": "data"})
    )
    lines: list[str] = []
    for view in (
        PlainView(lines.append),
        PlainView(lines.append, verbose=True),
        PlainView(lines.append, steps=True),
    ):
        view(checkpoint)
        view(step)
    assert lines == ["checkpoint last.pt after epoch 1", "== data"]


def test_user_strings_are_no_markup_in_the_live_view() -> None:
    console = new_console()
    with LiveView(console) as view:
        view(made("note", **{"text": "file [/a/path] :smile:"}))
    assert "file [/a/path] :smile:" in output_of(console)


def test_a_real_terminal_gets_a_live_view_and_its_cursor_back(tmp_path: Path) -> None:
    """A trained run in a pseudo-terminal: bar and update table, then verdict and table."""
    command = [
        sys.executable,
        "-m",
        "nnbabysit",
        "train",
        "digits",
        "-S",
        "training.epochs=3",
        "--device",
        "cpu",
    ]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        environment.pop(name, None)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs, stdin=theirs
    ) as process:
        os.close(theirs)
        output = read_all(ours)
    os.close(ours)
    assert process.returncode == 0, output
    assert "\x1b[?25l" in output  # hidden
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")  # and shown again
    assert "epoch 3/3" in output
    assert "\x1b[1;32mpass" in output
    assert "nnbabysit train" in output


def read_all(descriptor: int) -> str:
    chunks = []
    while select.select([descriptor], [], [], 120)[0]:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # Linux: the other end was closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    return b"".join(chunks).decode()
