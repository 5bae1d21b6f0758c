"""Search board: what the live view shows of a search, from the count of its trials to their scatter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nnbabysit.cli.live.axis import ALWAYS, NEVER, Axis
from nnbabysit.cli.live.scatter import MARKS, Scatter, end_label
from nnbabysit.cli.live.throughput import Countdown, Speed
from nnbabysit.cli.render.abbreviate import shortened
from nnbabysit.core.formatting import (
    clean_line,
    drawn_text,
    duration,
    loss_text,
    number_text,
    optional_text,
    score_text,
)
from nnbabysit.core.record.search_events import BestTrial, PlacementEvent, SearchProgressEvent, TrialEvent
from nnbabysit.core.report.charts.scale import WIDE, drawable
from nnbabysit.core.report.charts.trial_plane import PREFERRED
from nnbabysit.core.report.event_lines import placement_line
from nnbabysit.core.search.names import short_names

STYLES = {"complete": "", "diverged": "yellow", "stopped": "", "failed": "red"}
"""States in the order of their counts."""
FEWEST = 3
"""Complete trials below which a chart says nothing."""
NARROW = 60
"""Columns below which there is one chart."""
BAR, CELLS, ROWS = 30, 40, 8
"""Columns of the bar, cells of a chart in a row, its rows: at most."""
LEAST_CELLS, LEAST_ROWS = 10, 4


class SearchBoard:
    """Keeps counts, not trials, so that what it costs does not grow with the search.

    Only the charts hold points.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing is known yet."""
        self._speed = Speed(clock)
        self._trials: int | None = None
        self._told = self._earlier = self._ended = 0
        self._counts = dict.fromkeys(STYLES, 0)
        self._reasons: dict[str, tuple[str, str]] = {}
        self._share: float | None = None
        self._eta = Countdown(clock)
        self._running = ""
        self._best: BestTrial | None = None
        self._placement = ""
        self._metric = "val_acc"
        self._charts: dict[str, Scatter] = {}

    def take(self, event: SearchProgressEvent | TrialEvent | PlacementEvent) -> None:
        """Take in an event of a search."""
        match event:
            case SearchProgressEvent():
                self.take_progress(event)
            case TrialEvent():
                self.take_trial(event)
            case PlacementEvent():
                self.take_placement(event)

    def take_trial(self, event: TrialEvent) -> None:
        """Take in a trial that has ended; trials come in any order and in groups."""
        self._speed.count()
        self._told += 1
        self._trials = event.trials
        if self._told == 1:
            self._earlier = max(0, event.ended - 1)
        self._ended = max(self._ended, self._earlier + self._told)
        self._eta.tell(event.eta)
        state = event.state if event.state in self._counts else "failed"
        self._counts[state] += 1
        if state != "complete":
            reason = clean_line(event.reason or "no reason given")
            self._reasons[state] = f"trial {event.index + 1}: ", reason
        self._metric = clean_line(event.metric)
        self._draw_in(event, state)
        self._best = event.best or self._best

    def take_progress(self, event: SearchProgressEvent) -> None:
        """Take in how far the search is while trials train."""
        self._trials = event.trials
        self._ended = max(self._ended, event.ended)
        self._share = min(max(event.share, 0.0), 1.0)
        self._speed.note_share(self._share)
        place = f"epoch {number_text(event.epoch)}/{number_text(event.epochs)}"
        self._running = f"running {number_text(event.running)}, {place}" if event.running else ""

    def take_placement(self, event: PlacementEvent) -> None:
        """Take in how trials are laid on the machine."""
        self._placement = placement_line(event)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As many lines as there is something to say, and charts where they have room."""
        above = list(self._lines(options))
        yield from above
        used = len(above) + 2 + (self._best is not None)  # the title, the line below all, a second line
        rows = min(ROWS, console.size.height - used - 3)
        if rows >= LEAST_ROWS and self._counts["complete"] >= FEWEST:
            yield from self._chart_rows(options.max_width, rows, plain=options.ascii_only)

    def _lines(self, options: ConsoleOptions) -> Iterator[RenderableType]:
        width, dots = options.max_width, "..." if options.ascii_only else "…"
        if self._trials is not None:
            yield self._bar(width)
        if self._told:
            yield self._count_line()
        elif self._running:
            yield Text(self._running, style="dim")
        for state in (state for state in STYLES if state in self._reasons):
            which, reason = self._reasons[state]
            reason = shortened(reason, width - 10 - len(which), dots=dots)
            yield Text.assemble((f"{state:<10}", STYLES[state] or "dim"), (which + reason, "dim"))
        if self._best is not None:
            yield Text(f"best so far  {best_in_words(self._best, self._metric)}", style="green")
        if self._placement:
            fits = len(self._placement) <= width
            yield Text(self._placement if fits else self._placement.partition(" (")[0], style="dim")

    def _bar(self, width: int) -> RenderableType:
        whole = self._trials or 0
        share = self._share
        if whole and (share is None or self._ended >= whole):
            share = min(1.0, self._ended / whole)
        words = f"{share or 0.0:4.0%} {number_text(self._ended)}/{number_text(whole)} trials"
        speed = self._speed.per_second(whole)
        if speed is not None:
            words += f" {number_text(speed, 2)}/s" if speed >= 0.1 else f" {number_text(speed * 60, 2)}/min"
        eta = self._speed.seconds_left() if self._share is not None else None
        eta = self._eta.seconds_left() if eta is None else eta
        if eta is not None and self._ended < whole:
            words += f" eta {duration(eta)}"
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=1.0, completed=share or 0.0, width=min(BAR, max(5, width - len(words) - 2)))
        grid.add_row(bar, Text(words))
        return grid

    def _count_line(self) -> Text:
        known = [("earlier ", self._earlier, "")] if self._earlier else []
        known += [(f"{state} ", self._counts[state], style) for state, style in STYLES.items()]
        parts = [Text(f"{name}{number_text(count)}", style=style) for name, count, style in known if count]
        return Text(", ").join([*parts, *([Text(self._running, style="dim")] if self._running else [])])

    def _draw_in(self, event: TrialEvent, state: str) -> None:
        """Put the trial, and the best so far, on the charts."""
        if not self._charts:
            self._charts = _charts_of(event.params, self._metric)
        value = self._shown(event.value) if state == "complete" else None
        for path, chart in self._charts.items():
            x = drawable(event.params.get(path))
            if x is not None and (value is not None or state != "complete"):
                chart.add(x, value, state)
            best = None if event.best is None else drawable(event.best.params.get(path))
            height = None if event.best is None else self._shown(event.best.value)
            if best is not None and height is not None:
                chart.set_best(best, height)

    def _shown(self, value: float | None) -> float | None:
        """A value as people know it: a loss is told with its sign turned, so that larger is better."""
        known = drawable(value)
        return -known if known is not None and self._metric == "val_loss" else known

    def _chart_rows(self, width: int, rows: int, *, plain: bool) -> Iterator[Text]:
        """Charts side by side over one vertical axis, whose ends stand at the first."""
        charts = list(self._charts.values())[: 1 if width < NARROW else 2]
        if not charts:
            return
        y = charts[0].y
        labels = max(len(end_label(y.low)), len(end_label(y.high)))
        cells = min(CELLS, (width - labels - 1) // len(charts) - 2)
        if cells < LEAST_CELLS:
            return
        yield Text(self._chart_title(), style="dim", no_wrap=True, overflow="crop")
        drawn = [
            chart.rows(cells, rows, labels=0 if place else labels, plain=plain)
            for place, chart in enumerate(charts)
        ]
        for line in zip(*drawn, strict=True):
            joined = Text("  ").join(line)
            joined.no_wrap, joined.overflow = True, "crop"
            yield joined

    def _chart_title(self) -> str:
        """The vertical axis, and the marks on the bottom line."""
        better = ", lower is better" if self._metric == "val_loss" else ""
        marks = ", ".join(f"{mark} {state}" for state, mark in MARKS.items() if self._counts[state])
        return f"{self._metric}{better}" + (f"  (below: {marks})" if marks else "")


def _charts_of(params: Mapping[str, object], metric: str) -> dict[str, Scatter]:
    """Charts of learning rate and penalty, or else of the first settings that are numbers; at most two."""
    numeric = [path for path in params if drawable(params[path]) is not None]
    wanted = [path for path in PREFERRED if path in numeric]
    wanted += [path for path in numeric if path not in wanted]
    names = short_names(params)
    y = Axis(metric, WIDE if metric == "val_loss" else NEVER)
    return {
        path: Scatter(Axis(clean_line(names[path]), ALWAYS if path in PREFERRED else WIDE), y)
        for path in wanted[:2]
    }


def best_in_words(best: BestTrial, metric: str) -> str:
    """Value and settings of the best trial."""
    names = short_names(best.params)
    pairs = ((names[key], drawn_text(value)) for key, value in best.params.items())
    drawn = ", ".join(f"{clean_line(name)} {clean_line(text)}" for name, text in pairs)
    value = best.value or 0.0
    shown = f"val_loss {loss_text(-value)}" if metric == "val_loss" else score_text(value)
    loss = f" (val_loss {optional_text(best.loss, loss_text)})" if best.by_loss else ""
    return f"{shown}{loss}  {drawn}".rstrip()
