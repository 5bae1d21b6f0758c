"""The clock of the machine is set during a run: its times stay in order."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from nnbabysit.core.record.catalog import read_catalog
from nnbabysit.core.record.clock import steady_clock
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run
from tests.conftest import MakeRun

HOUR = 3600.0


def test_the_steady_clock_tells_the_time_of_day() -> None:
    assert steady_clock()() == pytest.approx(time.time(), abs=1.0)


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
def test_a_run_ends_after_it_began_though_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shift: float
) -> None:
    real = time.time
    run = Run.create(root=tmp_path, command="train", config_yaml="seed: 0\n")
    run.event(NoteEvent(text="begun"))
    monkeypatch.setattr(time, "time", lambda: real() + shift)
    run.event(NoteEvent(text="gone on"))
    run.close(0)
    events = [json.loads(line) for line in (run.path / "events.jsonl").read_text().splitlines()]
    meta = json.loads((run.path / "meta.json").read_text())
    lasted = datetime.fromisoformat(meta["end"]) - datetime.fromisoformat(meta["start"])
    assert 0 <= lasted.total_seconds() < 60
    assert 0 <= events[1]["time"] - events[0]["time"] < 60


def test_a_run_that_continues_begins_with_the_clock_of_that_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Run.create(root=tmp_path, command="train", config_yaml="seed: 0\n") as run:
        run.event(NoteEvent(text="begun"))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 24 * HOUR)
    heard: list[float] = []
    with Run.open(run.path, listeners=[lambda event: heard.append(event.time)]) as again:
        again.event(NoteEvent(text="gone on"))
    assert heard[0] == pytest.approx(real() + 24 * HOUR, abs=5.0)


def test_an_old_run_whose_end_is_before_its_start_took_nobody_knows_how_long(
    tmp_path: Path, make_run: MakeRun
) -> None:
    make_run(tmp_path, 0, end="2026-11-20T14:02:00.000Z")
    (entry,) = read_catalog(tmp_path).runs
    assert entry.seconds is None
    assert entry.lasted is None
