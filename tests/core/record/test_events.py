"""Events travel as lines, and the logs of older versions can still be read."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.directory import RUN_SCHEMA_VERSION
from nnbabysit.core.record.event_log import from_json, read_events
from nnbabysit.core.record.events import Event, NoteEvent, StartEvent
from nnbabysit.core.record.search_events import TrialEvent
from nnbabysit.core.record.training_events import EpochEvent

GOLDEN = Path(__file__).parent / "golden"
FORMATS = range(1, RUN_SCHEMA_VERSION + 1)
EPOCH = EpochEvent(
    time=1_795_000_000.25,
    epoch=3,
    epochs=9,
    step=30,
    train_loss=math.inf,
    val_loss=0.5,
    lr=0.1,
    update_ratios={"a.weight": 1e-3},
    samples_per_second=9.0,
    eta=0.0,
)


def lines_of(name: str, version: int) -> list[str]:
    return (GOLDEN / f"{name}-{version}.jsonl").read_text(encoding="utf-8").splitlines()


def test_an_event_comes_back_from_its_line() -> None:
    line = EPOCH.to_json()
    assert line.startswith('{"kind": "epoch", "time": 1795000000.25, "epoch": 3')
    assert from_json(line) == EPOCH


@pytest.mark.parametrize("line", ["[]", '{"kind": "epoch"}', "{", '{"kind": "nothing", "time": 1.0}'])
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_json(line)


@pytest.mark.parametrize("version", FORMATS)
@pytest.mark.parametrize("name", ["events", "metrics"])
def test_every_line_of_every_format_can_be_read(name: str, version: int) -> None:
    for line in lines_of(name, version):
        event, document = from_json(line), json.loads(line)
        assert (event.kind, event.time) == (document["kind"], document["time"])
        again = json.loads(event.to_json())
        assert list(again.values()) == list(document.values())
        assert again == document or version < RUN_SCHEMA_VERSION


def test_the_golden_logs_hold_every_kind_that_is_written() -> None:
    lines = [*lines_of("events", RUN_SCHEMA_VERSION), *lines_of("metrics", RUN_SCHEMA_VERSION)]
    held = {type(from_json(line)).__name__ for line in lines}
    assert {kind.__name__ for kind in Event.__subclasses__()} - held == {"TrainProgressEvent"}


@pytest.mark.parametrize("version", FORMATS)
def test_the_gradient_norm_has_one_name(version: int) -> None:
    (norm, *_) = (event.gradient_norm for event in epochs_of(version))
    assert norm == 1.0625886917114258


def epochs_of(version: int) -> list[EpochEvent]:
    return list(read_events(GOLDEN / f"events-{version}.jsonl", EpochEvent))


def test_events_of_one_class_are_read_in_order(tmp_path: Path) -> None:
    trials = read_events(GOLDEN / "events-1.jsonl", TrialEvent)
    assert [(trial.index, trial.state) for trial in trials] == [
        (0, "complete"),
        (1, "complete"),
        (2, "diverged"),
    ]
    assert list(read_events(tmp_path / "events.jsonl", TrialEvent)) == []


def test_a_torn_last_line_is_left_out_and_a_damaged_event_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    log.write_text(NoteEvent(text="one").to_json() + '\n{"kind": "no', encoding="utf-8")
    assert [note.text for note in read_events(log, NoteEvent)] == ["one"]
    log.write_text('{"kind": "start", "time": 1.0, "command": "train"}\n', encoding="utf-8")
    with pytest.raises(RunError, match="an event of kind start is damaged"):
        list(read_events(log, StartEvent))
