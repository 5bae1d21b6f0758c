"""Run: one directory of plain files that holds all a command did; ``runs/README.md`` explains each."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nnbabysit.core.formatting import visible
from nnbabysit.core.record import directory, files, names, strict_json
from nnbabysit.core.record.archive import read_config_yaml, read_meta, status
from nnbabysit.core.record.catalog import find_runs
from nnbabysit.core.record.clock import steady_clock
from nnbabysit.core.record.directory import CONFIG, EVENTS, GIT_DIFF, LOG, META, METRICS, RESULT
from nnbabysit.core.record.environment import environment, git_state, without_passwords
from nnbabysit.core.record.events import Event, Listener, RepairedEvent
from nnbabysit.core.record.lock import RunLock

__all__ = ["Event", "Listener", "Run", "find_runs", "read_config_yaml", "read_meta", "status"]


class Run:
    """An open run directory: this process alone writes to it until ``close``.

    Attributes:
        path: The directory, absolute.
    """

    def __init__(
        self, path: Path, lock: RunLock, listeners: Sequence[Listener], clock: Callable[[], float]
    ) -> None:
        """Use ``Run.create`` or ``Run.open``."""
        self.path = path
        self._lock = lock
        self._listeners = tuple(listeners)
        self._clock = clock
        self._meta: dict[str, Any] = {}
        self._closed = False

    @classmethod
    def create(
        cls,
        *,
        root: Path,
        command: str,
        config_yaml: str,
        name: str | None = None,
        words: str | None = None,
        listeners: Sequence[Listener] = (),
        now: datetime | None = None,
        folder: Path | None = None,
        clock: Callable[[], float] | None = None,
    ) -> Run:
        """Make a new run directory and lock it; nothing is left behind when that fails.

        Args:
            root: Folder of the runs; made if it is missing.
            command: Command of the command line, such as ``train``.
            config_yaml: The resolved config, which can be run again.
            name: The user's name for the run, instead of two words.
            words: Two words to share with other runs; a number is added when the directory is there already.
            listeners: Called with every event, after it was written.
            now: Start, with time zone; the clock's time if left out.
            folder: Folder of the user's code, for the git state; the current one if left out.
            clock: Seconds since 1970; default: a clock that nobody sets during the run.

        Raises:
            UserError: The name cannot be a part of a directory's name.
            RunError: The directory cannot be made in ``root``.
            DiskError: The disk is full, over quota or broken.
        """
        clock = clock or steady_clock()
        given = name if name is not None else words
        if given is not None:
            names.checked_name(given)
        start = (now or datetime.fromtimestamp(clock(), UTC)).astimezone(UTC)
        with directory.runs_root(root) as root:
            path = directory.make_folder(root, start, given, command)
            run = cls(path, RunLock(path), listeners, clock)
            try:
                run._lock.acquire(_iso(start))
                files.write_atomically(path / CONFIG, config_yaml)
                run._write_first_meta(command, start, folder or Path.cwd())
            except BaseException:
                run._lock.release()
                shutil.rmtree(path, ignore_errors=True)
                raise
        directory.point_latest_to(path)
        return run

    @classmethod
    def open(
        cls, path: Path, *, listeners: Sequence[Listener] = (), clock: Callable[[], float] | None = None
    ) -> Run:
        """Open a run that has ended or crashed, to go on with it.

        Leftovers of a killed process are swept away; a torn last line of a log is cut off and an event
        ``repaired`` says so.

        Raises:
            RunError: There is no run at ``path``, it was written by a newer version, it is in use, or a log
                is damaged before its last line.
            DiskError: The disk is full, over quota or broken.
        """
        path = path.resolve()
        meta = read_meta(path)
        run = cls(path, RunLock(path), listeners, clock or steady_clock())
        run._lock.acquire(run._now())
        try:
            files.sweep(path)
            repaired = [name for name in (EVENTS, METRICS) if files.repair(path / name)]
            resumed = {"start": run._now(), "pid": os.getpid(), "host": socket.gethostname(), **environment()}
            run._meta = meta
            run.update_meta(end=None, exit_code=None, resumes=[*meta.get("resumes", []), resumed])
            for name in repaired:
                text = f"The last line of {name} was torn and has been cut off"
                run.event(RepairedEvent(file=name, text=text))
        except BaseException:
            run._lock.release()
            raise
        return run

    @property
    def plots(self) -> Path:
        """Folder of the plots, made on first use."""
        return self._made("plots")

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints, made on first use."""
        return self._made("checkpoints")

    def event(self, event: Event) -> None:
        """Append an event, with the time, to ``events.jsonl`` and tell the listeners.

        Raises:
            DiskError: The disk is full, over quota or broken; the events before are intact.
        """
        self._append(EVENTS, event)

    def metric(self, event: Event) -> None:
        """Append an event, with the time, to ``metrics.jsonl`` and tell the listeners.

        Raises:
            DiskError: The disk is full, over quota or broken; the rows before are intact.
        """
        self._append(METRICS, event)

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` too with every event from now on."""
        self._listeners = (*self._listeners, listener)

    def tick(self, event: Event) -> None:
        """Tell the listeners only; nothing is written."""
        self._tell(replace(event, time=self._clock()))

    def log(self, text: str) -> None:
        """Append lines to ``log.txt``, each with the time; control characters are written as escapes.

        Raises:
            DiskError: The disk is full, over quota or broken; the lines before are intact.
        """
        now = self._now()
        for line in text.splitlines():
            files.append_line(self.path / LOG, f"{now} {visible(line)}")

    def update_meta(self, **fields: Any) -> None:
        """Set fields of ``meta.json``, all or none.

        Raises:
            DiskError: The disk is full, over quota or broken; the old file is intact.
        """
        meta = {**self._meta, **fields}
        files.write_atomically(self.path / META, strict_json.encode(meta, indent=2) + "\n")
        self._meta = meta

    def save_result(self, document: Mapping[str, Any]) -> None:
        """Write ``result.json``: the document that ``--json`` prints.

        Raises:
            DiskError: The disk is full, over quota or broken; an old file is intact.
        """
        files.write_atomically(self.path / RESULT, strict_json.encode(document, indent=2) + "\n")

    def copy_code(self, sources: Sequence[Path]) -> None:
        """Copy the user's files into ``code/``; equal names get a number, ``meta.json`` says where each was.

        Raises:
            RunError: A file cannot be read.
            DiskError: The disk is full, over quota or broken.
        """
        if not sources:
            return
        folder = self._made("code")
        origins: dict[str, str] = dict(self._meta.get("code", {}))
        for source in dict.fromkeys(path.resolve() for path in sources):
            with files.os_errors_in_words(source, "read"):
                data = source.read_bytes()
            name = _free_name(source, origins)
            files.write_atomically(folder / name, data)
            origins[name] = str(source)
        self.update_meta(code=origins)

    def sync(self) -> None:
        """Flush the logs to the disk, so that even a loss of power keeps them; call it with each checkpoint.

        Raises:
            DiskError: The disk is full, over quota or broken.
        """
        for name in (EVENTS, METRICS, LOG):
            files.sync(self.path / name)

    def close(self, exit_code: int | None) -> None:
        """Note the end and give the lock back; a second call does nothing.

        Args:
            exit_code: Exit code of the command; None leaves the run looking crashed, as after a kill.

        Raises:
            DiskError: The disk is full, over quota or broken; the lock is given back all the same.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if exit_code is not None:
                self.sync()
                self.update_meta(end=self._now(), exit_code=exit_code)
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        """The run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close with exit code 0 if nothing was raised; the exit code of an error is the caller's to say."""
        if error is None:
            self.close(0)

    def _write_first_meta(self, command: str, start: datetime, folder: Path) -> None:
        state, diff = git_state(folder)
        if diff is not None:
            files.write_atomically(self.path / GIT_DIFF, diff)
        self.update_meta(
            schema_version=directory.RUN_SCHEMA_VERSION,
            command=command,
            argv=[without_passwords(argument) for argument in sys.argv],
            cwd=str(Path.cwd()),
            host=socket.gethostname(),
            pid=os.getpid(),
            start=_iso(start),
            end=None,
            exit_code=None,
            **environment(),
            threads=None,
            device=None,
            seed=None,
            git=state,
            dataset_fingerprint=None,
        )

    def _append(self, name: str, event: Event) -> None:
        files.append_line(self.path / name, (timed := replace(event, time=self._clock())).to_json())
        self._tell(timed)

    def _tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _made(self, name: str) -> Path:
        folder = self.path / name
        with files.os_errors_in_words(folder):
            folder.mkdir(exist_ok=True)
        return folder

    def _now(self) -> str:
        return _iso(datetime.fromtimestamp(self._clock(), UTC))


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _free_name(source: Path, origins: Mapping[str, str]) -> str:
    """``model.py``, or ``model-2.py`` when another file of that name was copied before."""
    name, number = source.name, 1
    while origins.get(name, str(source)) != str(source):
        number += 1
        name = f"{source.stem}-{number}{source.suffix}"
    return name
