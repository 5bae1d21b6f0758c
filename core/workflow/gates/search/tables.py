"""Tables of a search: the best trials, the best values, and what the ranges were narrowed to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.formatting import drawn_text, loss_text, optional_text, range_text, score_text
from nnbabysit.core.search.names import short_names
from nnbabysit.core.search.space.narrowing import Narrowing
from nnbabysit.core.search.trial import Trial, ranked
from nnbabysit.core.workflow.result import Table

ROWS = 10
"""Trials in the table of the best."""


def best_trials(trials: Sequence[Trial], good: Collection[int], metric: str) -> Table:
    """The ten best trials; with their losses where one of them is ranked by it.

    Args:
        trials: All trials, at least one of them complete.
        good: Indices of the trials to mark.
        metric: ``val_acc``, or ``val_loss``, whose sign is turned back.
    """
    best = ranked(trials)[:ROWS]
    names = short_names(best[0].params)
    by_loss = any(trial.by_loss for trial in best)
    rows = tuple(
        (
            str(trial.index + 1),
            value_in(metric, trial.value),
            *((shown_loss(trial.loss),) if by_loss else ()),
            *(drawn_text(trial.params[path]) for path in names),
            "nice" if trial.index in good else "",
        )
        for trial in best
    )
    title = f"Best {len(best)} of {len(trials)} trials"
    measured = (metric, "val_loss") if by_loss else (metric,)
    return Table(title=title, columns=("trial", *measured, *names.values(), "mark"), rows=rows)


def value_in(metric: str, value: float | None) -> str:
    """What a trial came to, in the format of its metric; the sign of a loss is turned back."""
    if metric == "val_loss":
        return loss_text(-(value or 0.0))
    return score_text(value or 0.0)


def shown_loss(loss: float | None) -> str:
    """A validation loss in one cell; empty where it is not known."""
    return optional_text(loss, loss_text)


def best_values_table(
    space: Mapping[str, Axis],
    best: Trial,
    trials: Sequence[Trial],
    good: Collection[int],
    importances: Mapping[str, float],
) -> Table:
    """Per setting: the best value, what was searched, where the good trials lie, how much it mattered.

    Args:
        space: Config path → axis that was searched.
        best: The best trial.
        trials: All trials.
        good: Indices of the good ones.
        importances: Config path → share; empty where none can be told.
    """
    marked = [trial for trial in trials if trial.index in good]
    columns = ("setting", "best value", "searched", "good trials")
    rows = [
        (path, drawn_text(best.params[path]), shown_axis(axis), _spread([t.params[path] for t in marked]))
        for path, axis in space.items()
    ]
    if not importances:
        return Table(title="Best values", columns=columns, rows=tuple(rows))
    shares = tuple((*row, f"{importances.get(row[0], 0.0):.2f}") for row in rows)
    return Table(title="Best values", columns=(*columns, "importance"), rows=shares)


def narrowed_ranges(narrowing: Narrowing) -> Table:
    """What each range was narrowed to, and why."""
    rows = tuple(
        (path, shown_axis(axis), narrowing.explanations[path]) for path, axis in narrowing.space.items()
    )
    return Table(title="Narrowed ranges", columns=("setting", "range", "why"), rows=rows)


def shown_axis(axis: Axis) -> str:
    """An axis in one cell: ``1e-06 … 0.001 (log)``, ``1 … 4``, or its choices."""
    if axis.choice is not None:
        return ", ".join(str(choice) for choice in axis.choice)
    low, high = getattr(axis, axis.kind)
    return f"{range_text(low, high)}{' (log)' if axis.log_uniform is not None else ''}"


def _spread(values: list[Any]) -> str:
    if not values:
        return ""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return range_text(min(values), max(values))
    return ", ".join(sorted({str(value) for value in values}))
