"""Dashboard: the part of the live view that is redrawn, made of the latest numbers of a run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nnbabysit.cli.live.search_dashboard import SearchBoard
from nnbabysit.cli.live.throughput import Countdown
from nnbabysit.core.diagnosis.rules.bands import RATIO_TOO_HIGH, RATIO_TOO_LOW
from nnbabysit.core.formatting import (
    clean_line,
    duration,
    loss_text,
    number_text,
    optional_text,
    rate_text,
    score_text,
)
from nnbabysit.core.record.events import CheckpointEvent, Event, FindingEvent, GateEvent, StartEvent
from nnbabysit.core.record.search_events import PlacementEvent, SearchProgressEvent, TrialEvent
from nnbabysit.core.record.training_events import EpochEvent, TinyEvent, TrainProgressEvent
from nnbabysit.core.report.event_lines import start_line, tiny_line

BARS = "▁▂▃▄▅▆▇█"
HISTORY = 60
"""Columns of the sparkline."""
RATIO_FINDINGS = {"UPD001": "above", "UPD002": "below"}
"""Rules on update ratios, and the side of the band that they are about."""


def sparkline(values: Sequence[float], width: int = HISTORY) -> str:
    """Values as a row of bars from the lowest to the highest; more values than columns are averaged."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ""
    count = min(width, len(finite))
    edges = [round(i * len(finite) / count) for i in range(count + 1)]
    means = [math.fsum(finite[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    span = high - low or 1.0
    return "".join(BARS[round((mean - low) / span * (len(BARS) - 1))] for mean in means)


def ratio_in_words(ratio: float) -> str:
    """Where an update ratio lies, by the band of the rules: ``ok``, ``above 1e-2`` or ``below 1e-4``."""
    if not math.isfinite(ratio):
        return "not finite"
    if ratio > RATIO_TOO_HIGH:
        return f"above {RATIO_TOO_HIGH:g}"
    return f"below {RATIO_TOO_LOW:g}" if ratio < RATIO_TOO_LOW else "ok"


class Dashboard:
    """Keeps the latest numbers of each kind of event and draws them.

    Attributes:
        losses: Training loss, epoch by epoch and between epochs.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is known yet; ``clock`` gives seconds that only grow."""
        self._clock = clock
        self._forget()

    def _forget(self) -> None:
        self.losses: list[float] = []
        self._title = ""
        self._share: float | None = None
        self._count = ""
        self._eta = Countdown(self._clock)
        self._began = self._clock()
        self._scores: dict[int, str] = {}
        self._best: int | None = None
        self._numbers: dict[str, str] = {}
        self._updates: Mapping[str, float] = {}
        self._faulty: set[str] = set()
        self._line = ""
        self._search: SearchBoard | None = None

    def take(self, event: Event) -> bool:
        """Take in an event; False if it changes nothing here."""
        match event:
            case StartEvent():
                self._take_start(event)
            case GateEvent():
                self._forget()  # the next gate starts from nothing
                self._title = clean_line(event.command)
            case TrainProgressEvent():
                self._take_progress(event)
            case EpochEvent():
                self._take_epoch(event)
            case TinyEvent():
                self._take_tiny(event)
            case CheckpointEvent():
                self._take_checkpoint(event)
            case SearchProgressEvent() | TrialEvent() | PlacementEvent():
                self._board().take(event)
            case FindingEvent():
                self._take_finding(event)
            case _:
                return False
        return True

    def draw(self) -> RenderableType:
        """What is known by now; nothing before the first event."""
        parts: list[RenderableType] = [Text(self._title, style="bold")] if self._title else []
        if self._share is not None:
            parts.append(self._bar())
        if self._line:
            parts.append(Text(self._line))
        if self._numbers:
            parts.append(self._number_line())
        if self._best in self._scores:
            best = f"best so far  epoch {self._best}: {self._scores[self._best]}"
            parts.append(Text(best, style="green"))
        if len(self.losses) > 1:
            parts.append(
                Text.assemble(("loss ", "dim"), sparkline(self.losses), f" {loss_text(self.losses[-1])}")
            )
        if self._updates:
            parts.append(self._update_table())
        if self._search is not None:
            parts.append(self._search)
        return Group(*parts)

    def _take_start(self, event: StartEvent) -> None:
        self._title = start_line(event)
        self._began = self._clock()
        if event.command.startswith("search"):
            self._board()  # its clock begins

    def _take_progress(self, event: TrainProgressEvent) -> None:
        self._place(event.step, event.steps, event.eta)
        self._count = (
            f"step {number_text(event.step)}/{number_text(event.steps)} epoch {event.epoch}/{event.epochs}"
        )
        self._note_loss(event.loss)
        self._note_numbers(event, {"loss": loss_text(event.loss)})

    def _take_epoch(self, event: EpochEvent) -> None:
        self._place(event.epoch, event.epochs, event.eta)
        self._count = f"epoch {event.epoch}/{event.epochs}"
        self._note_loss(event.train_loss)
        scores = {
            "loss": loss_text(event.train_loss),
            "acc": optional_text(event.train_accuracy, score_text),
            "val loss": loss_text(event.val_loss),
            "val acc": optional_text(event.val_accuracy, score_text),
        }
        kept = [f"{name} {scores[name]}" for name in ("val acc", "val loss") if scores[name]]
        self._scores[event.epoch] = ", ".join(kept)
        self._note_numbers(event, scores)

    def _take_finding(self, event: FindingEvent) -> None:
        """Only a rule, which sees the whole run, makes a ratio a warning: healthy runs leave the band too."""
        side = RATIO_FINDINGS.get(event.id)
        self._faulty |= {side} if side else set()

    def _note_numbers(self, event: TrainProgressEvent | EpochEvent, scores: Mapping[str, str]) -> None:
        further = {
            "lr": rate_text(event.lr),
            "grad norm": optional_text(event.gradient_norm, number_text),
            "samples/s": number_text(event.samples_per_second, 3),
        }
        self._numbers |= {name: text for name, text in {**scores, **further}.items() if text}
        self._updates = event.update_ratios or self._updates

    def _board(self) -> SearchBoard:
        if self._search is None:
            self._search = SearchBoard(self._clock)
        return self._search

    def _take_tiny(self, event: TinyEvent) -> None:
        self._place(event.epoch, event.epochs, None)
        self._note_loss(event.cost)
        self._line = tiny_line(event)

    def _place(self, done: int, of: int, eta: float | None) -> None:
        self._share = min(1.0, done / of) if of else None
        self._eta.tell(eta)

    def _take_checkpoint(self, event: CheckpointEvent) -> None:
        if event.best:
            self._best = event.epoch

    def _note_loss(self, loss: float) -> None:
        self.losses.append(loss)
        del self.losses[: -20 * HISTORY]

    def _bar(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        share = self._share or 0.0
        words = f"{share:4.0%} {self._count} elapsed {duration(self._clock() - self._began)}"
        left = self._eta.seconds_left()
        words += f" eta {duration(left)}" if left is not None else ""
        grid.add_row(ProgressBar(total=1.0, completed=share, width=30), Text(words))
        return grid

    def _number_line(self) -> RenderableType:
        glued = {
            name.replace(" ", "\u00a0"): text for name, text in self._numbers.items()
        }  # wrap between pairs
        pairs = [Text.assemble((f"{name}\u00a0", "dim"), text) for name, text in glued.items()]
        return Text("  ").join(pairs)

    def _update_table(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        for name, ratio in self._updates.items():
            words = ratio_in_words(ratio)
            style = "green" if words == "ok" else "yellow" if words.split()[0] in self._faulty else ""
            grid.add_row(
                Text("update", style="dim"),
                Text(clean_line(name)),
                Text(rate_text(ratio), style=style),
                Text(words, style=style),
            )
        return grid
