"""Deadline: ends a command that has no checkpoint to stop at, when its time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from nnbabysit.cli.failures import TimeIsUp

if TYPE_CHECKING:
    from nnbabysit.core.record.run import Event, Listener


def deadline(seconds: float, clock: Callable[[], float] = time.monotonic) -> Listener:
    """A listener that raises ``TimeIsUp`` at the first event after ``seconds`` from now."""
    end = clock() + seconds

    def listen(event: Event) -> None:
        if clock() > end:
            raise TimeIsUp(seconds)

    return listen
