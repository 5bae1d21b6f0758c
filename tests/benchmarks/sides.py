"""Sides: one run of ours or of a rival as a process of its own, its time and its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.cases import Case, Facts, Work

ROOT = Path(__file__).resolve().parents[2]
POLL = 0.1
"""Seconds between two looks at the memory of a process and its children."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A process that has ended.

    Attributes:
        document: What it printed.
        wall: Seconds from its start to its end.
        largest: Peak bytes of the largest single process of its family, as the kernel counted.
        family: Peak bytes of all processes together, pages that they share counted once; None unless watched.
    """

    document: dict[str, Any]
    wall: float
    largest: int
    family: int | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run of a side.

    Attributes:
        side: ``fp32`` and ``bf16`` are ours, others a rival's kind.
        trials: How many ended.
        seconds: Per trial: our ``metrics.seconds``, or the trials of a rival. This is what is compared.
        again: Per trial, of that for training the best again in fp32, which bf16 asks for.
        process: Per trial, of the whole process: start, imports and loading included.
        largest: Peak bytes of the largest process.
        family: Peak bytes of all processes together, if watched.
        best: Highest validation accuracy.
        rises: Seconds and accuracy at each new best.
        incomplete: Trials that were stopped, diverged or failed.
        placement: Where ours were trained, in words.
        warm_up: Seconds of a rival's first imports, which are not in ``seconds``.
    """

    side: str
    trials: int
    seconds: float
    again: float = 0.0
    process: float
    largest: int
    family: int | None
    best: float
    rises: list[tuple[float, float]] = field(default_factory=list)
    incomplete: int = 0
    placement: str = ""
    warm_up: float = 0.0


def ended(command: list[str], *, watch: bool = False) -> Ended:
    """Run a command that prints one JSON document, to its end.

    Raises:
        SystemExit: It failed; the message has what it wrote to stderr.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        watcher = _Watcher(process.pid) if watch else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        family = watcher.stop() if watcher else None
        out.seek(0)
        err.seek(0)
        if process.returncode:
            words = err.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)} exited with {process.returncode}:\n{words[-3000:]}")
        return Ended(document=json.load(out), wall=wall, largest=_bytes(usage.ru_maxrss), family=family)


def module(name: str, *arguments: str, watch: bool = False) -> Ended:
    """Run a file of this folder."""
    return ended([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments], watch=watch)


def facts_of(case: Case, folder: Path) -> Facts:
    """Load the data of a case once, in a process that gives the memory back."""
    return Facts(**module("prepare", case.name, str(folder)).document)


def ours(case: Case, work: Work, folder: Path, *, watch: bool = False) -> Measured:
    """``nnbabysit search --coarse``, end to end."""
    command = [str(Path(sys.executable).with_name("nnbabysit")), "search", "--coarse"]
    command += [str(work.write(case, folder)), "--json", "--runs-dir", str(folder / "runs")]
    command += ["-S", "search.precision=bf16"] if work.bf16 else []
    end = ended(command, watch=watch)
    metrics, run_dir = end.document["metrics"], Path(end.document["run_dir"])
    events = [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]
    told = [event for event in events if event["kind"] == "trial"]
    valued = [event for event in events if event["kind"] in ("trial", "progress")]  # while trained, or ended
    again = [event["time"] for event in events if event["kind"] == "repeat"]
    last = told[-1]["time"]
    again_seconds = max([last, *again]) - last
    # Seconds since the search began; what little comes behind the last trial counts against us.
    offset = metrics["seconds"] - again_seconds - last
    placements = [event["text"] for event in events if event["kind"] == "placement"]
    return Measured(
        side="bf16" if work.bf16 else "fp32",
        trials=len(told),
        seconds=metrics["seconds"] / len(told),
        again=again_seconds / len(told),
        process=end.wall / len(told),
        largest=end.largest,
        family=end.family,
        best=metrics["best"]["value"] if metrics["best"] else 0.0,
        rises=_rises([(event["time"] + offset, event["value"]) for event in valued]),
        incomplete=sum(event["state"] != "complete" for event in told),
        placement=placements[-1] if placements else "",
    )


def rival(kind: str, case: Case, work: Work, folder: Path, *, watch: bool = False) -> Measured:
    """A rival, its trials alone."""
    numbers = (work.trials, work.epochs, work.seed)
    end = module("rivals", kind, case.name, str(folder), *map(str, numbers), watch=watch)
    document = end.document
    return Measured(
        side=kind,
        trials=document["trials"],
        seconds=document["seconds_per_trial"],
        process=end.wall / document["trials"],
        largest=end.largest,
        family=end.family,
        best=document["best"],
        rises=[(seconds, value) for seconds, value in document["rises"]],
        warm_up=document["warm_up"],
    )


def _rises(values: list[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """Those that are better than all before."""
    rises: list[tuple[float, float]] = []
    for seconds, value in values:
        if value is not None and (not rises or value > rises[-1][1]):
            rises.append((seconds, value))
    return rises


class _Watcher:
    """Looks at the memory of a process and its descendants, Linux alone."""

    def __init__(self, pid: int) -> None:
        """Begin."""
        self._pid = pid
        self._most = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> int:
        """End, and return the most that was seen."""
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._done.wait(POLL):
            self._most = max(self._most, sum(map(_share, _descendants(self._pid))))


def _descendants(pid: int) -> list[int]:
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return [pid]
    return [pid, *(found for text in lists for child in text.split() for found in _descendants(int(child)))]


def _share(pid: int) -> int:
    """Bytes of a process, each page divided by those who share it; 0 once it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


def _bytes(maxrss: int) -> int:
    return maxrss if sys.platform == "darwin" else maxrss << 10
