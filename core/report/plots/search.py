"""What a search found: where the good trials lie, and which settings mattered."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from nnbabysit.core.report.plots.figure import (
    COLORS,
    INK,
    drawable,
    drawing,
    label,
    legend_above,
    say_no_data,
    use_log,
)
from nnbabysit.core.search.trial import Trial, rank

_RATIO_FOR_LOG = 50.0
_MARKS = {"stopped": ("1", "0.45"), "diverged": ("x", COLORS[1]), "failed": ("+", COLORS[6])}


def plot_search(
    trials: Sequence[Trial],
    x: str,
    y: str | None,
    path_stem: Path,
    *,
    log: Collection[str] | None = None,
    value_name: str = "validation accuracy",
) -> list[Path]:
    """Each trial in the plane of two settings; a better value is lighter and larger, the best has a star.

    Args:
        trials: Trials that have ended.
        x: Config path of the horizontal axis.
        y: Config path of the vertical axis; None: the value itself.
        path_stem: Where, without the suffix.
        log: Config paths to show on a log axis; None: positive numbers that span more than a factor of 50.
        value_name: What the trials' values are.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    values = drawable(trial.value if trial.state == "complete" else None for trial in trials)
    with drawing(path_stem, 5.6, 4.2) as (figure, paths):
        axes = figure.subplots()
        columns = _place(axes, "x", trials, x, log)
        if y is None:
            rows = values.copy()
            axes.set_ylabel(label(value_name))
        else:
            rows = _place(axes, "y", trials, y, log)
        _draw_complete(figure, axes, columns, rows, values, value_name, colored=y is not None)
        _draw_stopped(axes, trials, columns, rows, y is None)
        _draw_best(axes, trials, columns, rows, values)
        if axes.get_legend_handles_labels()[0]:
            legend_above(figure, [axes], 2, markerscale=0.7)
        else:
            say_no_data(axes, "no trial to show")
    return paths


def plot_importances(importances: Mapping[str, float], path_stem: Path) -> list[Path]:
    """How much each setting mattered, the most important at the top.

    Args:
        importances: Config path → share in 0…1 of the variance of the value that it explains.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    names = sorted(importances, key=lambda name: -_or_zero(importances[name]))
    with drawing(path_stem, 5.6, 1.1 + 0.32 * max(len(names), 2)) as (figure, paths):
        axes = figure.subplots()
        rows = np.arange(len(names))
        shares = np.array([_or_zero(importances[name]) for name in names])
        axes.barh(rows, shares, height=0.6, color=COLORS[0])
        for row, name in enumerate(names):
            known = math.isfinite(importances[name])
            text = f"{shares[row]:.2f}" if known else "unknown"
            axes.annotate(text, (shares[row], row), xytext=(4, 0), textcoords="offset points", va="center")
        axes.set_yticks(rows, [label(name) for name in names])
        axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
        axes.set_xlim(0, max(1.0, float(shares.max(initial=0.0))) * 1.08)
        axes.set_xlabel("importance (share of the variance of the value)")
        axes.grid(axis="y", visible=False)
        if not names:
            say_no_data(axes)
    return paths


def _place(
    axes: Axes, direction: Literal["x", "y"], trials: Sequence[Trial], path: str, log: Collection[str] | None
) -> NDArray[np.float64]:
    """Coordinates of the trials along one axis, which is labeled and scaled for them."""
    axis = axes.xaxis if direction == "x" else axes.yaxis
    drawn = [trial.params[path] for trial in trials if path in trial.params]
    axis.set_label_text(label(path))
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in drawn):
        numbers = drawable(trial.params.get(path) for trial in trials)
        axis.set_major_locator(MaxNLocator(nbins=5))
        if _wants_log(path, numbers, log):
            use_log(axes, direction)
            numbers[~(numbers > 0)] = math.nan
        return numbers
    choices = sorted({str(value) for value in drawn})
    axis.set_ticks(list(range(len(choices))), labels=[label(choice, 20) for choice in choices])
    (axes.set_xlim if direction == "x" else axes.set_ylim)(-0.5, len(choices) - 0.5)
    place = {choice: float(number) for number, choice in enumerate(choices)}
    return np.array([place[str(t.params[path])] if path in t.params else math.nan for t in trials])


def _wants_log(path: str, numbers: NDArray[np.float64], log: Collection[str] | None) -> bool:
    positive = numbers[numbers > 0]
    if not len(positive):
        return False
    if log is not None:
        return path in log
    return not bool(np.any(numbers <= 0)) and bool(positive.max() / positive.min() > _RATIO_FOR_LOG)


def _draw_complete(
    figure: Figure,
    axes: Axes,
    columns: NDArray[np.float64],
    rows: NDArray[np.float64],
    values: NDArray[np.float64],
    value_name: str,
    *,
    colored: bool,
) -> None:
    shown = np.isfinite(values) & np.isfinite(columns) & np.isfinite(rows)
    if not shown.any():
        return
    low, high = float(values[shown].min()), float(values[shown].max())
    if low == high:
        low, high = low - 0.5 * abs(low) - 1e-9, high + 0.5 * abs(high) + 1e-9
    sizes = 18 + 52 * (values[shown] - low) / (high - low)
    points = axes.scatter(
        columns[shown],
        rows[shown],
        s=sizes,
        c=values[shown],
        cmap="viridis",
        vmin=low,
        vmax=high,
        edgecolors=INK,
        linewidths=0.5,
        label=f"complete: {int(shown.sum())}",
        zorder=3,
    )
    if colored:
        bar = figure.colorbar(points, ax=axes, pad=0.03, aspect=28)
        bar.set_label(label(value_name))
        bar.outline.set_visible(False)


def _draw_stopped(
    axes: Axes,
    trials: Sequence[Trial],
    columns: NDArray[np.float64],
    rows: NDArray[np.float64],
    at_the_bottom: bool,
) -> None:
    """Trials without a value, marked by their state; at the lower edge if the vertical axis is the value."""
    known = rows[np.isfinite(rows)]
    bottom = known.min() - 0.08 * (np.ptp(known) or 1.0) if len(known) else 0.0
    for state, (marker, color) in _MARKS.items():
        of_state = np.array([trial.state == state for trial in trials], dtype=bool)
        shown = of_state & np.isfinite(columns) & (np.isfinite(rows) | at_the_bottom)
        if not shown.any():
            continue
        heights = np.full(len(rows), bottom) if at_the_bottom else rows
        axes.scatter(
            columns[shown],
            heights[shown],
            s=32,
            marker=marker,
            color=color,
            linewidths=1.3,
            label=f"{state}: {int(shown.sum())}",
            zorder=2,
        )


def _draw_best(
    axes: Axes,
    trials: Sequence[Trial],
    columns: NDArray[np.float64],
    rows: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    shown = np.where(np.isfinite(columns) & np.isfinite(rows), values, np.nan)
    if np.isfinite(shown).any():
        best = min(np.flatnonzero(np.isfinite(shown)).tolist(), key=lambda place: rank(trials[place]))
        axes.scatter(
            columns[best],
            rows[best],
            s=230,
            marker="*",
            color="white",
            edgecolors="black",
            linewidths=1.2,
            zorder=4,
            label=f"best: {values[best]:.4g}, trial {trials[best].index + 1}",
        )


def _or_zero(share: float) -> float:
    return float(share) if math.isfinite(share) else 0.0
