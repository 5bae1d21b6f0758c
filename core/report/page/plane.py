"""Plane: the trials of a search as points over one setting or two; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nnbabysit.core.report.page.chart import HEIGHT, WIDTH
from nnbabysit.core.report.page.scale import Scale, drawable, fitted, wants_log
from nnbabysit.core.report.words import number, value_text
from nnbabysit.core.search.trial import State, Trial, ranked

SHADES = 6
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 12, 12, 36
_AT_THE_BOTTOM = float(HEIGHT - _BOTTOM - 6)
_DECADES_FOR_LOG = 1.7  # a factor of 50, as in the run's own plots


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A trial on the plane: place, radius, shade 0…5 (5: best; None: no value), how it ended, its words."""

    x: float
    y: float
    radius: float
    shade: int | None
    best: bool
    state: State
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plane:
    """A scatter chart.

    Attributes:
        title: What is shown.
        x_name: Setting of the horizontal axis.
        x_ticks: Places and labels.
        y_ticks: Places and labels.
        points: The worst first, so that the best lie on top.
        words: The chart in a sentence.
        low: Value of the lightest shade; empty where the height tells the value.
        high: Value of the darkest shade.
    """

    title: str
    x_name: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    points: tuple[Point, ...]
    words: str
    low: str
    high: str

    left, right, top, bottom = _LEFT, WIDTH - _RIGHT, _TOP, HEIGHT - _BOTTOM
    width, height = WIDTH, HEIGHT


def plane_of(trials: Sequence[Trial], x: str, y: str | None, metric: str) -> Plane:
    """Trials over one setting, or in the plane of two.

    Args:
        trials: All trials.
        x: Config path of the horizontal axis.
        y: Config path of the vertical axis; None: the value itself.
        metric: ``val_acc``, or ``val_loss``, whose sign is turned back.
    """
    best = ranked(trials)
    order = [trial for trial in trials if trial.value is None] + best[::-1]
    columns = [drawable(trial.params.get(x)) for trial in order]
    shown = [shown_value(trial, metric) for trial in order]
    rows = shown if y is None else [drawable(trial.params.get(y)) for trial in order]
    across = _axis(columns, _LEFT, WIDTH - _RIGHT)
    up = _axis(rows, HEIGHT - _BOTTOM, _TOP, may_be_log=y is not None)
    points = []
    for trial, column, row in zip(order, columns, rows, strict=True):
        at = None if column is None else across.place(column)
        unknown = _AT_THE_BOTTOM if y is None else None
        height = unknown if row is None else up.place(row)
        if at is not None and height is not None:
            points.append(_point(trial, at, height, best, metric))
    value = "validation loss" if metric == "val_loss" else "validation accuracy"
    title = f"{y or value[0].upper() + value[1:]} over {x}"
    ends = [number(shown_value(trial, metric)) for trial in (best[-1], best[0])] if best and y else ["", ""]
    return Plane(
        title=title,
        x_name=x,
        x_ticks=tuple(across.ticks(5)),
        y_ticks=tuple(up.ticks(5)),
        points=tuple(points),
        words=f"{title}, {len(points)} trials" + (f"; the best: {in_words(best[0], metric)}" if best else ""),
        low=ends[0],
        high=ends[1],
    )


def _point(trial: Trial, x: float, y: float, best: Sequence[Trial], metric: str) -> Point:
    words = in_words(trial, metric)
    if trial.value is None:
        return Point(x=x, y=y, radius=3.5, shade=None, best=False, state=trial.state, words=words)
    low, high, own = (one.merit.value if one.merit else 0.0 for one in (best[-1], best[0], trial))
    share = (own - low) / (high - low) if high > low else 1.0
    shade = min(SHADES - 1, int(share * SHADES))
    radius, is_best = round(3 + 3 * share, 1), trial is best[0]
    return Point(x=x, y=y, radius=radius, shade=shade, best=is_best, state=trial.state, words=words)


def _axis(values: Sequence[float | None], start: float, end: float, *, may_be_log: bool = True) -> Scale:
    known = [value for value in values if value is not None]
    log = may_be_log and wants_log(known, _DECADES_FOR_LOG) and min(known) > 0
    return fitted(known, start, end, log=log)


def shown_value(trial: Trial, metric: str) -> float | None:
    """The value as people know it: a loss is stored with its sign turned, so that larger is better."""
    return None if trial.value is None else -trial.value if metric == "val_loss" else trial.value


def in_words(trial: Trial, metric: str) -> str:
    """``trial 3: 0.91 with optimizer.lr 1.000e-03``."""
    value = shown_value(trial, metric)
    params = ", ".join(f"{path} {param_text(param)}" for path, param in trial.params.items())
    shown = str(trial.state) if value is None else number(value)
    loss = f" (loss {number(trial.loss)})" if trial.by_loss else ""
    return f"trial {trial.index + 1}: {shown}{loss} with {params}"


def param_text(value: object) -> str:
    """A drawn value: four digits where it lies far from 1."""
    if isinstance(value, float) and value and not 0.01 <= abs(value) < 1000:
        return f"{value:.3e}"
    return number(value, 3) if isinstance(value, float) else value_text(value)
