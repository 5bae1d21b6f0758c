"""SVG: the charts of ``report/charts/`` as the numbers that a template draws.

The page draws charts instead of taking the run's pictures in: they follow the reader's light or dark
theme, stay sharp and readable at any width, and nothing of a foreign file gets into the page as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nnbabysit.core.report.charts.chart import Chart, ChartAxis, Series
from nnbabysit.core.report.charts.scale import Scale, drawable
from nnbabysit.core.report.charts.trial_plane import TrialPlane, TrialPoint

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, BOTTOM = 54, WIDTH - 12, HEIGHT - 36
_TOP, _TOP_BELOW_MARKS = 10, 22
_MOST_POINTS = 300
_FEW_POINTS = 40
_LONGEST = 9  # characters beside the vertical axis
SHADES = 6

Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedSeries:
    """A series ready to draw.

    Attributes:
        series: What it shows.
        path: The ``d`` of an SVG path.
        dots: Places that get a dot, when there are few, or when a point stands alone.
        zeros: Horizontal places of exact zeros, which a log axis shows at its lower edge.
    """

    series: Series
    path: str
    dots: tuple[Place, ...]
    zeros: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedChart:
    """A chart ready to draw.

    Attributes:
        top: Upper edge; the words of the marks stand above it.
        x_name: Name of the horizontal axis.
        x_ticks: Places and labels.
        y_ticks: Places and labels.
        lines: In the order of the legend; empty without a finite number.
        band: Upper and lower edge of the shaded range; None: none.
        marks: Place, words, kind and the text's anchor.
        points: Of trials: place, radius, shade 0…5 (5: best; None: no value), and the trial.
    """

    top: int = _TOP
    x_name: str = ""
    x_ticks: tuple[tuple[float, str], ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()
    lines: tuple[PlacedSeries, ...] = ()
    band: Place | None = None
    marks: tuple[tuple[float, str, str, str], ...] = ()
    points: tuple[tuple[float, float, float, int | None, TrialPoint], ...] = ()

    left, right, bottom, width, height = LEFT, RIGHT, BOTTOM, WIDTH, HEIGHT


def place_chart(chart: Chart) -> PlacedChart:
    """Lines over epochs or steps, in the units of the SVG."""
    top = _TOP_BELOW_MARKS if chart.marks else _TOP
    across, up = chart.scales((LEFT, RIGHT), (BOTTOM, top))
    band = chart.band and (up.place(chart.band[1]), up.place(chart.band[0]))
    return PlacedChart(
        top=top,
        x_name=chart.x.name,
        x_ticks=_ticks(chart.x, across),
        y_ticks=_ticks(chart.y, up),
        lines=tuple(_placed(one, across, up) for one in chart.series) if chart.has_numbers else (),
        band=(band[0], band[1]) if band and band[0] is not None and band[1] is not None else None,
        marks=tuple(_marks(chart, across)),
    )


def place_plane(plane: TrialPlane) -> PlacedChart:
    """Trials over one setting or two, in the units of the SVG."""
    across, up = plane.scales((LEFT, RIGHT), (BOTTOM, _TOP))
    points = []
    for point in plane.points:
        x, y = across.place(point.x), BOTTOM - 6.0 if point.y is None else up.place(point.y)
        if x is not None and y is not None:
            merit = point.merit
            shade = None if merit is None else min(SHADES - 1, int(merit * SHADES))
            points.append((x, y, 3.5 if merit is None else round(3 + 3 * merit, 1), shade, point))
    x_ticks, y_ticks = _ticks(plane.x, across), _ticks(plane.y, up)
    return PlacedChart(x_name=plane.x.name, x_ticks=x_ticks, y_ticks=y_ticks, points=tuple(points))


def bar_rows(chart: Chart) -> list[tuple[str, str, float]]:
    """Horizontal bars as name, text and width in percent of the largest number in sight."""
    (bars,) = chart.series
    longest = max([*chart.x.shown, *(x for x, _ in bars.points)], default=1.0)
    return [
        (name, text, round(100 * max(x, 0.0) / longest, 1))
        for (x, _), name, text in zip(bars.points, chart.y.choices, bars.texts, strict=True)
    ]


def _ticks(axis: ChartAxis, scale: Scale) -> tuple[tuple[float, str], ...]:
    placed = ((scale.place(value), text) for value, text in axis.labels(scale, 6 if axis.whole else 5))
    short = ((at, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…") for at, text in placed)
    return tuple((at, text) for at, text in short if at is not None)


def _placed(series: Series, across: Scale, up: Scale) -> PlacedSeries:
    """The path breaks where a number is missing; a point without neighbors, which has no path, is a dot."""
    pieces: list[list[Place]] = [[]]
    zeros = []
    for x, y in thinned([(x, drawable(y)) for x, y in series.points]):
        here = None if y is None else up.place(max(y, up.low) if y > 0 or not up.log else y)
        at = across.place(x) or 0.0
        if here is None:
            pieces.append([])
            if y == 0:
                zeros.append(at)
        else:
            pieces[-1].append((at, here))
    drawn = [piece for piece in pieces if piece]
    path = " ".join("M" + "L".join(f"{x:g} {y:g}" for x, y in piece) for piece in drawn if len(piece) > 1)
    few = len(series.points) <= _FEW_POINTS and series.depth is None
    dots = tuple(point for piece in drawn if few or len(piece) == 1 for point in piece)
    return PlacedSeries(series=series, path=path, dots=dots, zeros=tuple(zeros))


def thinned(points: Sequence[tuple[float, float | None]]) -> Sequence[tuple[float, float | None]]:
    """At most a few hundred points: of each stretch the lowest and the highest, so that no spike is lost."""
    if len(points) <= _MOST_POINTS:
        return points
    size = -(-len(points) // (_MOST_POINTS // 2))
    kept = {points[0], points[-1]}
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        known = [(y, x) for x, y in stretch if y is not None]
        if len(known) < len(stretch):
            kept.add(next(point for point in stretch if point[1] is None))
        kept |= {(x, y) for y, x in (min(known), max(known))} if known else set()
    return sorted(kept, key=lambda point: point[0])


def _marks(chart: Chart, across: Scale) -> Iterable[tuple[float, str, str, str]]:
    """The words stand on that side of their line where there is room."""
    for mark in chart.marks:
        at = across.place(mark.at)
        if at is not None and LEFT <= at <= RIGHT:
            yield at, mark.text, mark.kind, "start" if at < WIDTH * 0.55 else "end"
