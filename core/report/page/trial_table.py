"""Trials of a search as a table, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnbabysit.core.formatting import drawn_text, duration, loss_text, optional_text, score_text
from nnbabysit.core.report.charts.run_rows import RunRows
from nnbabysit.core.report.charts.search_trials import metric_of, recorded_trials
from nnbabysit.core.report.charts.trial_plane import shown_value
from nnbabysit.core.search.trial import Trial, ranked


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialTable:
    """What a search tried: the head, and the cells of each trial, the best first."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def trial_table(rows: RunRows) -> TrialTable | None:
    """The trials of a search, also of one that was cut off; None for other commands."""
    trials, metric = recorded_trials(rows), metric_of(rows)
    if not trials:
        return None
    paths = list(dict.fromkeys(path for trial in trials for path in trial.params))
    best_first = ranked(trials) + [trial for trial in trials if trial.value is None]
    columns = ("trial", metric, *paths, "state", "time")
    return TrialTable(columns=columns, rows=tuple(_cells(trial, paths, metric) for trial in best_first))


def _cells(trial: Trial, paths: Sequence[str], metric: str) -> tuple[str, ...]:
    value = shown_value(trial, metric)
    return (
        str(trial.index + 1),
        "–" if value is None else f"{_value(value, metric)}{_loss(trial)}",
        *(drawn_text(trial.params[path]) if path in trial.params else "–" for path in paths),
        f"{trial.state}: {trial.reason}" if trial.reason else trial.state,
        duration(trial.seconds),
    )


def _value(value: float, metric: str) -> str:
    return loss_text(value) if metric == "val_loss" else score_text(value)


def _loss(trial: Trial) -> str:
    return f" (loss {optional_text(trial.loss, loss_text)})" if trial.by_loss else ""
