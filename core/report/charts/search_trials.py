"""Trials of a search in the plane of two settings, and the value over the first of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from nnbabysit.core.report.charts.run_rows import Row, RunChart, RunRows, as_row
from nnbabysit.core.report.charts.scale import drawable
from nnbabysit.core.report.charts.trial_plane import PREFERRED, VALUE_NAMES, TrialPlane, trial_plane
from nnbabysit.core.search.trial import State, Trial

TRIALS_SECTION = "Trials"


def recorded_trials(rows: RunRows) -> list[Trial]:
    """The trials of a search, also of one that was cut off; empty for other commands."""
    found = rows.numbers.get("trials")
    listed = found if isinstance(found, list) else rows.of("trial")
    return [_trial(document) for document in listed if isinstance(document, Mapping)]


def metric_of(rows: RunRows) -> str:
    """What the values of the trials are: ``val_acc`` or ``val_loss``."""
    told = str(row.get("metric")) if (row := next(iter(rows.of("trial")[-1:]), None)) else ""
    return told if told in VALUE_NAMES else "val_acc"


def _planes(rows: RunRows) -> list[TrialPlane]:
    """Learning rate and l2 first, then what matters most; settings that are no numbers last."""
    trials, metric = recorded_trials(rows), metric_of(rows)
    wanted = [*PREFERRED, *as_row(rows.numbers.get("importances")), *(p for t in trials for p in t.params)]
    tried = [path for path in dict.fromkeys(wanted) if any(path in trial.params for trial in trials)]
    tried.sort(key=lambda path: all(drawable(trial.params.get(path)) is None for trial in trials))
    space = as_row(rows.numbers.get("space"))
    log = [path for path, axis in space.items() if "log_uniform" in as_row(axis)]
    others: list[str | None] = [*tried[1:2], None]
    return [trial_plane(trials, tried[0], other, metric, log) for other in others] if tried else []


def _trial(document: Row) -> Trial:
    """A trial as a file holds it; one without a number as value has none."""
    index, told = document.get("index"), document.get("state")
    state: State = next((known for known in get_args(State) if known == told), "failed")
    value = drawable(document.get("value")) if state == "complete" else None
    return Trial(
        index=index if isinstance(index, int) else 0,
        params=dict(as_row(document.get("params"))),
        value=value,
        state=state,
        reason=str(document.get("reason") or ""),
        seconds=drawable(document.get("seconds")) or 0.0,
        loss=drawable(document.get("loss")) if state == "complete" else None,
        by_loss=document.get("by_loss") is True,
    )


SEARCH_TRIALS = RunChart(
    name="search", section=TRIALS_SECTION, needs=("result.trials or trial.params",), charts=_planes, file=True
)
