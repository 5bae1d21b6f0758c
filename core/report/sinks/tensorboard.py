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

from nnbabysit.core.record.event import Event

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
        fields = event.fields
        if event.kind == "metric":
            self._file.scalars(_metrics(fields), fields["step"], event.time)
        elif event.kind == "epoch":
            shown: dict[str, Any] = {
                key: fields[key] for key in ("dead_units", "samples_per_second") if key in fields
            }
            self._file.scalars(dict(_numbers("", shown)), fields["step"], event.time)
        elif event.kind == "tiny":
            values = {key: fields[key] for key in ("cost", "accuracy", "lr")}
            self._file.scalars(dict(_numbers("overfit_tiny/", values)), fields["epoch"], event.time)
        elif event.kind == "trial":
            self._trial(fields, event.time)

    def flush(self) -> None:
        """Bring everything to the disk."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _trial(self, fields: dict[str, Any], wall_time: float) -> None:
        index, metric, value = fields["index"] + 1, fields["metric"], fields["value"]
        if metric == "val_loss" and value is not None:
            value = -value  # a search maximizes, and so holds it negated
        best = fields.get("best")
        values = {"value": value, "best": None if best is None else best["value"]}
        if metric == "val_loss" and values["best"] is not None:
            values["best"] = -values["best"]
        self._file.scalars(dict(_numbers("search/", values)), index, wall_time)
        plain = {key: _plain(param) for key, param in fields["params"].items()}
        file = EventFile(self._folder / f"trial-{index:04d}")
        try:
            for summary in hparams(plain, {metric: value}):
                file.summary(summary, 0, wall_time)
            if value is not None:
                file.scalars({metric: value}, 0, wall_time)
        finally:
            file.close()


def _metrics(fields: dict[str, Any]) -> dict[str, float]:
    """A line of ``metrics.jsonl`` as tags: what a split has of its own is told apart by its name."""
    split = fields["split"]
    own: dict[str, Any] = {key: fields[key] for key in ("loss", "accuracy", "cost") if key in fields}
    common = {key: value for key, value in fields.items() if key not in own and key not in _COUNTS}
    values = {f"{tag}/{split}": value for tag, value in _numbers("", own)}
    return values | dict(_numbers("", common))


def _numbers(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers in nested mappings, each with its path; beyond the range of float32 they are infinite."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _numbers(f"{prefix}{key}/", value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            too_large = math.isfinite(value) and abs(value) > _LARGEST
            yield f"{prefix}{key}", math.copysign(math.inf, value) if too_large else value


def _plain(value: Any) -> str | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)
