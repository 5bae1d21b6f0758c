"""Curves over the epochs: of a training run, and of overfitting a tiny set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nnbabysit.core.report.plots.figure import (
    COLORS,
    DASHES,
    INK,
    MUTED,
    any_positive,
    drawable,
    drawing,
    legend_above,
    say_no_data,
    use_log,
    whole_numbers,
)
from nnbabysit.core.training.loop.records import EpochRecord

_MANY_POINTS = 40  # beyond it, markers on a curve touch each other
_DECADES_FOR_LOG = 2.0


def plot_curves(
    epochs: Sequence[EpochRecord], path_stem: Path, best: EpochRecord | None = None
) -> list[Path]:
    """Loss and accuracy on training and validation data, over the epochs; the best epoch is marked.

    It is not looked for here: what is best is not always the highest accuracy.

    Without accuracy (regression) there is the panel of the loss alone. The loss gets a log axis when it spans
    more than two decades.

    Args:
        epochs: Records in order.
        path_stem: Where, without the suffix.
        best: The epoch whose weights are kept; None: none is marked.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    numbers = [record.epoch for record in epochs]
    with_accuracy = not epochs or any(record.validation.accuracy is not None for record in epochs)
    train_loss = drawable(record.train.loss for record in epochs)
    validation_loss = drawable(record.validation.loss for record in epochs)
    validation_accuracy = drawable(record.validation.accuracy for record in epochs)
    panels = 2 if with_accuracy else 1
    with drawing(path_stem, 7.2 if with_accuracy else 4.6, 3.0) as (figure, paths):
        axes = figure.subplots(1, panels, squeeze=False)[0]
        _pair(axes[0], numbers, train_loss, validation_loss)
        axes[0].set_ylabel("mean loss per sample")
        _log_when_wide(axes[0], np.concatenate([train_loss, validation_loss]))
        if with_accuracy:
            _pair(axes[1], numbers, drawable(record.train.accuracy for record in epochs), validation_accuracy)
            axes[1].set_ylabel("accuracy (0…1)")
            _keep_within_one(axes[1])
        _mark_best(axes, best)
        for panel in axes:
            if epochs and epochs[-1].stopped:
                _mark_stop(panel, epochs[-1].epoch)
        legend_above(figure, axes, 3)
    return paths


def plot_tiny(losses: Sequence[float], accuracies: Sequence[float], path_stem: Path) -> list[Path]:
    """Cost (log axis) and accuracy on the tiny set over the epochs.

    Args:
        losses: Cost of each epoch, from epoch 1.
        accuracies: Accuracy of each epoch in 0…1; empty for regression.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    with drawing(path_stem, 7.2 if len(accuracies) else 4.6, 2.9) as (figure, paths):
        axes = figure.subplots(1, 2 if len(accuracies) else 1, squeeze=False)[0]
        costs = drawable(losses)
        if any_positive(costs):
            use_log(axes[0], "y")
        _single(axes[0], costs, "cost", COLORS[0], digits=4)
        axes[0].set_ylabel("mean cost per sample")
        if len(accuracies):
            axes[1].axhline(1.0, color=MUTED, linewidth=0.8, linestyle=":")
            _single(axes[1], drawable(accuracies), "accuracy", COLORS[1], digits=2)
            axes[1].set_ylabel("accuracy (0…1)")
            axes[1].set_ylim(-0.03, 1.06)
        legend_above(figure, axes, 2)
    return paths


def _pair(
    axes: Axes, epochs: Sequence[int], train: NDArray[np.float64], validation: NDArray[np.float64]
) -> None:
    marked = len(epochs) <= _MANY_POINTS
    for values, name, marker, index in ((train, "training", "o", 0), (validation, "validation", "s", 1)):
        axes.plot(
            epochs,
            values,
            label=name,
            color=COLORS[index],
            linestyle=DASHES[index],
            marker=marker if marked else None,
            markersize=3.0,
            markerfacecolor=COLORS[index] if index == 0 else "white",
        )
    axes.set_xlabel("epoch")
    whole_numbers(axes, epochs)
    if not np.isfinite(np.concatenate([train, validation])).any():
        say_no_data(axes, "no finite values" if epochs else "no data")


def _single(axes: Axes, values: NDArray[np.float64], name: str, color: str, digits: int) -> None:
    epochs = list(range(1, len(values) + 1))
    finite = values[np.isfinite(values)]
    ending = f": {finite[-1]:.{digits}f} at the end" if len(finite) else ""
    axes.plot(epochs, values, color=color, label=name + ending, marker="o" if len(values) == 1 else None)
    axes.set_xlabel("epoch")
    whole_numbers(axes, epochs)
    if not len(finite):
        say_no_data(axes, "no finite values" if epochs else "no data")


def _mark_best(panels: Sequence[Axes], best: EpochRecord | None) -> None:
    """A thin line at the epoch whose weights are kept, in every panel."""
    if best is not None:
        for panel in panels:
            text = f"best: epoch {best.epoch}"
            panel.axvline(best.epoch, color=INK, linewidth=0.9, linestyle=":", zorder=1, label=text)


def _mark_stop(axes: Axes, epoch: int) -> None:
    axes.axvline(epoch, color=INK, linewidth=1.2, zorder=1)
    axes.annotate(
        "stopped",
        (epoch, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        rotation=90,
        fontsize=8,
        color=INK,
    )


def _log_when_wide(axes: Axes, values: NDArray[np.float64]) -> None:
    positive = values[values > 0]
    if len(positive) and np.log10(positive.max() / positive.min()) > _DECADES_FOR_LOG:
        use_log(axes, "y")


def _keep_within_one(axes: Axes) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, -0.03), min(high, 1.03))
