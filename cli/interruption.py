"""Interruption: Ctrl-C, SIGTERM and a time limit end a command in order; a second signal ends it at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from nnbabysit.cli.render.terminal import is_terminal
from nnbabysit.core.workflow.failure import Terminated, TimeIsUp

if TYPE_CHECKING:
    from nnbabysit.core.record.events import Event, Listener

SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def ending_in_order() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, SIGTERM raises Terminated; the second one exits with 128 + its number.

    Outside the main thread signals cannot be handled, and nothing changes. An ignored signal stays ignored
    (``nohup``, a shell's ``&``).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen = 0

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        seen += 1
        if seen > 1:
            if is_terminal(sys.stderr):
                os.write(2, SHOW_CURSOR.encode())
            os._exit(128 + number)
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated

    old = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, handler in old.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def deadline(seconds: float, clock: Callable[[], float] = time.monotonic) -> Listener:
    """A listener that raises ``TimeIsUp`` at the first event after ``seconds`` from now."""
    end = clock() + seconds

    def listen(_event: Event) -> None:
        if clock() > end:
            raise TimeIsUp(seconds)

    return listen
