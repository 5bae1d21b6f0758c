"""Chart: lines or points as the numbers that an SVG needs; the template draws them.

The page draws its own charts instead of taking the run's pictures in: they follow the reader's light or dark
theme, stay sharp and readable at any width, and nothing of a foreign file gets into the page as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.report.page.scale import Scale, drawable, fitted, wants_log
from nnbabysit.core.report.words import number

WIDTH, HEIGHT = 420, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 12, 8, 36
_ROOM_FOR_MARKS = 14
_MOST_POINTS = 300
_FEW_POINTS = 40
STYLES = 8
"""Line styles of the page: a color and its own dashes each."""

Points = Sequence[tuple[float, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Numbers to draw as one line.

    Attributes:
        name: For the legend.
        points: Horizontal place and number; what is missing or not finite leaves a gap.
        style: Number of the line style, from 0.
        depth: Instead of a style: place between the input (0) and the output (1) of a network.
    """

    name: str
    points: Points
    style: int = 0
    depth: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A vertical line with its words: the best epoch, or where a run stopped."""

    at: float
    text: str
    kind: str = "best"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A series ready to draw.

    Attributes:
        series: What it shows.
        path: The ``d`` of an SVG path.
        dots: Places that get a dot, when there are few, or when a point stands alone.
        zeros: Horizontal places of exact zeros, which a log axis shows at its lower edge.
    """

    series: Series
    path: str
    dots: tuple[tuple[float, float], ...]
    zeros: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A line chart.

    Attributes:
        title: What is shown, with its unit.
        x_name: Name of the horizontal axis.
        note: How to read it, one sentence; may be empty.
        x_ticks: Places and labels.
        y_ticks: Places and labels.
        lines: In the order of the legend.
        band: Upper and lower edge of the healthy range; None: none.
        marks: Place, words, kind and the text's anchor.
        words: The chart in a sentence, for who cannot see it.
        legend: Whether the names stand below it.
        top: Upper edge of the drawing; the words of the marks stand above it.
    """

    title: str
    x_name: str
    note: str = ""
    top: int = _TOP
    x_ticks: tuple[tuple[float, str], ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()
    lines: tuple[Line, ...] = ()
    band: tuple[float, float] | None = None
    marks: tuple[tuple[float, str, str, str], ...] = ()
    words: str = ""
    legend: bool = True

    left, right, bottom = _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM
    width, height = WIDTH, HEIGHT


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_name: str = "epoch",
    note: str = "",
    log: bool | None = None,
    band: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    legend: bool = True,
) -> Chart:
    """Lines over epochs or steps.

    Args:
        title: What is shown, with its unit.
        series: Lines, in the order of the legend.
        x_name: Name of the horizontal axis.
        note: How to read it.
        log: Logarithmic numbers; None: when they are positive and span more than two decades.
        band: Healthy range of the numbers, always in sight.
        marks: Vertical lines.
        legend: Whether the names stand below it.
    """
    clean = [[(x, drawable(y)) for x, y in one.points] for one in series]
    known = [y for points in clean for _, y in points if y is not None]
    if log is None:
        log = wants_log(known) and min(known) >= 0
    across = fitted((x for points in clean for x, _ in points), _LEFT, WIDTH - _RIGHT, log=False)
    inside = [y for y in known if not (band and log and 0 < y < band[0] * 1e-6)]
    top = _TOP + (_ROOM_FOR_MARKS if marks else 0)
    up = fitted([*inside, *(band or ())], HEIGHT - _BOTTOM, top, log=log)
    lines = [_line(one, points, across, up) for one, points in zip(series, clean, strict=True)]
    return Chart(
        title=title,
        top=top,
        x_name=x_name,
        note=note,
        x_ticks=tuple((x, text) for x, text in across.ticks(6) if "." not in text),
        y_ticks=tuple(up.ticks()),
        lines=tuple(lines) if known else (),
        band=_band(band, up),
        marks=tuple(_marks(marks, across)),
        words=_in_words(title, series, clean, x_name),
        legend=legend,
    )


def _line(series: Series, points: Points, across: Scale, up: Scale) -> Line:
    """The path breaks where a number is missing; a point without neighbors, which has no path, is a dot."""
    pieces: list[list[tuple[float, float]]] = [[]]
    zeros = []
    for x, y in thinned(points):
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
    few = len(points) <= _FEW_POINTS and series.depth is None
    dots = tuple(point for piece in drawn if few or len(piece) == 1 for point in piece)
    return Line(series=series, path=path, dots=dots, zeros=tuple(zeros))


def thinned(points: Points) -> Points:
    """At most a few hundred points: of each stretch the lowest and the highest, so that no spike is lost."""
    if len(points) <= _MOST_POINTS:
        return points
    size = -(-len(points) // (_MOST_POINTS // 2))
    kept: list[tuple[float, Any]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        known = [point for point in stretch if point[1] is not None]
        if len(known) < len(stretch):
            kept.append(next(point for point in stretch if point[1] is None))
        if known:
            kept += {min(known, key=lambda p: p[1]), max(known, key=lambda p: p[1])}
    kept += [points[0], points[-1]]
    return sorted(set(kept), key=lambda point: point[0])


def _band(band: tuple[float, float] | None, up: Scale) -> tuple[float, float] | None:
    if band is None:
        return None
    low, high = (up.place(edge) for edge in band)
    return None if low is None or high is None else (high, low)


def _marks(marks: Iterable[Mark], across: Scale) -> Iterable[tuple[float, str, str, str]]:
    """The words stand on that side of their line where there is room."""
    for mark in marks:
        at = across.place(mark.at)
        if at is not None and _LEFT <= at <= WIDTH - _RIGHT:
            yield at, mark.text, mark.kind, "start" if at < WIDTH * 0.55 else "end"


def _in_words(title: str, series: Sequence[Series], clean: Sequence[Points], x_name: str) -> str:
    said = []
    for one, points in zip(series[:STYLES], clean, strict=False):
        known = [(x, y) for x, y in points if y is not None]
        if known:
            (first, start), (last, end) = known[0], known[-1]
            start_text = f"{number(start)} at {x_name} {number(first)}"
            said.append(f"{one.name} from {start_text} to {number(end)} at {number(last)}")
        else:
            said.append(f"{one.name} has no finite number")
    more = f"; and {len(series) - STYLES} more" if len(series) > STYLES else ""
    return f"{title}: {'; '.join(said)}{more}" if said else f"{title}: no data"
