"""Sink: a listener behind a queue, for whatever may be slow, hang or fail while the run must go on."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

from nnbabysit.core.record.events import Event

CAPACITY = 10_000
"""Events that wait; more are dropped and counted."""
FAILURES = 3
"""Events that may fail before the sink is given up."""
FLUSH_SECONDS = 5.0
"""Longest time that something written stays in a buffer while the run goes on."""


class Writer(Protocol):
    """What a sink hands the events to, in a thread of its own; each method may raise or hang."""

    def write(self, event: Event) -> None:
        """Take one event."""

    def flush(self) -> None:
        """Let others see what was written."""

    def close(self) -> None:
        """End."""


class Sink:
    """Hands events to a writer in a daemon thread.

    A call costs one entry in a queue. It never waits and never raises because of the writer: when the queue
    is full the event is dropped, and after ``failures`` errors the writer is given up and one line says so.
    """

    def __init__(
        self,
        name: str,
        open_writer: Callable[[], Writer],
        *,
        tell: Callable[[str], None],
        capacity: int = CAPACITY,
        failures: int = FAILURES,
    ) -> None:
        """Start the thread.

        Args:
            name: What messages call it, such as ``tensorboard``.
            open_writer: Makes the writer, in the thread; if it raises, the sink is given up at once.
            tell: Called at most once, by the thread that sends events, with the line that says so.
            capacity: Events that may wait.
            failures: Errors after which the writer is given up.
        """
        self._name = name
        self._open = open_writer
        self._tell = tell
        self._failures = failures
        self._queue: queue.Queue[Event | None] = queue.Queue(capacity)
        self._closing = threading.Event()
        self._dropped = 0
        self._trouble = ""
        self._told = False
        self._thread = threading.Thread(target=self._work, name=f"nnbabysit-{name}", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Take an event of the run."""
        if self._closing.is_set():
            return
        if self._trouble:
            if not self._told:
                self._told = True  # first: telling is an event too
                self._tell(self._trouble)
            return
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self._dropped += 1

    def close(self, timeout: float = 1.0) -> str:
        """End after at most ``timeout`` seconds, whatever the writer does; a second call does nothing.

        Returns:
            What went wrong and was not told yet, one sentence; empty if nothing did.
        """
        if self._closing.is_set():
            return ""
        self._closing.set()
        with contextlib.suppress(queue.Full):  # then the thread sees the mark, once it has emptied the queue
            self._queue.put_nowait(None)
        self._thread.join(timeout)
        if self._told:
            return ""
        if self._trouble:
            return self._trouble
        if not self._thread.is_alive() and not self._dropped:
            return ""
        missing = f"{self._dropped} events are missing" if self._dropped else "its last events may be missing"
        return f"{self._name} did not keep up: {missing}; the run itself is complete"

    def _work(self) -> None:
        try:
            writer = self._open()
        except Exception as error:
            self._give_up(error)
            return
        try:
            self._hand_over(writer)
            writer.close()
        except Exception as error:
            self._give_up(error)
            with contextlib.suppress(Exception):
                writer.close()

    def _hand_over(self, writer: Writer) -> None:
        """Write what comes until the end; raises the error that was one too many."""
        failures, flushed = 0, time.monotonic()
        while True:
            try:
                event = self._queue.get(timeout=FLUSH_SECONDS)
                if event is None:
                    return
                writer.write(event)
            except queue.Empty:
                pass
            except Exception:
                failures += 1
                if failures >= self._failures:
                    raise
            if time.monotonic() - flushed >= FLUSH_SECONDS:
                writer.flush()
                flushed = time.monotonic()
            if self._closing.is_set() and self._queue.empty():
                return

    def _give_up(self, error: Exception) -> None:
        words = " ".join(str(error).split()) or type(error).__name__
        self._trouble = f"{self._name} is given up: {words}; the run goes on without it"
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
