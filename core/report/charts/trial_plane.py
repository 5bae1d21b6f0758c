"""Trial plane: the trials of a search as points over one setting or two."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nnbabysit.core.formatting import drawn_text, loss_text, number_text, optional_text, value_text
from nnbabysit.core.report.charts.chart import ChartAxis
from nnbabysit.core.report.charts.scale import WIDE, Scale, drawable, wants_log
from nnbabysit.core.search.trial import State, Trial, ranked

PREFERRED = ("optimizer.lr", "regularization.l2")
"""Settings that are shown first, wherever trials are drawn."""
VALUE_NAMES = {"val_acc": "validation accuracy", "val_loss": "validation loss"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialPoint:
    """A trial on the plane.

    Attributes:
        x: Its setting; a choice is its place among the choices.
        y: The other setting or its value; None: it has no value and lies at the lower edge.
        merit: From 0 (the worst that completed) to 1 (the best); None without a value.
        best: Whether it is ranked first.
        state: How it ended.
        words: The trial in a sentence.
    """

    x: float
    y: float | None
    merit: float | None
    best: bool
    state: State
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialPlane:
    """Trials over one setting, or in the plane of two.

    Attributes:
        title: What is shown.
        x: Horizontal axis.
        y: Vertical axis.
        points: The worst first, so that the best lie on top.
        low: Value of the worst trial; empty where the height tells the value.
        high: Value of the best trial.
        words: The plane in a sentence.
    """

    title: str
    x: ChartAxis
    y: ChartAxis
    points: tuple[TrialPoint, ...]
    low: str
    high: str
    words: str

    def scales(self, across: tuple[float, float], up: tuple[float, float]) -> tuple[Scale, Scale]:
        """Scales of both axes between the given places."""
        rows = (point.y for point in self.points if point.y is not None)
        columns = (point.x for point in self.points)
        return self.x.scale(columns, *across), self.y.scale(rows, *up, first_at_end=True)


def trial_plane(
    trials: Sequence[Trial], x: str, y: str | None, metric: str, log: Collection[str] = ()
) -> TrialPlane:
    """Trials over one setting, or in the plane of two.

    Args:
        trials: All trials.
        x: Config path of the horizontal axis.
        y: Config path of the vertical axis; None: the value itself.
        metric: ``val_acc``, or ``val_loss``, whose sign is turned back.
        log: Config paths to show on a log axis beside those of positive numbers that span a factor of 50.
    """
    best = ranked(trials)
    order = [trial for trial in trials if trial.value is None] + best[::-1]
    shown = [shown_value(trial, metric) for trial in order]
    x_axis, columns = _setting_axis(x, order, log)
    y_axis, rows = (ChartAxis(name=VALUE_NAMES[metric]), shown) if y is None else _setting_axis(y, order, log)
    points = tuple(
        _point(trial, column, row, best, metric)
        for trial, column, row in zip(order, columns, rows, strict=True)
        if column is not None and (row is not None or (y is None and trial.value is None))
    )
    title = f"{y or VALUE_NAMES[metric].capitalize()} over {x}"
    ends = (best[-1], best[0]) if best and y else ()
    low, high = [optional_text(shown_value(trial, metric), number_text) for trial in ends] or ["", ""]
    told = f"; the best: {trial_in_words(best[0], metric)}" if best else ""
    words = f"{title}, {len(points)} trials{told}"
    return TrialPlane(title=title, x=x_axis, y=y_axis, points=points, low=low, high=high, words=words)


def _setting_axis(
    path: str, trials: Sequence[Trial], log: Collection[str]
) -> tuple[ChartAxis, list[float | None]]:
    """The axis of a setting and the place of each trial on it; a log axis has none for 0 and below."""
    drawn = [trial.params[path] for trial in trials if path in trial.params]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in drawn):
        choices = tuple(sorted({value_text(value) for value in drawn}))
        places = {choice: float(place) for place, choice in enumerate(choices)}
        return ChartAxis(name=path, choices=choices), [
            places[value_text(trial.params[path])] if path in trial.params else None for trial in trials
        ]
    numbers = [drawable(trial.params.get(path)) for trial in trials]
    known = [value for value in numbers if value is not None]
    positive = any(value > 0 for value in known)
    is_log = positive and (path in log or (wants_log(known, WIDE) and min(known) > 0))
    kept = [None if is_log and value is not None and value <= 0 else value for value in numbers]
    return ChartAxis(name=path, log=is_log), kept


def _point(trial: Trial, x: float, y: float | None, best: Sequence[Trial], metric: str) -> TrialPoint:
    merit, words = None, trial_in_words(trial, metric)
    if trial.value is not None:
        low, high, own = (one.merit.value if one.merit else 0.0 for one in (best[-1], best[0], trial))
        merit = (own - low) / (high - low) if high > low else 1.0
    is_best = bool(best) and trial is best[0]
    return TrialPoint(x=x, y=y, merit=merit, best=is_best, state=trial.state, words=words)


def shown_value(trial: Trial, metric: str) -> float | None:
    """The value as people know it: a loss is stored with its sign turned, so that larger is better."""
    value = drawable(trial.value)
    return -value if value is not None and metric == "val_loss" else value


def trial_in_words(trial: Trial, metric: str) -> str:
    """``trial 3: 0.91 with optimizer.lr 0.001``."""
    value = shown_value(trial, metric)
    params = ", ".join(f"{path} {drawn_text(param)}" for path, param in trial.params.items())
    shown = str(trial.state) if value is None else number_text(value)
    loss = f" (loss {optional_text(trial.loss, loss_text)})" if trial.by_loss else ""
    return f"trial {trial.index + 1}: {shown}{loss} with {params}"
