"""Two processes cannot write one run, and the lock dies with its owner: real processes, really killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import files
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run, find_runs, read_meta, status

WRITER = """
import os, signal, sys
from pathlib import Path
from nnbabysit.core.record import files
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.record.training_events import BatchEvent
run = Run.create(root=Path(sys.argv[1]), command="train", config_yaml="seed: 0\\n", name="killed")
"""
ENDLESS = """
print(run.path, flush=True)
number = 0
while True:
    run.event(NoteEvent(text=str(number)))
    run.metric(BatchEvent(step=number, epoch=1, loss=1.0))
    run.update_meta(seed=number)
    number += 1
"""
HALF_A_LINE = """
run.event(NoteEvent(text="whole"))
descriptor = os.open(run.path / "events.jsonl", os.O_WRONLY | os.O_APPEND)
os.write(descriptor, b'{"kind": "note", "time": 1.0, "te')
os.kill(os.getpid(), signal.SIGKILL)
"""
BEFORE_THE_RENAME = """
os.replace = lambda source, target: os.kill(os.getpid(), signal.SIGKILL)
run.update_meta(seed=1)
"""


@contextmanager
def writer(root: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER + code, str(root)], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def only_run(root: Path) -> Path:
    (path,) = find_runs(root)
    return path


def test_a_second_opener_is_told_who_holds_the_run(tmp_path: Path) -> None:
    with writer(tmp_path, ENDLESS) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        assert status(path) == "running"
        with pytest.raises(RunError, match=rf"in use by process {process.pid} on \S+ since 20\S+Z") as caught:
            Run.open(path)
        assert caught.value.exit_code == 2
        assert caught.value.where == str(path)


def test_the_run_of_a_killed_process_opens_at_once_and_lost_nothing(tmp_path: Path) -> None:
    with writer(tmp_path, ENDLESS) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        while len(files.read_lines(path / "metrics.jsonl")[0]) < 20:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert status(path) == "crashed"
    with Run.open(path) as run:
        assert not list(path.rglob("*.tmp.*"))
        rows, torn = files.read_lines(path / "metrics.jsonl")
        assert not torn
        assert [row["step"] for row in rows] == list(range(len(rows)))
        assert read_meta(path)["seed"] in (len(rows) - 1, len(rows) - 2, None)
        run.event(NoteEvent(text="opened"))
    assert status(path) == "ended"


def test_a_line_torn_by_a_kill_is_repaired(tmp_path: Path) -> None:
    with writer(tmp_path, HALF_A_LINE) as process:
        assert process.wait() == -signal.SIGKILL
    path = only_run(tmp_path)
    assert status(path) == "crashed"
    assert files.read_lines(path / "events.jsonl")[1] is True
    with Run.open(path):
        events, torn = files.read_lines(path / "events.jsonl")
    assert not torn
    assert [event["kind"] for event in events] == ["note", "repaired"]


def test_a_kill_before_the_rename_leaves_the_old_file(tmp_path: Path) -> None:
    with writer(tmp_path, BEFORE_THE_RENAME) as process:
        assert process.wait() == -signal.SIGKILL
    path = only_run(tmp_path)
    assert read_meta(path)["seed"] is None
    assert len(list(path.glob("meta.json.tmp.*"))) == 1
    with Run.open(path):
        assert not list(path.glob("*.tmp.*"))


def test_a_lock_is_held_once_within_a_process_too(tmp_path: Path) -> None:
    with Run.create(root=tmp_path, command="train", config_yaml="") as run:
        with pytest.raises(RunError, match=f"by process {os.getpid()}"):
            Run.open(run.path)
        assert status(run.path) == "running"


def test_a_lock_without_a_note_still_holds(tmp_path: Path) -> None:
    with Run.create(root=tmp_path, command="train", config_yaml="") as run:
        (run.path / ".lock.holder").unlink()
        with pytest.raises(RunError, match="in use by another process"):
            Run.open(run.path)
