"""Workers: processes that do jobs side by side, each with a fraction of the processor's cores.

They are forked, as torch's own data loaders are: data in memory is shared, the user's code is loaded, and
nothing has to be imported again. A child computes with one thread, so it never meets the threads that its
parent had. It ends when its parent does, however that ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from nnbabysit.core.errors import HookError

Do = Callable[[Any, Callable[[Any], None]], Any]
Report = Callable[[Any], None]

_PR_SET_PDEATHSIG = 1
"""linux/prctl.h."""


def can_fork(device: torch.device) -> bool:
    """Whether workers can be had here: on Linux, for work on the CPU."""
    return sys.platform == "linux" and device.type == "cpu" and not torch.cuda.is_initialized()  # type: ignore[no-untyped-call]


class Lost:
    """The outcome of a job whose worker was killed, as Linux does where memory is short."""


class InProcess:
    """No worker at all: this process does the jobs with all its threads."""

    processes = 1

    def __init__(self, do: Do) -> None:
        """Do jobs by ``do``."""
        self._do = do

    def run(self, jobs: Sequence[Any], report: Report) -> Iterator[Any]:
        """Outcomes in the order of the jobs; ``report`` gets what a job says of its progress."""
        return (self._do(job, report) for job in jobs)

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
        self._workers: dict[Any, BaseProcess] = {}
        for _ in range(processes):
            self._fork()

    def _fork(self) -> Any:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._do, os.getpid()), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads; see above
            process.start()
        theirs.close()
        self._workers[ours] = process
        return ours

    def run(self, jobs: Sequence[Any], report: Report) -> Iterator[Any]:
        """Outcomes in the order of the jobs, each as soon as those before it are there.

        Args:
            jobs: What to do.
            report: Gets what a job says of its progress.

        Yields:
            What each job came to, or ``Lost``; the worker is replaced then.

        Raises:
            Exception: What a job raised in its worker.
        """
        waiting, done = deque(enumerate(jobs)), dict[int, Any]()
        running: dict[Any, int] = {}
        free, following = list(self._workers), 0
        while waiting or running:
            while waiting and free:
                pipe = free.pop()
                running[pipe], job = waiting.popleft()
                with contextlib.suppress(ConnectionError):  # it was killed: that is found in what it answers
                    _send(pipe, job)
            ready: list[Any] = wait(list(running))
            for pipe in ready:
                kind, answer = self._received(pipe)
                if kind == "progress":
                    report(answer)
                    continue
                done[running.pop(pipe)] = answer
                free.append(pipe if pipe in self._workers else self._fork())
            while following in done:
                yield done.pop(following)
                following += 1

    def _received(self, pipe: Any) -> tuple[str, Any]:
        try:
            kind, answer = pipe.recv()
        except (EOFError, OSError):  # in the middle of an answer, too
            pipe.close()
            process = self._workers.pop(pipe)
            process.kill()
            process.join()
            return "done", Lost()
        if kind == "failed":
            raise answer
        return kind, answer

    def close(self) -> None:
        """End the workers, in the middle of a job if need be."""
        for pipe, process in self._workers.items():
            pipe.close()
            process.kill()
        for process in self._workers.values():
            process.join()
        self._workers = {}


def _serve(pipe: Any, do: Do, parent: int) -> None:
    """Do jobs until nobody sends any more."""
    _end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    try:
        while True:
            job = pipe.recv()
            try:
                answer = "done", do(job, lambda progress: pipe.send(("progress", progress)))
            except (Exception, HookError) as error:  # handed to the parent, which raises it
                answer = "failed", error
            _answer(pipe, *answer)
    except (EOFError, OSError):
        os._exit(0)


def _send(pipe: Any, message: Any) -> None:
    """Send bytes; torch's own way for a pipe opens a file for each tensor, of which a process has few."""
    pipe.send_bytes(pickle.dumps(message))


def _answer(pipe: Any, kind: str, answer: Any) -> None:
    """Hand an answer to the parent; one that cannot be pickled is told by its name and its words."""
    try:
        _send(pipe, (kind, answer))
    except OSError:
        raise
    except Exception as error:  # whatever an object of the user's does in there
        reason = answer if kind == "failed" else error
        _send(pipe, ("failed", RuntimeError(f"{type(reason).__name__}: {reason}")))


def _end_with(parent: int) -> None:
    """Be killed when the parent ends, however it does: it would leave its lock on the run with us."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before
        os._exit(0)
