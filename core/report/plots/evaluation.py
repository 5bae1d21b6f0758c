"""Plots of an evaluation: what is taken for what, whether probabilities hold, and the worst answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from nnbabysit.core.report.plots.figure import COLORS, INK, MUTED, drawing, label, say_no_data

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.training.evaluation.metrics import Calibration

_WITH_COUNTS = 20  # classes up to which each cell of the matrix holds its count
_WITH_NAMES = 60  # classes up to which every name fits beside the matrix
_MOST_POINTS = 5000
_COLUMNS = 4


def plot_confusion(confusion: Tensor, names: Sequence[str], path_stem: Path) -> list[Path]:
    """Confusion matrix: rows are true, columns predicted; a row's shades are shares of its class.

    Up to 20 classes each cell holds its count. With more, the cells off the diagonal that hold most are named
    below the matrix. A multi-label task has a row for each label instead: of those that bear it, and
    of those that do not, the share that was said to.

    Args:
        confusion: (C, C) counts; (K, 2, 2) for multi-label.
        names: C or K names.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    if confusion.ndim == 3:
        return _plot_labels(confusion, names, path_stem)
    counts = confusion.numpy()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = _side(len(names))
    with drawing(path_stem, side + 1.9, side + 1.5) as (figure, paths):
        axes = figure.subplots()
        _matrix(figure, axes, shares, "share of the true class")
        _name_both_axes(axes, names)
        if len(names) <= _WITH_COUNTS:
            _write_counts(axes, counts, shares)
        else:
            figure.supxlabel(_most_confused(counts, names), fontsize=8, color=INK, x=0.02, ha="left")
    return paths


def plot_reliability(calibration: Calibration, path_stem: Path) -> list[Path]:
    """Reliability diagram: accuracy of the answers over their confidence, and how many there are.

    A bar below the diagonal means that the network is surer than it is right.

    Args:
        calibration: Of at least one answer.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    count, confidence, accuracy = (
        values.numpy() for values in (calibration.count, calibration.confidence, calibration.accuracy)
    )
    width = 1 / len(count)
    centers = (np.arange(len(count)) + 0.5) * width
    filled = count > 0
    with drawing(path_stem, 4.6, 4.6) as (figure, paths):
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.bar(centers[filled], accuracy[filled], width * 0.92, color=COLORS[0], label="accuracy")
        upper.plot((0, 1), (0, 1), color=MUTED, linestyle="--", linewidth=1.0, label="as sure as right")
        upper.plot(
            confidence[filled],
            accuracy[filled],
            linestyle="none",
            marker="D",
            color=COLORS[1],
            label="mean confidence in the bin",
        )
        upper.set_ylim(0, 1.02)
        upper.set_ylabel("share of right answers")
        upper.set_title(f"expected calibration error {calibration.error:.4f}")
        upper.legend(loc="upper left")
        lower.bar(centers, count / max(1, count.sum()), width * 0.92, color=MUTED)
        lower.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        lower.set_ylabel("answers")
        lower.set_xlabel("confidence: probability of the answer given")
        lower.set_xlim(0, 1)
    return paths


def plot_wrong(
    pictures: NDArray[np.float64], captions: Sequence[tuple[str, str]], path_stem: Path
) -> list[Path]:
    """The most wrongly classified images, each with what was said and what is true, the worst first.

    Args:
        pictures: (n, H, W) or (n, H, W, 3) in 0…1.
        captions: Two lines for each.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    columns = min(_COLUMNS, max(1, len(pictures)))
    rows = max(1, math.ceil(len(pictures) / columns))
    with drawing(path_stem, 1.8 * max(2, columns), 2.15 * rows) as (figure, paths):
        panels = figure.subplots(rows, columns, squeeze=False).flatten()
        for axes in panels:
            axes.set_axis_off()
        if not len(pictures):
            say_no_data(panels[0], "nothing was classified wrongly")
        for axes, picture, (said, true) in zip(panels, pictures, captions, strict=False):
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(f"{label(said, 24)}\n{label(true, 24)}", fontsize=7.5, color=INK)
    return paths


def plot_predicted(outputs: Tensor, y: Tensor, path_stem: Path) -> list[Path]:
    """Predicted over true targets, and the errors, of a regression; of many samples 5000 are drawn.

    Args:
        outputs: (N, K), or (N,) for one column.
        y: (N, K) or (N,); columns share the axes.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    truth = y.double().reshape(len(y), -1).numpy()
    said = outputs.double().reshape(truth.shape).numpy()
    every = max(1, math.ceil(len(truth) / _MOST_POINTS))
    with drawing(path_stem, 7.2, 3.4) as (figure, paths):
        left, right = figure.subplots(1, 2)
        finite = np.isfinite(said) & np.isfinite(truth)
        if not finite.any():
            say_no_data(left)
            say_no_data(right)
            return paths
        both = np.concatenate([truth[finite], said[finite]])
        ends = (both.min(), both.max())
        left.plot(ends, ends, color=MUTED, linestyle="--", linewidth=1.0)
        for column in range(truth.shape[1]):
            x, p = truth[::every, column], said[::every, column]
            color = COLORS[column % len(COLORS)]
            left.plot(x, p, linestyle="none", marker="o", markersize=2.5, alpha=0.6, color=color)
        left.set_xlabel("true")
        left.set_ylabel("predicted")
        right.hist((said - truth)[finite], bins=40, color=COLORS[0])
        right.axvline(0, color=MUTED, linestyle="--", linewidth=1.0)
        right.set_xlabel("error: predicted − true")
        right.set_ylabel("values")
    return paths


def _plot_labels(confusion: Tensor, names: Sequence[str], path_stem: Path) -> list[Path]:
    counts = confusion.numpy()
    shares = counts[:, ::-1, 1] / np.maximum(counts.sum(2)[:, ::-1], 1)
    with drawing(path_stem, 4.8, 1.3 + _side(len(names))) as (figure, paths):
        axes = figure.subplots()
        _matrix(figure, axes, shares, "share said to bear it")
        axes.set_aspect("auto")
        axes.set_xticks((0, 1), ("bear it", "do not"))
        _name_axis(axes, "y", names)
        axes.set_xlabel("samples that")
        if len(names) <= _WITH_NAMES:
            _write_counts(axes, counts[:, ::-1, 1], shares)
    return paths


def _side(classes: int) -> float:
    """Inches of the matrix."""
    return min(9.0, max(2.6, (0.36 if classes <= _WITH_COUNTS else 0.15) * classes))


def _matrix(figure: Figure, axes: Axes, shares: NDArray[np.float64], title: str) -> None:
    # many cells are small ones: shades by the square root keep rare mistakes visible
    norm = PowerNorm(0.5 if shares.shape[1] > _WITH_COUNTS else 1.0, 0, 1)
    image = axes.imshow(shares, cmap="Blues", norm=norm, interpolation="nearest")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.set_label(title)


def _name_both_axes(axes: Axes, names: Sequence[str]) -> None:
    _name_axis(axes, "y", names)
    _name_axis(axes, "x", names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")


def _name_axis(axes: Axes, direction: str, names: Sequence[str]) -> None:
    """Every name while they fit, else every so many."""
    every = math.ceil(len(names) / _WITH_NAMES)
    places = list(range(0, len(names), every))
    size = 8.5 if len(names) <= _WITH_COUNTS else 6.5
    texts = [label(names[place], 22) for place in places]
    if direction == "y":
        axes.set_yticks(places, texts, fontsize=size)
        return
    upright = any(len(text) > 3 for text in texts) or len(names) > _WITH_COUNTS
    axes.set_xticks(places, texts, fontsize=size, rotation=90 if upright else 0)


def _write_counts(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    longest = len(str(int(counts.max())))
    for row, column in zip(*np.nonzero(counts), strict=True):
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            fontsize=8 if longest <= 3 else 6.5 if longest <= 4 else 5.5,
            color="white" if shares[row, column] > 0.5 else INK,
        )


def _most_confused(counts: NDArray[np.int64], names: Sequence[str], most: int = 5) -> str:
    """The largest cells off the diagonal in words."""
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    places = [np.unravel_index(place, wrong.shape) for place in order]
    lines = [
        f"{wrong[row, column]} × {label(names[row], 22)} taken for {label(names[column], 22)}"
        for row, column in places
        if wrong[row, column]
    ]
    return "Most often: " + "\n".join(lines) if lines else "Nothing was taken for anything else"
