"""Progress without a terminal: one plain line per epoch, trial or check; no boxes, no color, no wrapping."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nnbabysit.cli.render.data_notes import Heard, is_data_note
from nnbabysit.core.record.training_events import TinyEvent
from nnbabysit.core.report.event_lines import line_of

if TYPE_CHECKING:
    from nnbabysit.core.record.events import Event

ONLY_VERBOSE = frozenset({"checkpoint"})
ONLY_IN_BABYSIT = frozenset({"step", "verdict"})  # elsewhere the result is rendered at once


EVERY = 10
"""In ``overfit-tiny`` the first epoch, every tenth and the last have a line."""


class PlainView:
    """A listener that writes the line of each event.

    Args:
        write_line: Takes one line without line break.
        quiet: Write nothing but how the data was read.
        verbose: Write checkpoints too.
        steps: Several steps run one after another (``babysit``): write their headings and verdicts.
    """

    def __init__(
        self,
        write_line: Callable[[str], None],
        *,
        quiet: bool = False,
        verbose: bool = False,
        steps: bool = False,
    ) -> None:
        """Nothing is written yet."""
        self._write_line = write_line
        self._quiet = quiet
        self._every = 1 if verbose else EVERY
        self._passed_over: str | None = None
        self._hidden = frozenset() if verbose else ONLY_VERBOSE
        self._hidden |= frozenset() if steps else ONLY_IN_BABYSIT
        self._heard = Heard()

    def __call__(self, event: Event) -> None:
        """Write the event's line, if it has one."""
        if (self._quiet and not is_data_note(event)) or event.kind in self._hidden:
            return
        if self._heard.again(event):
            return
        line = line_of(event)
        if isinstance(event, TinyEvent) and event.epoch != 1 and event.epoch % self._every:
            self._passed_over = line
            return
        if not isinstance(event, TinyEvent):
            self._write_passed_over()
        self._passed_over = None
        if line:
            self._write_line(line)

    def _write_passed_over(self) -> None:
        """The last epoch of ``overfit-tiny``: which one is the last shows when something else comes."""
        if self._passed_over:
            self._write_line(self._passed_over)
        self._passed_over = None

    def __enter__(self) -> Self:
        """Nothing to set up."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what was waited with."""
        self._write_passed_over()
