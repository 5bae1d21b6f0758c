"""Signals: Ctrl-C and SIGTERM end a command in order; a second one ends it at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nnbabysit.cli.failures import Terminated
from nnbabysit.cli.render.terminal import is_terminal

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

    def handle(number: int, frame: FrameType | None) -> None:
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
