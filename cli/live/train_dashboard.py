"""Dashboard: the part of the live view that is redrawn, made of the latest numbers of a run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nnbabysit.cli.live.search_dashboard import SearchBoard
from nnbabysit.cli.render.terminal import clean_line
from nnbabysit.core.report.event_lines import duration, number, start_line, tiny_line

BARS = "▁▂▃▄▅▆▇█"
HISTORY = 60
"""Columns of the sparkline."""
HEALTHY_UPDATES = (1e-4, 1e-2)
"""Band of ‖ΔW‖/‖W‖ per step, around 1e-3 (CS231n notes, Neural Networks 3, "Ratio of weights:updates")."""


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


def update_style(ratio: float) -> str:
    """Green inside the healthy band, yellow up to ten times outside it, red beyond and for no number."""
    low, high = HEALTHY_UPDATES
    if low <= ratio <= high:
        return "green"
    return "yellow" if low / 10 <= ratio <= high * 10 else "red"


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
        self._eta: Any = None
        self._numbers: dict[str, Any] = {}
        self._updates: Mapping[str, float] = {}
        self._line = ""
        self._search: SearchBoard | None = None

    def take(self, kind: str, fields: Mapping[str, Any]) -> bool:
        """Take in an event; False if it changes nothing here."""
        takers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "start": self._take_start,
            "step": self._take_step,
            "progress": self._take_progress,
            "epoch": self._take_epoch,
            "trial": lambda fields: self._board().take_trial(fields),
            "placement": lambda fields: self._board().take_placement(fields),
            "tiny": self._take_tiny,
        }
        if kind not in takers:
            return False
        takers[kind](fields)
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
        if len(self.losses) > 1:
            parts.append(
                Text.assemble(("loss ", "dim"), sparkline(self.losses), f" {number(self.losses[-1])}")
            )
        if self._updates:
            parts.append(self._update_table())
        if self._search is not None:
            parts.append(self._search)
        return Group(*parts)

    def _take_start(self, fields: Mapping[str, Any]) -> None:
        self._title = start_line(fields)
        if str(fields.get("command", "")).startswith("search"):
            self._board()  # its clock begins

    def _take_step(self, fields: Mapping[str, Any]) -> None:
        self._forget()  # the next step of babysit starts from nothing
        self._title = clean_line(str(fields.get("command", "")))

    def _take_progress(self, fields: Mapping[str, Any]) -> None:
        if fields.get("command") == "search":
            self._board().take_progress(fields)
            return
        self._place(fields.get("step"), fields.get("steps"), fields)
        if fields.get("epochs"):
            self._count = f"epoch {fields.get('epoch', '?')}/{fields['epochs']}"
        if fields.get("loss") is not None:
            self._note_loss(fields["loss"])
            self._numbers["loss"] = fields["loss"]
        self._take_common(fields)

    def _take_epoch(self, fields: Mapping[str, Any]) -> None:
        self._place(fields.get("epoch"), fields.get("epochs"), fields)
        self._count = f"epoch {fields.get('epoch', '?')}/{fields.get('epochs', '?')}"
        if fields.get("train_loss") is not None:
            self._note_loss(fields["train_loss"])
        names = {
            "train_loss": "loss",
            "train_accuracy": "acc",
            "val_loss": "val loss",
            "val_accuracy": "val acc",
        }
        self._numbers |= {name: fields[key] for key, name in names.items() if fields.get(key) is not None}
        self._take_common(fields)

    def _take_common(self, fields: Mapping[str, Any]) -> None:
        names = {"lr": "lr", "grad_norm": "grad norm", "samples_per_second": "samples/s"}
        self._numbers |= {name: fields[key] for key, name in names.items() if fields.get(key) is not None}
        if fields.get("update_ratios"):
            self._updates = fields["update_ratios"]

    def _board(self) -> SearchBoard:
        if self._search is None:
            self._search = SearchBoard(self._clock)
        return self._search

    def _take_tiny(self, fields: Mapping[str, Any]) -> None:
        self._place(fields.get("epoch"), fields.get("epochs"), fields)
        self._note_loss(fields["cost"])
        self._line = tiny_line(fields)

    def _place(self, done: Any, of: Any, fields: Mapping[str, Any]) -> None:
        self._share = min(1.0, done / of) if done is not None and of else None
        self._eta = fields.get("eta")

    def _note_loss(self, loss: Any) -> None:
        if isinstance(loss, int | float):
            self.losses.append(float(loss))
            del self.losses[: -20 * HISTORY]

    def _bar(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        share = self._share or 0.0
        words = f"{share:4.0%} {self._count}" + (
            f" eta {duration(self._eta)}" if self._eta is not None else ""
        )
        grid.add_row(ProgressBar(total=1.0, completed=share, width=30), Text(words))
        return grid

    def _number_line(self) -> RenderableType:
        glued = {
            name.replace(" ", "\u00a0"): value for name, value in self._numbers.items()
        }  # wrap between pairs
        pairs = [Text.assemble((f"{name}\u00a0", "dim"), number(value)) for name, value in glued.items()]
        return Text("  ").join(pairs)

    def _update_table(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        for name, ratio in self._updates.items():
            style = update_style(ratio)
            verdict = {"green": "ok", "yellow": "outside 1e-4…1e-2", "red": "far outside 1e-4…1e-2"}[style]
            grid.add_row(
                Text("update", style="dim"),
                Text(clean_line(name)),
                Text(f"{ratio:.1e}", style=style),
                Text(verdict, style=style),
            )
        return grid
