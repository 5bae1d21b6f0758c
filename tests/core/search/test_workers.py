"""Workers: processes that answer in order, are replaced when they are killed, and end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.search.execute.workers import Lost, Workers
from tests.core.search.stacked_runs import needs_fork


class UnsendableError(Exception):
    """It cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("what no pipe takes")
        self.kept = lambda: None


@needs_fork
def test_workers_answer_in_order_and_raise_what_was_raised() -> None:
    def do(job: Any, _report: Any) -> Any:
        if job is None:
            raise UnsendableError
        if job < 0:
            raise KeyError("below zero")
        time.sleep(job)
        return os.getpid(), torch.get_num_threads()

    pool = Workers(do, 2)
    try:
        slow, fast, last = pool.run([0.2, 0.0, 0.1], lambda _: None)
        assert slow[0] != fast[0] == last[0]
        assert slow[1] == 1
        with pytest.raises(KeyError, match="below zero"):
            list(pool.run([-1.0], lambda _: None))
    finally:
        pool.close()
    pool = Workers(do, 1)
    try:
        with pytest.raises(Exception, match="what no pipe takes"):
            list(pool.run([None], lambda _: None))
    finally:
        pool.close()


@needs_fork
def test_a_worker_killed_between_two_jobs_is_replaced() -> None:
    pool = Workers(lambda job, _report: (job, os.getpid()), 1)
    try:
        ((_, pid),) = pool.run([1], lambda _: None)
        os.kill(pid, signal.SIGKILL)
        _until(lambda: _is_gone(pid))
        outcomes = list(pool.run([2, 3], lambda _: None))
        assert [o if isinstance(o, Lost) else o[0] for o in outcomes][1:] == [3]
    finally:
        pool.close()


@needs_fork
def test_a_worker_killed_in_the_middle_of_its_answer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def do(job: Any, _report: Callable[[Any], None]) -> Any:
        if job == 1:
            threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
            return bytes(1 << 26)  # the pipe takes a part of it, and the parent sleeps
        return job

    workers = Workers(do, 1)
    try:
        outcomes = workers.run([1, 2], lambda _progress: None)
        pipe = next(iter(workers._workers))
        monkeypatch.setattr(workers, "_received", slowly(workers._received))
        found = list(outcomes)
    finally:
        workers.close()
    assert isinstance(found[0], Lost)
    assert found[1] == 2
    assert pipe.closed


def slowly(receive: Callable[[Any], tuple[str, Any]]) -> Callable[[Any], tuple[str, Any]]:
    def later(pipe: Any) -> tuple[str, Any]:
        time.sleep(0.5)
        return receive(pipe)

    return later


@needs_fork
def test_workers_end_with_their_parent() -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def parent() -> None:
        def busy(job: Any, report: Callable[[Any], None]) -> None:
            report(os.getpid())
            time.sleep(job)

        pool = Workers(busy, 1)
        list(pool.run([60], theirs.send))

    process = context.Process(target=parent)
    process.start()
    assert ours.poll(10)
    worker = ours.recv()
    assert not _is_gone(worker)
    process.kill()
    process.join()
    _until(lambda: _is_gone(worker))


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
