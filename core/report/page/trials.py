"""Trials of a search: in the plane of two settings, as a table, and which settings mattered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.record.strict_json import Json
from nnbabysit.core.report.page.plane import Plane, param_text, plane_of, shown_value
from nnbabysit.core.report.page.scale import drawable
from nnbabysit.core.report.words import duration, number
from nnbabysit.core.search.trial import State, Trial, ranked

_PREFERRED = ("optimizer.lr", "regularization.l2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trials:
    """What a search tried.

    Attributes:
        columns: Head of the table.
        rows: Cells of each trial, the best first.
        planes: Scatter charts.
        importances: Setting, share as text, width in percent; the most important first.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    planes: tuple[Plane, ...]
    importances: tuple[tuple[str, str, float], ...]


def trials_of(run: RecordedRun) -> Trials | None:
    """The trials of a search, also of one that was cut off; None for other commands."""
    events = run.of_kind("trial")
    found = run.result.metrics.get("trials")
    trials = [
        _trial(one) for one in (found if isinstance(found, list) else events) if isinstance(one, Mapping)
    ]
    if not trials:
        return None
    metric = str(events[-1].get("metric", "val_acc")) if events else "val_acc"
    paths = list(dict.fromkeys(path for trial in trials for path in trial.params))
    shares = _importances(run)
    best_first = ranked(trials) + [trial for trial in trials if trial.value is None]
    return Trials(
        columns=("trial", metric, *paths, "state", "time"),
        rows=tuple(_cells(trial, paths, metric) for trial in best_first),
        planes=tuple(_planes(trials, [*_PREFERRED, *(name for name, _, _ in shares), *paths], metric)),
        importances=tuple(shares),
    )


def _trial(document: Mapping[str, Json]) -> Trial:
    """A trial as a file holds it; one without a number as value has none."""
    index, params = document.get("index"), document.get("params")
    seconds, told = drawable(document.get("seconds")), document.get("state")
    state: State = next((known for known in get_args(State) if known == told), "failed")
    return Trial(
        index=index if isinstance(index, int) else 0,
        params=dict(params) if isinstance(params, Mapping) else {},
        value=drawable(document.get("value")) if state == "complete" else None,
        state=state,
        reason=str(document.get("reason") or ""),
        seconds=seconds or 0.0,
        loss=drawable(document.get("loss")) if state == "complete" else None,
        by_loss=document.get("by_loss") is True,
    )


def _planes(trials: Sequence[Trial], wanted: Sequence[str], metric: str) -> Iterator[Plane]:
    """Two settings against each other, and the value over the first of them; only numbers have a place."""
    numeric = [p for p in dict.fromkeys(wanted) if any(drawable(t.params.get(p)) is not None for t in trials)]
    if len(numeric) > 1:
        yield plane_of(trials, numeric[0], numeric[1], metric)
    if numeric:
        yield plane_of(trials, numeric[0], None, metric)


def _importances(run: RecordedRun) -> list[tuple[str, str, float]]:
    found = run.result.metrics.get("importances")
    shares = {str(k): drawable(v) for k, v in found.items()} if isinstance(found, Mapping) else {}
    known = sorted(((k, v) for k, v in shares.items() if v is not None), key=lambda item: -item[1])
    return [(name, f"{share:.2f}", round(100 * min(max(share, 0.0), 1.0), 1)) for name, share in known]


def _cells(trial: Trial, paths: Sequence[str], metric: str) -> tuple[str, ...]:
    value = shown_value(trial, metric)
    return (
        str(trial.index + 1),
        "–" if value is None else f"{value:.4f}{f' (loss {number(trial.loss)})' if trial.by_loss else ''}",
        *(param_text(trial.params[path]) if path in trial.params else "–" for path in paths),
        f"{trial.state}: {trial.reason}" if trial.reason else trial.state,
        duration(trial.seconds),
    )
