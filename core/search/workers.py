"""Workers: processes that do jobs side by side, each with a share of the processor's cores.

They are forked, as torch's own data loaders are: data in memory is shared, the user's code is loaded, and
nothing has to be imported again. A child computes with one thread, so it never meets the threads that its
parent had. It ends when its parent does, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

import torch

Do = Callable[[Any], Any]
Pipe: TypeAlias = "Connection[Any, Any]"


def can_fork(device: torch.device) -> bool:
    """Whether workers can be had here: on Linux, for work on the CPU."""
    return sys.platform == "linux" and device.type == "cpu" and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]


class InProcess:
    """No worker at all: this process does the jobs with all its threads."""

    processes = 1

    def __init__(self, do: Do) -> None:
        """Do jobs by ``do``."""
        self._do = do

    def run(self, jobs: Sequence[Any]) -> Iterator[Any]:
        """Outcomes in the order of the jobs."""
        return map(self._do, jobs)

    def close(self) -> None:
        """Nothing to do."""


class Workers:
    """Processes of one thread each."""

    def __init__(self, do: Do, processes: int) -> None:
        """Fork.

        Args:
            do: Does a job, in the child.
            processes: Number of workers.
        """
        self.processes = processes
        self._do = do
        self._workers: list[tuple[BaseProcess, Pipe]] = [self._fork() for _ in range(processes)]

    def _fork(self) -> tuple[BaseProcess, Pipe]:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._do, os.getpid()), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads; see above
            process.start()
        theirs.close()
        return process, ours

    def run(self, jobs: Sequence[Any]) -> Iterator[Any]:
        """Outcomes in the order of the jobs, each as soon as those before it are there.

        Raises:
            Exception: What a job raised in its worker.
            MemoryError: A worker was killed, as Linux does where memory is short.
        """
        waiting, done = deque(enumerate(jobs)), dict[int, Any]()
        running: dict[Any, int] = {}
        for _, pipe in self._workers[: len(waiting)]:
            number, job = waiting.popleft()
            pipe.send(job)
            running[pipe] = number
        following = 0
        while running:
            ready: list[Any] = wait(list(running))
            for connection in ready:
                number = running.pop(connection)
                done[number] = _received(connection)
                if waiting:
                    number, job = waiting.popleft()
                    connection.send(job)
                    running[connection] = number
            while following in done:
                yield done.pop(following)
                following += 1

    def close(self) -> None:
        """End the workers, in the middle of a job if need be."""
        for process, connection in self._workers:
            connection.close()
            process.terminate()
        for process, _ in self._workers:
            process.join()
        self._workers = []


def _received(connection: Any) -> Any:
    try:
        failed, result = connection.recv()
    except EOFError as error:
        raise MemoryError("a worker of the search was killed; memory may be short") from error
    if failed:
        raise result
    return result


def _serve(connection: Pipe, do: Do, parent: int) -> None:
    """Do jobs until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    torch.set_num_threads(1)
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        try:
            answer: tuple[bool, Any] = False, do(job)
        except Exception as error:  # handed to the parent, which raises it
            answer = True, error
        try:
            connection.send(answer)
        except (BrokenPipeError, OSError):
            os._exit(0)


def _end_with(parent: int) -> None:
    """Leave when the parent is gone, even in the middle of a job."""
    waiting = threading.Event()
    while os.getppid() == parent:
        waiting.wait(0.5)
    os._exit(0)
