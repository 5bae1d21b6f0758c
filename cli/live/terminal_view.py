"""Live view: in a terminal, lines scroll above a dashboard that is redrawn a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from nnbabysit.cli.live.train_dashboard import Dashboard
from nnbabysit.cli.render.data_notes import Heard
from nnbabysit.core.record.events import (
    CheckEvent,
    CheckpointEvent,
    Event,
    GateEvent,
    NoteEvent,
    StartEvent,
    VerdictEvent,
)
from nnbabysit.core.record.search_events import PlacementEvent, TrialEvent
from nnbabysit.core.record.training_events import EpochEvent, TinyEvent
from nnbabysit.core.report.event_lines import NOTE, line_of

REFRESH_SECONDS = 0.25
MILESTONES = 10
"""Lines of ``overfit-tiny`` that stay on the screen; the others pass by in the dashboard."""
LINES = 32
"""Lines of trials that come at once; when more end, they come together at the next redrawing."""
STYLES = {"warning": "yellow", "step": "bold", "checkpoint": "dim"}


class LiveView:
    """A listener for a terminal. There is no drawing thread: it draws when an event comes, and not too often.

    Args:
        console: Where to draw; markup and highlighting are off in it.
        verbose: Show checkpoints and the line of every epoch too.
        steps: Several steps run one after another (``babysit``): show their headings and verdicts.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        console: Console,
        *,
        verbose: bool = False,
        steps: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is written yet."""
        self._console = console
        self._verbose = verbose
        self._steps = steps
        self._clock = clock
        self._drawn = -REFRESH_SECONDS
        self._dashboard = Dashboard(clock)
        self._heard = Heard()
        self._waiting: list[Text] = []
        self._passed_over: Text | None = None
        self._allowed, self._counted = float(LINES), clock()
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._dashboard.draw,
        )

    def __enter__(self) -> Self:
        """Hide the cursor and start drawing."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the dashboard away and give the cursor back."""
        self._keep_passed_over()
        self._print_waiting()
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Print the event's line if it should stay, and redraw the dashboard if it is time."""
        changed = self._dashboard.take(event)
        line = self._lasting_line(event)
        if event.kind == "tiny":
            tiny = None if line else line_of(event)
            self._passed_over = None if tiny is None else styled(event, tiny)
        elif line:
            self._keep_passed_over()
        if line:
            self._waiting.append(line)
        now = self._clock()
        due = now - self._drawn >= REFRESH_SECONDS and (changed or bool(self._waiting))
        if due or (line and (not isinstance(event, TrialEvent) or self._may_print(now))):
            self._print_waiting()
            self._live.refresh()
            self._drawn = now

    def _keep_passed_over(self) -> None:
        """The last epoch of ``overfit-tiny``: which one is the last shows when something else comes."""
        if self._passed_over is not None:
            self._waiting.append(self._passed_over)
        self._passed_over = None

    def _print_waiting(self) -> None:
        if self._waiting:
            self._console.print(Text("\n").join(self._waiting), overflow="fold")
            self._waiting.clear()

    def _may_print(self, now: float) -> bool:
        """Whether the line of a trial need not wait for the next redrawing: not when many end in a second."""
        self._allowed = min(float(LINES), self._allowed + (now - self._counted) / REFRESH_SECONDS)
        self._counted = now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True

    def _lasting_line(self, event: Event) -> Text | None:
        if self._heard.again(event) or not self._lasts(event):
            return None
        line = line_of(event)
        return None if line is None else styled(event, line)

    def _lasts(self, event: Event) -> bool:
        match event:
            case StartEvent():
                return False
            case EpochEvent() | CheckpointEvent() | PlacementEvent():
                return self._verbose
            case GateEvent() | VerdictEvent():
                return self._steps
            case TinyEvent(epoch=epoch, epochs=epochs):
                every = max(1, epochs // MILESTONES)
                return self._verbose or epoch in (1, epochs) or epoch % every == 0
        return True


def styled(event: Event, line: str) -> Text:
    """The line in its colors; it never passes through Rich markup."""
    text = Text(line, style=STYLES.get(event.kind, ""))
    match event:
        case CheckEvent(passed=passed):
            text.stylize("dim" if passed is None else "green" if passed else "bold red", 0, 2)
        case NoteEvent() if line.startswith(NOTE):
            text.stylize("cyan", 0, len(NOTE))
        case TrialEvent(good=True):
            text.stylize("bold green")
        case TrialEvent() if event.state != "complete":
            text.stylize("yellow")
        case VerdictEvent(verdict=verdict):
            text.stylize("green" if verdict == "pass" else "bold red", 0, line.find(":"))
    return text
