"""Event files hold what the run told, read back record by record as TensorBoard does."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorboardX")

from tensorboardX.proto import event_pb2
from tensorboardX.proto.plugin_hparams_pb2 import HParamsPluginData
from tensorboardX.record_writer import masked_crc32c

from nnbabysit.core.record.events import Event
from nnbabysit.core.report.sinks.tensorboard import TensorBoardWriter
from tests.made_events import made


def records(path: Path) -> Iterator[Any]:
    """Messages of an event file: length, its checksum, the message, its checksum."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == masked_crc32c(data[at : at + 8])
        body = data[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked_crc32c(body)
        at += length + 16
        message = event_pb2.Event()
        message.ParseFromString(body)
        yield message


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    """(Tag, step) → number, of all files of a folder."""
    return {
        (value.tag, message.step): value.simple_value
        for path in sorted(folder.glob("events.out.tfevents.*"))
        for message in records(path)
        for value in message.summary.value
        if value.WhichOneof("value") == "simple_value"
    }


def written(folder: Path, *events: Event) -> dict[tuple[str, int], float]:
    writer = TensorBoardWriter(folder)
    for event in events:
        writer.write(event)
    writer.close()
    return scalars(folder)


def test_metrics_become_curves_over_the_steps(tmp_path: Path) -> None:
    batch = {"step": 7, "epoch": 2, "split": "batch", "loss": 0.5, "lr": 0.125}
    probes = {"gradient_norm": 2.0, "update_ratios": {"0.weight": 0.25, "3.weight": math.nan}}
    train = {"step": 8, "epoch": 2, "split": "train", "loss": 0.75, "accuracy": 0.5, "cost": 1.5, "lr": 0.125}
    validation = {"step": 8, "epoch": 2, "split": "validation", "loss": math.inf, "accuracy": None}
    rows = [{**batch, **probes}, train, validation]
    found = written(tmp_path, *(made("metric", **{"time": 3.0, **row}) for row in rows))
    assert math.isnan(found.pop(("update_ratios/3.weight", 7)))
    assert found == {
        ("loss/batch", 7): 0.5,
        ("lr", 7): 0.125,
        ("gradient_norm", 7): 2.0,
        ("update_ratios/0.weight", 7): 0.25,
        ("loss/train", 8): 0.75,
        ("accuracy/train", 8): 0.5,
        ("cost/train", 8): 1.5,
        ("lr", 8): 0.125,
        ("loss/validation", 8): math.inf,
    }


def test_numbers_beyond_float32_are_infinite(tmp_path: Path) -> None:
    row = {"step": 1, "epoch": 1, "split": "batch", "loss": 1e300, "lr": -1e300}
    assert written(tmp_path, made("metric", **{**row})) == {
        ("loss/batch", 1): math.inf,
        ("lr", 1): -math.inf,
    }


def test_the_file_begins_with_its_version_and_keeps_the_time_of_events(tmp_path: Path) -> None:
    row = {"step": 1, "epoch": 1, "split": "batch", "loss": 1.0}
    written(tmp_path, made("start", time=1.0), made("metric", **{"time": 2.5, **row}))
    (path,) = tmp_path.iterdir()
    first, second = records(path)
    assert first.file_version == "brain.Event:2"
    assert second.wall_time == 2.5


def test_epochs_and_the_tiny_set_have_tags_of_their_own(tmp_path: Path) -> None:
    epoch = {"step": 10, "dead_units": {"1": 0.5}, "samples_per_second": 100.0, "train_loss": 9.0}
    tiny = {"epoch": 3, "epochs": 9, "cost": 0.5, "accuracy": None, "lr": 1.0}
    assert written(tmp_path, made("epoch", **{**epoch}), made("tiny", **{**tiny})) == {
        ("dead_units/1", 10): 0.5,
        ("samples_per_second", 10): 100.0,
        ("overfit_tiny/cost", 3): 0.5,
        ("overfit_tiny/lr", 3): 1.0,
    }


def trial(index: int, value: float | None, metric: str = "val_acc") -> Event:
    params = {"optimizer.lr": 0.5, "optimizer.name": "adam", "model.args.hidden": [8]}
    best = {"index": 0, "params": params, "value": 0.75 if metric == "val_acc" else -0.75}
    fields = {"index": index, "params": params, "value": value, "metric": metric, "best": best}
    return made("trial", **{**fields})


def test_each_trial_is_a_run_with_its_hyperparameters(tmp_path: Path) -> None:
    found = written(tmp_path, trial(0, 0.75), trial(1, None))
    assert found == {("search/value", 1): 0.75, ("search/best", 1): 0.75, ("search/best", 2): 0.75}
    assert scalars(tmp_path / "trial-0001") == {("val_acc", 0): 0.75}
    assert scalars(tmp_path / "trial-0002") == {}
    (path,) = (tmp_path / "trial-0001").iterdir()
    given: dict[str, Any] = {}
    for message in records(path):
        for value in message.summary.value:
            if value.tag == "_hparams_/session_start_info":
                document = HParamsPluginData()
                document.ParseFromString(value.metadata.plugin_data.content)
                given = dict(document.session_start_info.hparams)
    assert given["optimizer.lr"].number_value == 0.5
    assert given["optimizer.name"].string_value == "adam"
    assert given["model.args.hidden"].string_value == "[8]"


def test_the_loss_of_a_regression_trial_is_shown_as_a_loss(tmp_path: Path) -> None:
    found = written(tmp_path, trial(0, -0.75, "val_loss"))
    assert found == {("search/value", 1): 0.75, ("search/best", 1): 0.75}


def test_a_run_that_goes_on_says_from_which_step(tmp_path: Path) -> None:
    def row(step: int) -> Event:
        return made("metric", step=step, epoch=1, split="batch", loss=float(step))

    written(tmp_path, row(1), row(2), row(3))
    before = set(tmp_path.iterdir())
    written(tmp_path, row(2))
    (new,) = set(tmp_path.iterdir()) - before
    _, start, again = records(new)
    assert (start.step, start.session_log.status) == (2, event_pb2.SessionLog.START)
    assert again.summary.value[0].simple_value == 2.0
    for path in before:
        assert not any(message.HasField("session_log") for message in records(path))
