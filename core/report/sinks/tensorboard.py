"""TensorBoard: the events of a run as event files that ``tensorboard --logdir`` reads.

The format is TFRecord around ``Event`` messages; messages and record writer are tensorboardX's. Its
``SummaryWriter`` is not used: it hands everything to a queue between processes, which can keep a process
from ending when the disk hangs.
"""

from __future__ import annotations

import itertools
import math
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tensorboardX import RecordWriter
from tensorboardX.proto import event_pb2, summary_pb2
from tensorboardX.summary import hparams

from nnbabysit.core.record.events import Event
from nnbabysit.core.record.search_events import TrialEvent
from nnbabysit.core.record.training_events import BatchEvent, EpochEvent, ScoreEvent, TinyEvent

FOLDER = "tensorboard"
"""Name of the folder in a run directory."""
_LARGEST = 3.4028234e38
_COUNTS = ("step", "epoch", "split")


class EventFile:
    """One event file; TensorBoard shows all files of a folder as one run."""

    def __init__(self, folder: Path) -> None:
        """Make a new file in ``folder``, which is made if it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._resumed = any(folder.glob("events.out.tfevents.*"))
        stem = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{os.getpid()}"
        names = (folder / f"{stem}.{number}" for number in itertools.count())
        self._records = RecordWriter(str(next(path for path in names if not path.exists())))
        self._records.write(
            event_pb2.Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()
        )

    def scalars(self, values: Mapping[str, float], step: int, wall_time: float) -> None:
        """Write numbers of one step."""
        if self._resumed:  # what the run had trained after its last checkpoint is trained again
            self._resumed = False
            start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
            self._write(event_pb2.Event(wall_time=wall_time, step=step, session_log=start))
        summary = summary_pb2.Summary(
            value=[summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        )
        self.summary(summary, step, wall_time)

    def summary(self, summary: Any, step: int, wall_time: float) -> None:
        """Write a summary message."""
        self._write(event_pb2.Event(wall_time=wall_time, step=step, summary=summary))

    def flush(self) -> None:
        """Bring everything to the disk."""
        self._records.flush()

    def close(self) -> None:
        """Flush and close."""
        self._records.flush()
        self._records.close()

    def _write(self, event: Any) -> None:
        self._records.write(event.SerializeToString())


class TensorBoardWriter:
    """Writes curves of a training, the tiny set, and each trial of a search with its hyperparameters.

    Tags: ``loss/batch``, ``loss/train``, ``loss/validation``, ``accuracy/…``, ``cost/train``, ``lr``,
    ``gradient_norm``, ``update_ratios/LAYER``, ``dead_units/LAYER``; ``overfit_tiny/…``; ``search/value`` and
    ``search/best``, while ``trial-0001`` and so on are runs of their own for the HParams tab.
    """

    def __init__(self, folder: Path) -> None:
        """Make the event file."""
        self._folder = folder
        self._file = EventFile(folder)

    def write(self, event: Event) -> None:
        """Take an event; most kinds have no numbers to show."""
        match event:
            case BatchEvent() | ScoreEvent():
                self._file.scalars(_metrics(event), event.step, event.time)
            case EpochEvent():
                units = dict(_numbers("dead_units/", event.dead_units))
                self._file.scalars(
                    {**units, "samples_per_second": event.samples_per_second}, event.step, event.time
                )
            case TinyEvent():
                values = {"cost": event.cost, "accuracy": event.accuracy, "lr": event.lr}
                self._file.scalars(dict(_numbers("overfit_tiny/", values)), event.epoch, event.time)
            case TrialEvent():
                self._trial(event)

    def flush(self) -> None:
        """Bring everything to the disk."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _trial(self, event: TrialEvent) -> None:
        index, value = event.index + 1, event.value
        best = None if event.best is None else event.best.value
        if event.metric == "val_loss":  # a search maximizes, and so holds it negated
            value, best = (None if number is None else -number for number in (value, best))
        self._file.scalars(dict(_numbers("search/", {"value": value, "best": best})), index, event.time)
        plain = {key: _plain(param) for key, param in event.params.items()}
        file = EventFile(self._folder / f"trial-{index:04d}")
        try:
            for summary in hparams(plain, {event.metric: value}):
                file.summary(summary, 0, event.time)
            if value is not None:
                file.scalars({event.metric: value}, 0, event.time)
        finally:
            file.close()


def _metrics(event: BatchEvent | ScoreEvent) -> dict[str, float]:
    """A line of ``metrics.jsonl`` as tags: what a split has of its own is told apart by its name."""
    own = ("loss", "accuracy", "cost")
    values = {
        f"{name}/{event.split}" if name in own else name: value
        for name, value in event.fields.items()
        if name not in _COUNTS
    }
    return dict(_numbers("", values))


def _numbers(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    """The numbers in nested mappings, each with its path; beyond the range of float32 they are infinite."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(f"{prefix}{key}/", value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            too_large = math.isfinite(value) and abs(value) > _LARGEST
            yield f"{prefix}{key}", math.copysign(math.inf, value) if too_large else value


def _plain(value: object) -> str | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)
