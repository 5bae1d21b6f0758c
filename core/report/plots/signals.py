"""Signals inside a network: update ratios over the steps, and activations layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnbabysit.core.diagnosis.rules.bands import RATIO_TOO_HIGH, RATIO_TOO_LOW
from nnbabysit.core.report.plots.figure import (
    COLORS,
    DASHES,
    INK,
    MUTED,
    any_positive,
    drawable,
    drawing,
    label,
    say_no_data,
    use_log,
    whole_numbers,
)

HEALTHY = (RATIO_TOO_LOW, RATIO_TOO_HIGH)
TYPICAL = 1e-3  # Karpathy, CS231n, "Neural Networks Part 3"
_LOWEST = 1e-9
_FEW = len(COLORS)
_MOST_NAMES = 60


class LayerNumbers(Protocol):
    """What is drawn of a layer.

    Attributes:
        name: Name of the module.
        mean: Mean of its activations.
        std: Standard deviation of its activations.
        zeros: Share of exact zeros in 0…1.
        gradient: Norm of the gradient with respect to its outputs; None if there is none.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def std(self) -> float: ...  # noqa: D102
    @property
    def zeros(self) -> float: ...  # noqa: D102
    @property
    def gradient(self) -> float | None: ...  # noqa: D102


def plot_updates(rows: Sequence[tuple[int, dict[str, float]]], path_stem: Path) -> list[Path]:
    """Update ratio ‖ΔW‖/‖W‖ of each weight matrix over the steps, with the healthy band 1e-4…1e-2.

    Up to eight matrices get a line style each; more are colored by depth, with their median in black.
    A ratio of exactly 0 (a matrix that is not trained) is drawn as a triangle at the lower edge.

    Args:
        rows: Step and, per weight matrix in the order of the network, its ratio.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    names = list(dict.fromkeys(name for _, ratios in rows for name in ratios))
    steps = [step for step, _ in rows]
    series = [drawable(ratios.get(name) for _, ratios in rows) for name in names]
    with drawing(path_stem, 7.2, 3.4) as (figure, paths):
        axes = figure.subplots()
        use_log(axes, "y")
        floor = _limits(axes, series)
        axes.axhspan(*HEALTHY, color="#009E73", alpha=0.12, linewidth=0, label="healthy: 1e-4…1e-2")
        axes.axhline(TYPICAL, color=MUTED, linewidth=0.8, linestyle=":", label="typical: 1e-3")
        (_draw_few if len(names) <= _FEW else _draw_many)(figure, axes, steps, names, series)
        _draw_zeros(axes, steps, names, series, floor)
        axes.set_xlabel("step")
        axes.set_ylabel("update ratio  ‖ΔW‖ / ‖W‖")
        whole_numbers(axes, steps)
        if not any(np.isfinite(values).any() for values in series):
            say_no_data(axes, "no finite values" if series else "no data")
        figure.legend(loc="outside right upper", handlelength=3.2)
    return paths


def plot_activations(layers: Sequence[LayerNumbers], path_stem: Path) -> list[Path]:
    """Activations and gradients layer by layer, from the input at the top to the output.

    Args:
        layers: Statistics in the order of the network.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    with drawing(path_stem, 7.2, min(1.5 + 0.27 * max(len(layers), 3), 14.0)) as (figure, paths):
        spread, zeros, gradients = figure.subplots(1, 3, sharey=True, gridspec_kw={"width_ratios": [3, 2, 2]})
        rows = np.arange(len(layers))
        mean, std = drawable(layer.mean for layer in layers), drawable(layer.std for layer in layers)
        spread.axvline(0, color=MUTED, linewidth=0.8)
        spread.errorbar(mean, rows, xerr=np.abs(std), fmt="o", color=COLORS[0], elinewidth=1.4, capsize=3)
        spread.set_xlabel("activation, mean ± std")
        shares = drawable(layer.zeros for layer in layers)
        zeros.barh(rows, shares, height=0.55, color=COLORS[4], edgecolor=INK, linewidth=0.6)
        zeros.set_xlabel("exact zeros (share)")
        zeros.set_xlim(0, 1.02)
        _draw_gradients(gradients, rows, drawable(layer.gradient for layer in layers))
        shown = rows[:: len(rows) // _MOST_NAMES + 1]
        spread.set_yticks(shown, [label(_name(layers[row]), 32) for row in shown])
        spread.set_ylim(max(len(rows), 1) - 0.4, -0.6)
        for axes in (spread, zeros, gradients):
            if not layers:
                say_no_data(axes)
    return paths


def _draw_gradients(axes: Axes, rows: NDArray[Any], norms: NDArray[np.float64]) -> None:
    """Gradient norms on a log axis; a zero, which has no place there, as a triangle at the left edge."""
    axes.set_xlabel("gradient norm at output")
    if not any_positive(norms):
        axes.set_xlim(0, 1)
        edge = 0.0
    else:
        use_log(axes, "x", decades_only=True)
        positive = norms[norms > 0]
        low, high = np.log10(positive.min()), np.log10(positive.max())
        missing = max(0.0, 2.0 - (high - low)) / 2  # two decades at least: almost equal norms look it
        edge = float(10 ** (low - missing - 0.15))
        axes.set_xlim(edge, float(10 ** (high + missing + 0.15)))
    axes.plot(np.where(norms > 0, norms, np.nan), rows, "D", color=COLORS[2], markersize=4.5)
    dead = rows[norms == 0]
    if len(dead):
        axes.plot([edge] * len(dead), dead, "<", color=INK, markersize=6, clip_on=False)
        for row in dead:
            axes.annotate("exactly 0", (edge, row), xytext=(7, 0), textcoords="offset points", va="center")


def _draw_few(
    figure: Figure,
    axes: Axes,
    steps: Sequence[int],
    names: Sequence[str],
    series: Sequence[NDArray[np.float64]],
) -> None:
    for index, (name, values) in enumerate(zip(names, series, strict=True)):
        axes.plot(
            steps,
            _positive(values),
            label=label(name, 28),
            color=COLORS[index],
            linestyle=DASHES[index],
            marker="o" if len(steps) == 1 else None,
        )


def _draw_many(
    figure: Figure,
    axes: Axes,
    steps: Sequence[int],
    names: Sequence[str],
    series: Sequence[NDArray[np.float64]],
) -> None:
    colors = colormaps["viridis_r"]
    depth = ScalarMappable(Normalize(0, len(names) - 1), colors)
    marker = "o" if len(steps) == 1 else None
    for index, values in enumerate(series):
        axes.plot(
            steps,
            _positive(values),
            color=colors(index / (len(names) - 1)),
            linewidth=0.9,
            alpha=0.85,
            marker=marker,
        )
    logs = np.log10(np.array([_positive(values) for values in series]))
    median = [10 ** np.nanmedian(row) if np.isfinite(row).any() else np.nan for row in logs.T]
    axes.plot(steps, median, color="black", linewidth=2.0, label=f"median of {len(names)}", marker=marker)
    bar = figure.colorbar(depth, ax=axes, pad=0.02, aspect=30)
    bar.set_ticks([0, len(names) - 1], labels=["input", "output"])


def _draw_zeros(
    axes: Axes,
    steps: Sequence[int],
    names: Sequence[str],
    series: Sequence[NDArray[np.float64]],
    floor: float,
) -> None:
    """Ratios of exactly 0 at the lower edge, and in the legend who they belong to."""
    still = [name for name, values in zip(names, series, strict=True) if np.any(values == 0)]
    dead = [step for step, *row in zip(steps, *series, strict=True) if 0 in row]
    if still:
        text = f"exactly 0: {label(still[0], 20)}" + (f" and {len(still) - 1} more" if len(still) > 1 else "")
        axes.plot(
            dead,
            [floor] * len(dead),
            "v",
            color=INK,
            markersize=5,
            clip_on=False,
            zorder=4,
            label=text,
        )


def _limits(axes: Axes, series: Sequence[NDArray[np.float64]]) -> float:
    """Whole decades around the band and the data; returns the lower edge."""
    positive = [value for values in series for value in values if value > 0]
    low = max(min([HEALTHY[0] / 10, *positive]), _LOWEST)
    high = max([HEALTHY[1] * 10, *positive])
    low, high = 10 ** np.floor(np.log10(low) + 1e-9), 10 ** np.ceil(np.log10(high) - 1e-9)
    axes.set_ylim(low, high)
    return float(low)


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan)


def _name(layer: LayerNumbers) -> str:
    kind = getattr(layer, "kind", "")
    return f"{layer.name}  {kind}" if kind else layer.name
