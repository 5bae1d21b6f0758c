"""What the live view shows of a search, event by event."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from rich.console import Console

from nnbabysit.cli.live.train_dashboard import Dashboard
from tests.made_events import made

BEST = {"index": 3, "params": {"optimizer.lr": 0.012, "regularization.l2": 0.1}, "value": 0.91}
RAISED = "RuntimeError: mat1 and mat2 shapes cannot be multiplied by each other (64x784 and 783x10)"
PLACEMENT = {
    "text": "16 trials a stack, 2 processes of 1 thread",
    "alternatives": [
        {"text": "16 trials a stack, 2 processes of 1 thread", "milliseconds": 3.1},
        {"text": "one by one, 2 processes of 1 thread", "milliseconds": 17.0},
    ],
}


def trial(index: int, value: float | None = 0.5, state: str = "complete", **fields: Any) -> dict[str, Any]:
    params = {"optimizer.lr": 10.0 ** -(index % 5), "regularization.l2": 10.0 ** -(index % 3)}
    known = {"index": index, "params": params, "value": value, "state": state, "reason": "", "trials": 100}
    return {**known, "metric": "val_acc", "best": BEST, "eta": 9.0, **fields}


def progress(**fields: Any) -> dict[str, Any]:
    return {"command": "search", "trials": 100, "running": 16, "epoch": 2, "epochs": 5, **fields}


def drawn(
    dashboard: Dashboard, width: int = 80, height: int = 40, *, ascii_only: bool = False, **kind: Any
) -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if ascii_only else "utf-8", newline="")
    console = Console(file=file, width=width, height=height, markup=False, highlight=False, **kind)
    console.print(dashboard.draw())
    file.flush()
    text = file.buffer.getvalue().decode()
    lines = [line.rstrip() for line in text.splitlines()]
    assert all(len(line) <= width for line in lines) or kind
    return lines


def charts_of(lines: list[str]) -> list[str]:
    start = [number for number, line in enumerate(lines) if line.startswith("val_")]
    return lines[start[0] :] if start else []


def board(*events: tuple[str, dict[str, Any]], clock: Any = lambda: 0.0) -> Dashboard:
    dashboard = Dashboard(clock)
    for kind, fields in events:
        assert dashboard.take(made(kind, **fields))
    return dashboard


def test_ended_trials_are_counted_whatever_their_order() -> None:
    lines = drawn(board(*[("trial", trial(n)) for n in (15, 7, 99, 3)]))
    assert "   4% 4/100 trials eta 9s" in lines[0]
    assert lines[1] == "complete 4"


def test_the_bar_moves_inside_a_stack_and_the_time_left_goes_by_the_work() -> None:
    now = [0.0]
    dashboard = board(("progress", progress(ended=0, share=0.0)), clock=lambda: now[0])
    now[0] = 30.0
    dashboard.take(made("progress", **progress(ended=0, share=0.25)))
    lines = drawn(dashboard)
    assert "  25% 0/100 trials 0.83/s eta 1m30s" in lines[0]
    assert lines[1] == "running 16, epoch 2/5"


@pytest.mark.parametrize(("seconds", "speed"), [(0.1, "160/s"), (10.0, "1.6/s"), (600.0, "1.6/min")])
def test_the_speed_is_shown_in_two_digits(seconds: float, speed: str) -> None:
    now = [0.0]
    dashboard = board(("start", {"command": "search --coarse"}), clock=lambda: now[0])
    now[0] = seconds
    for n in range(16):
        dashboard.take(made("trial", **trial(n)))
    assert f" 16/100 trials {speed} eta" in drawn(dashboard)[1]


def test_trials_that_ended_before_this_session_are_counted_too() -> None:
    dashboard = board(("progress", progress(ended=40)), ("trial", trial(41)))
    assert " 40/100 trials" in drawn(dashboard)[0]  # the event counts the trials that were told before
    dashboard = board(("trial", trial(41, ended=41)), ("trial", trial(42, ended=42)))
    assert " 42/100 trials" in drawn(dashboard)[0]
    assert drawn(dashboard)[1] == "earlier 40, complete 2"


def test_states_are_counted_and_the_latest_reason_of_each_is_told() -> None:
    lines = drawn(
        board(
            ("trial", trial(0)),
            ("trial", trial(1, None, "diverged", reason="cost 7.1 is over 3 × the first cost 2.302")),
            ("trial", trial(2, None, "diverged", reason="cost is nan at epoch 1, step 3")),
            (
                "trial",
                trial(3, None, "stopped", reason="0.11 after epoch 2, place 9 of 16, the best 4 go on"),
            ),
            ("trial", trial(4, None, "failed", reason=RAISED)),
        )
    )
    assert lines[1:5] == [
        "complete 1, diverged 2, stopped 1, failed 1",
        "diverged  trial 3: cost is nan at epoch 1, step 3",
        "stopped   trial 4: 0.11 after epoch 2, place 9 of 16, the best 4 go on",
        "failed    trial 5: RuntimeError: mat1 and mat2 … other (64x784 and 783x10)",
    ]


def test_reasons_names_and_values_of_others_are_no_commands() -> None:
    hostile = "\x1b]0;owned\x07[red]7\x1b[31m\nx\u202e[/red] :smile:"
    best = {"index": 0, "params": {hostile: hostile}, "value": 0.5}
    events = [trial(n, params={hostile: 0.1 * n}, best=best) for n in range(4)]
    events.append(trial(9, None, "failed", reason=hostile, best=best))
    lines = drawn(
        board(
            *[("trial", event) for event in events],
            ("placement", {"text": hostile, "alternatives": []}),
        )
    )
    assert "failed    trial 10: [red]7 x[/red] :smile:" in lines
    assert "placement  [red]7 x[/red] :smile:" in lines
    assert not any(c in "".join(lines) for c in "\x1b\x07\u202e")
    assert "[red]7 x[/red] :smile:" in lines[-1]


def test_the_placement_is_one_line_and_loses_its_times_first() -> None:
    dashboard = board(("placement", PLACEMENT))
    assert drawn(dashboard, 120)[-1] == (
        "placement  16 trials a stack, 2 processes of 1 thread (3.1 ms per trial and step; one by one 17 ms)"
    )
    assert drawn(dashboard, 80)[-1] == "placement  16 trials a stack, 2 processes of 1 thread"


def test_charts_come_with_the_third_complete_trial() -> None:
    dashboard = board(*[("trial", trial(n)) for n in (0, 1)], ("trial", trial(9, None, "diverged")))
    assert charts_of(drawn(dashboard)) == []
    dashboard.take(made("trial", **trial(2)))
    assert charts_of(drawn(dashboard))[0] == "val_acc  (below: x diverged)"


def test_two_charts_stand_side_by_side_and_one_in_a_narrow_terminal() -> None:
    dashboard = board(*[("trial", trial(n, n / 10)) for n in range(9)])
    wide, narrow = charts_of(drawn(dashboard, 80)), charts_of(drawn(dashboard, 59))
    assert len(wide) == len(narrow) == 11
    assert wide[-1].split() == ["1e-04", "lr,", "log", "1", "0.01", "reg,", "log", "1"]
    assert narrow[-1].split() == ["1e-04", "lr,", "log", "1"]
    assert sum(line.count("★") for line in wide) == 2
    assert sum(line.count("★") for line in narrow) == 1


def test_a_terminal_that_is_no_utf_8_gets_ascii() -> None:
    reason = "cost 7.1 is over the first cost 2.302 " * 5
    events = [("trial", trial(n, n / 10)) for n in range(9)]
    lines = drawn(board(*events, ("trial", trial(9, None, "failed", reason=reason))), ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert any("@" in line for line in charts_of(lines))


def test_without_color_there_is_none() -> None:
    events = [("trial", trial(n, n / 10)) for n in range(9)]
    text = "\n".join(
        drawn(board(*events, ("trial", trial(9, None, "failed"))), no_color=True, force_terminal=True)
    )
    assert "\x1b[2m" in text
    assert not any(f"{code}m" in text for code in range(30, 38))


def test_a_low_terminal_has_lower_charts_or_none() -> None:
    dashboard = board(*[("trial", trial(n, n / 10)) for n in range(9)])
    assert len(charts_of(drawn(dashboard, height=16))) == 3 + 7
    assert charts_of(drawn(dashboard, height=12)) == []
    assert len(drawn(dashboard, height=24)) < 24


def test_the_best_loss_lies_at_the_bottom() -> None:
    def event(n: int) -> dict[str, Any]:
        best = {"index": 0, "params": trial(0)["params"], "value": -0.25}
        return trial(n, -0.25 * (n + 1), metric="val_loss", best=best)

    lines = drawn(board(*[("trial", event(n)) for n in range(4)]))
    assert any(line.startswith("best so far  val_loss 0.25") for line in lines)
    rows = charts_of(lines)
    assert rows[0] == "val_loss, lower is better"
    assert [number for number, row in enumerate(rows) if "★" in row] == [8]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"model.hidden": 3, "optimizer.lr": 0.1, "optimizer.momentum": 0.9}, ["lr,", "hidden"]),
        ({"act": "relu", "a.n": 3, "b": True, "c.m": 2.0, "d.k": 1.0}, ["n", "m"]),
        ({"act": "relu", "n": 3}, ["n"]),
        ({"act": "relu"}, []),
        ({}, []),
    ],
)
def test_without_rate_and_penalty_the_first_numbers_are_shown(
    params: dict[str, Any], names: list[str]
) -> None:
    events = [("trial", trial(n, n / 10, params=params, best={**BEST, "params": params})) for n in range(4)]
    rows = charts_of(drawn(board(*events)))
    assert (
        [word for word in rows[-1].split() if word[0].isalpha() and word != "log"] == names
        if names
        else not rows
    )


def test_ten_thousand_trials_cost_little() -> None:
    dashboard, spent = board(), time.process_time()
    for n in range(10_000):
        dashboard.take(made("trial", **trial(n, (n * 37 % 101) / 100, trials=10_000)))
        if n % 100 == 0:
            drawn(dashboard)
    assert time.process_time() - spent < 5.0  # 0.5 ms each; it takes about a tenth of that
    assert "100% 10,000/10,000 trials" in drawn(dashboard)[0]
