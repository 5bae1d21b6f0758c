"""Drawing: the charts of ``report/charts/`` as panels of a figure; every number and axis is theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from nnbabysit.core.report.charts.chart import STYLES, Chart, ChartAxis, Series
from nnbabysit.core.report.charts.scale import Scale, drawable
from nnbabysit.core.report.charts.trial_plane import TrialPlane
from nnbabysit.core.report.plots.figure import COLORS, DASHES, INK, MUTED, label, say_no_data

Panel = Chart | TrialPlane
_FEW_POINTS = 40  # beyond it, markers on a curve touch each other
_LONGEST_TITLE = 60
_BAND = "#009E73"
_LOST = {"stopped": ("1", "0.45"), "diverged": ("x", COLORS[1]), "failed": ("+", COLORS[6])}


def draw_panels(figure: Figure, panels: Sequence[Panel], *, upright: bool = False) -> None:
    """Draw panels side by side or, ``upright``, one above another; one legend above names all of them."""
    shape = (len(panels), 1) if upright else (1, len(panels))
    ratios = {"height_ratios": [3] + [1] * (len(panels) - 1)} if upright else None
    shared = bool(isinstance(panels[0], Chart) and panels[0].y.choices)
    places = figure.subplots(*shape, squeeze=False, sharey=shared, sharex=upright, gridspec_kw=ratios)
    for axes, panel in zip(places.flat, panels, strict=True):
        if isinstance(panel, Chart):
            _draw_chart(axes, panel)
        else:
            _draw_plane(figure, axes, panel)
    for axes in places[:-1, 0]:
        axes.set_xlabel("")
    handles = {
        name: handle
        for axes, panel in zip(places.flat, panels, strict=True)
        if isinstance(panel, TrialPlane) or panel.legend
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if handles:
        figure.legend(
            list(handles.values()), list(handles), loc="outside upper left", ncols=min(3, len(panels) + 1),
            handlelength=2.8, columnspacing=1.8, markerscale=0.8,
        )  # fmt: skip


def _draw_chart(axes: Axes, chart: Chart) -> None:
    across, up = chart.scales((0, 1), (0, 1))
    _scale_axes(axes, chart.x, chart.y, across, up)
    axes.set_title(
        label(chart.title, _LONGEST_TITLE) if chart.title not in (chart.x.name, chart.y.name) else ""
    )
    if chart.band:
        text = f"band: {chart.band[0]:g}…{chart.band[1]:g}"
        axes.axhspan(*chart.band, color=_BAND, alpha=0.12, linewidth=0, label=text)
    for mark in chart.marks:
        line = ":" if mark.kind == "best" else "-"
        axes.axvline(mark.at, color=INK, linewidth=1.0, linestyle=line, zorder=1, label=mark.text)
    for series in chart.series:
        _DRAWN_AS[series.mark](axes, chart, series, across if chart.y.choices else up)
    if not chart.has_numbers:
        say_no_data(axes, "no finite values" if any(one.points for one in chart.series) else "no data")


def _scale_axes(axes: Axes, x: ChartAxis, y: ChartAxis, across: Scale, up: Scale) -> None:
    axes.set_xlabel(label(x.name, _LONGEST_TITLE))
    axes.set_ylabel(label(y.name, _LONGEST_TITLE))
    if across.log:
        axes.set_xscale("log", nonpositive="mask")
    if up.log:
        axes.set_yscale("log", nonpositive="mask")
    axes.set_xlim(across.low, across.high)
    axes.set_ylim(up.low, up.high)
    for axis, ours, scale in ((axes.xaxis, x, across), (axes.yaxis, y, up)):
        named = ours.labels(scale, 6)
        axis.set_ticks([], minor=True)
        axis.set_ticks([place for place, _ in named], [label(text, 32) for _, text in named])


def _line(axes: Axes, _chart: Chart, series: Series, up: Scale) -> None:
    """A line with gaps, a lonely point as a marker, and what is exactly 0 at the lower edge of a log axis."""
    x = [at for at, _ in series.points]
    y = [drawable(number) for _, number in series.points]
    shown = [np.nan if number is None or (up.log and number <= 0) else max(number, up.low) for number in y]
    color, dashes = _look_of(series)
    few = series.depth is None and len(x) <= _FEW_POINTS
    alone = np.isfinite(shown).sum() == 1
    axes.plot(
        x, shown, label=_legend_name(series), gid=_gid(series), color=color, linestyle=dashes,
        linewidth=1.6 if series.depth is None else 0.9, marker="os"[series.style % 2] if few or alone else "",
        markersize=3.0, markerfacecolor="white" if series.style % 2 else color,
    )  # fmt: skip
    zeros = [at for at, number in series.known if number == 0] if up.log else []
    if zeros:
        text = f"{label(series.name, 20)}: exactly 0"
        axes.plot(zeros, [up.low] * len(zeros), "v", color=color, clip_on=False, zorder=4, label=text)


def _dashed(axes: Axes, _chart: Chart, series: Series, _up: Scale) -> None:
    axes.plot(*_columns(series), color=MUTED, linestyle="--", linewidth=1.0, label=label(series.name))


def _dots(axes: Axes, chart: Chart, series: Series, across: Scale) -> None:
    x, y = _columns(series)
    color = COLORS[series.style]
    if series.spread:
        drawn: ErrorbarContainer = axes.errorbar(x, y, xerr=series.spread, fmt="o", color=color, capsize=3)
        drawn.lines[0].set_gid(_gid(series))
        return
    small = len(x) > _FEW_POINTS and not chart.y.choices
    axes.plot(
        x, y, "o" if small else "D", color=color, markersize=2.5 if small else 4.5, alpha=0.6 if small else 1,
        label=label(series.name), gid=_gid(series),
    )  # fmt: skip
    for at, row in series.known if across.log else ():
        if at == 0:
            axes.plot([across.low], [row], "<", color=INK, markersize=6, clip_on=False)
            axes.annotate("exactly 0", (across.low, row), (7, 0), textcoords="offset points", va="center")


def _bars(axes: Axes, chart: Chart, series: Series, _up: Scale) -> None:
    x, y = _columns(series)
    color = COLORS[series.style]
    if not chart.y.choices:
        width = min(np.diff([x for x, _ in series.points]), default=1.0) * 0.92
        axes.bar(x, y, width, color=color, label=label(series.name), gid=_gid(series))
        return
    axes.barh(y, x, height=0.6, color=color, gid=_gid(series))
    axes.grid(axis="y", visible=False)
    for at, row, text in zip(x, y, series.texts, strict=False):
        axes.annotate(text, (at, row), (4, 0), textcoords="offset points", va="center")


_DRAWN_AS: dict[str, Callable[[Axes, Chart, Series, Scale], None]] = {
    "line": _line,
    "dashed": _dashed,
    "dots": _dots,
    "bars": _bars,
}


def _gid(series: Series) -> str:
    """Id of what is drawn in the SVG file."""
    return f"series-{label(series.name)}"


def _legend_name(series: Series) -> str:
    """Of many layers the first and the last are named; matplotlib leaves out what begins with ``_``."""
    name = label(series.name, 28)
    ends = {None: name, 0.0: f"{name}, at the input", 1.0: f"{name}, at the output"}
    return ends.get(series.depth, f"_{name}")


def _columns(series: Series) -> tuple[list[float], list[float]]:
    return [x for x, _ in series.known], [y for _, y in series.known]


def _look_of(series: Series) -> tuple[object, object]:
    if series.depth is not None:
        return colormaps["viridis_r"](series.depth), "-"
    return COLORS[series.style % STYLES], DASHES[series.style % STYLES]


def _draw_plane(figure: Figure, axes: Axes, plane: TrialPlane) -> None:
    """A better value is lighter and larger, the best has a star; trials without a value lie at the bottom."""
    across, up = plane.scales((0, 1), (0, 1))
    _scale_axes(axes, plane.x, plane.y, across, up)
    complete = [(p.x, p.y, p.merit) for p in plane.points if p.merit is not None and p.y is not None]
    if complete:
        x, y, merits = np.array(complete).T
        points = axes.scatter(
            x, y, s=18 + 52 * merits, c=merits, cmap="viridis", vmin=0, vmax=1, edgecolors=INK,
            linewidths=0.5, label=f"complete: {len(complete)}", zorder=3, gid="trials-complete",
        )  # fmt: skip
        if plane.low:
            bar = figure.colorbar(points, ax=axes, pad=0.03, aspect=28, ticks=[0, 1])
            bar.ax.set_yticklabels([plane.low, plane.high])
            bar.outline.set_visible(False)
    for state, (marker, color) in _LOST.items():
        lost = [
            (p.x, up.low if p.y is None else p.y)
            for p in plane.points
            if p.merit is None and p.state == state
        ]
        if lost:
            axes.scatter(
                [x for x, _ in lost], [y for _, y in lost], marker=marker, color=color, linewidths=1.3,
                zorder=2, clip_on=False, label=f"{state}: {len(lost)}", gid=f"trials-{state}",
            )  # fmt: skip
    for best in plane.points:
        if best.best and best.y is not None:
            axes.scatter(
                best.x, best.y, s=230, marker="*", color="white", edgecolors="black", linewidths=1.2,
                zorder=4, label=label(f"best: {best.words.partition(' with ')[0]}"), gid="trials-best",
            )  # fmt: skip
    if not plane.points:
        say_no_data(axes, "no trial to show")
