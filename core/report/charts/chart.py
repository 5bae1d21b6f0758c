"""Chart: what is drawn of a run, as plain numbers; every back end draws these and computes none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nnbabysit.core.formatting import number_text
from nnbabysit.core.report.charts.scale import Scale, drawable, fitted, wants_log

STYLES = 8
"""Line styles: a color and its own dashes each."""
_HIDDEN = 1e-6  # so far below a band, in shares of it, a number would push the band out of sight

Points = Sequence[tuple[float, object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Numbers to draw as one.

    Attributes:
        name: For the legend.
        points: Horizontal and vertical number; what is missing or not finite leaves a gap.
        style: Number of the line style, from 0.
        depth: Instead of a style: place between the input (0) and the output (1) of a network.
        mark: ``bars`` stand on the horizontal axis, or on the vertical one where it has choices.
        spread: Half the width of a horizontal error bar at each point; empty: none.
        texts: Text at the end of each bar; empty: none.
    """

    name: str
    points: Points
    style: int = 0
    depth: float | None = None
    mark: Literal["line", "dashed", "dots", "bars"] = "line"
    spread: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def known(self) -> list[tuple[float, float]]:
        """The points that can be drawn."""
        return [(x, y) for x, y in ((x, drawable(y)) for x, y in self.points) if y is not None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A vertical line with its words: the best epoch, or where a run stopped."""

    at: float
    text: str
    kind: Literal["best", "stop"] = "best"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartAxis:
    """One side of a chart.

    Attributes:
        name: What it shows, with its unit.
        log: Whether equal ratios are equally far apart.
        whole: Whether only integers are named, as for epochs and steps.
        shown: Numbers in sight whatever the data.
        choices: Names of the places 0, 1, …, instead of numbers.
    """

    name: str = ""
    log: bool = False
    whole: bool = False
    shown: tuple[float, ...] = ()
    choices: tuple[str, ...] = ()

    def scale(
        self, values: Iterable[float], start: float, end: float, *, first_at_end: bool = False
    ) -> Scale:
        """From ``start`` to ``end``, so that all values are in sight."""
        if self.choices:
            ends = (-0.5, len(self.choices) - 0.5)
            low, high = ends[::-1] if first_at_end else ends
            return Scale(low=low, high=high, start=start, end=end)
        return fitted([*self.shown, *values], start, end, log=self.log)

    def labels(self, scale: Scale, most: int) -> list[tuple[float, str]]:
        """Numbers to name, each with its text."""
        if self.choices:
            every = -(-len(self.choices) // 60)
            return [(float(place), name) for place, name in enumerate(self.choices)][::every]
        named = scale.labels(most)
        return [(value, text) for value, text in named if not self.whole or "." not in text]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Series over two axes.

    Attributes:
        title: What is shown, with its unit.
        x: Horizontal axis.
        y: Vertical axis.
        series: In the order of the legend.
        note: How to read it, one sentence; may be empty.
        band: Lower and upper end of a shaded range of the vertical axis.
        marks: Vertical lines.
        legend: Whether the names of the series are told.
    """

    title: str
    x: ChartAxis
    y: ChartAxis
    series: tuple[Series, ...]
    note: str = ""
    band: tuple[float, float] | None = None
    marks: tuple[Mark, ...] = ()
    legend: bool = True

    def scales(self, across: tuple[float, float], up: tuple[float, float]) -> tuple[Scale, Scale]:
        """Scales of both axes between the given places, the same for every back end."""
        columns = (x for one in self.series for x, _ in one.points)
        return self.x.scale(columns, *across), self.y.scale(self._in_sight(), *up, first_at_end=True)

    def _in_sight(self) -> Iterator[float]:
        low = self.band[0] * _HIDDEN if self.band and self.y.log else 0.0
        yield from (y for one in self.series for _, y in one.known if not 0 < y < low)
        yield from self.band or ()

    @property
    def has_numbers(self) -> bool:
        """Whether there is anything to draw."""
        return any(one.known for one in self.series)

    @property
    def words(self) -> str:
        """The chart in a sentence, for who cannot see it."""
        said = [_series_in_words(one, self.x.name) for one in self.series[:STYLES]]
        more = f"; and {len(self.series) - STYLES} more" if len(self.series) > STYLES else ""
        return f"{self.title}: {'; '.join(said)}{more}" if said else f"{self.title}: no data"


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_name: str = "epoch",
    log: bool | None = None,
    note: str = "",
    band: tuple[float, float] | None = None,
    marks: Sequence[Mark] = (),
    legend: bool = True,
) -> Chart:
    """Lines over epochs or steps; what is not said here is an attribute of the chart.

    ``log`` None is logarithmic when no number is negative and they span more than two decades; ``title`` also
    names the vertical axis.
    """
    known = [y for one in series for _, y in one.known]
    if log is None:
        log = wants_log(known) and min(known) >= 0
    y = ChartAxis(name=title, log=log)
    x = ChartAxis(name=x_name, whole=True)
    return Chart(
        title=title, x=x, y=y, series=tuple(series), note=note, band=band, marks=tuple(marks), legend=legend
    )


def styled(series: Iterable[Series]) -> list[Series]:
    """Each with its own line style while there are few, else with its depth in the network as a shade."""
    every = list(series)
    last = len(every) - 1
    many = last >= STYLES
    return [replace(one, style=i % STYLES, depth=i / last if many else None) for i, one in enumerate(every)]


def _series_in_words(series: Series, x_name: str) -> str:
    if not series.known:
        return f"{series.name} has no finite number"
    (first, start), (last, end) = series.known[0], series.known[-1]
    begin = f"{number_text(start)} at {x_name} {number_text(first)}"
    return f"{series.name} from {begin} to {number_text(end)} at {number_text(last)}"
