"""A sink never stops and never slows whoever sends events, whatever its writer does."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nnbabysit.core.record.events import Event, NoteEvent
from nnbabysit.core.record.sink import Sink


class Writer:
    """Keeps what it gets; a test may let it raise or hang."""

    def __init__(self, act: Callable[[Event], None] = lambda event: None) -> None:
        self.act = act
        self.events: list[str] = []
        self.closed = False

    def write(self, event: Event) -> None:
        self.act(event)
        assert isinstance(event, NoteEvent)
        self.events.append(event.text)

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        self.closed = True


def no_tale(text: str) -> None:
    raise AssertionError(text)


def event(number: int) -> Event:
    return NoteEvent(text=str(number))


def test_every_event_arrives_in_order_and_the_writer_is_closed() -> None:
    writer = Writer()
    sink = Sink("test", lambda: writer, tell=no_tale)
    for number in range(1000):
        sink(event(number))
    assert sink.close(60) == ""
    assert writer.events == [str(number) for number in range(1000)]
    assert writer.closed
    sink(event(1000))
    assert sink.close() == ""
    assert len(writer.events) == 1000


def test_a_writer_that_hangs_costs_events_and_nothing_else() -> None:
    released, entered = threading.Event(), threading.Event()

    def hang(event: Event) -> None:
        entered.set()
        released.wait()

    writer = Writer(hang)
    sink = Sink("test", lambda: writer, tell=no_tale, capacity=10)
    sink(event(0))
    assert entered.wait(60)
    for number in range(1, 31):
        sink(event(number))
    assert sink.close(0.01) == "test did not keep up: 20 events are missing; the run itself is complete"
    assert writer.events == []  # it still hangs, and we got here
    released.set()
    sink._thread.join(60)
    assert writer.events == [str(number) for number in range(11)]
    assert writer.closed


def test_a_writer_that_hangs_before_it_is_open_is_left_alone() -> None:
    released = threading.Event()

    def open_writer() -> Writer:
        released.wait()
        return Writer()

    sink = Sink("test", open_writer, tell=no_tale)
    sink(event(0))
    assert "its last events may be missing" in sink.close(0.01)
    released.set()
    sink._thread.join(60)
    assert not sink._thread.is_alive()


def test_failures_are_borne_up_to_a_number_and_told_once() -> None:
    told: list[str] = []
    calls = threading.Semaphore(0)

    def fail(event: Event) -> None:
        calls.release()
        raise OSError("no space\nleft")

    writer = Writer(fail)
    sink = Sink("test", lambda: writer, tell=told.append, failures=3)
    for number in range(3):
        sink(event(number))
        assert calls.acquire(timeout=60)
    sink._thread.join(60)
    for number in range(5):
        sink(event(number))
    assert told == ["test is given up: no space left; the run goes on without it"]
    assert sink.close() == ""
    assert writer.closed


def test_two_failures_are_no_reason_to_give_up() -> None:
    failing = iter([True, False, True, False])

    def fail_at_times(event: Event) -> None:
        if next(failing):
            raise ValueError("now and then")

    writer = Writer(fail_at_times)
    sink = Sink("test", lambda: writer, tell=no_tale)
    for number in range(4):
        sink(event(number))
    assert sink.close(60) == ""
    assert writer.events == ["1", "3"]


@pytest.mark.parametrize("part", ["open", "close"])
def test_a_writer_that_cannot_be_opened_or_closed_is_told_at_the_end(part: str) -> None:
    class Broken(Writer):
        def __init__(self) -> None:
            super().__init__()
            if part == "open":
                raise PermissionError("not here")

        def close(self) -> None:
            raise PermissionError("not here")

    sink = Sink("test", Broken, tell=lambda text: None)
    assert sink.close(60) == "test is given up: not here; the run goes on without it"


def test_telling_may_send_an_event_itself() -> None:
    told: list[str] = []

    def open_writer() -> Writer:
        raise OSError("no")

    def tell(text: str) -> None:
        told.append(text)
        sink(event(99))

    sink = Sink("test", open_writer, tell=tell)
    sink._thread.join(60)
    sink(event(0))
    assert len(told) == 1
