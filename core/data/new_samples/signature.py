"""Signature: what a trained network expects of its input and means by its outputs, kept with the run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import safetensors.torch
from safetensors import SafetensorError

from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.data.preparation.targets import Task
from nnbabysit.core.data.readers.reader import Known
from nnbabysit.core.data.readers.tables.columns import Columns
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.files import os_errors_in_words, write_atomically

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.data import Preprocess
    from nnbabysit.core.data.splits.dataset import Dataset

SIGNATURE_FILE = "data.safetensors"
"""Name of the file in the folder ``checkpoints`` of a run."""
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Everything about the data of a run that new samples are prepared and answers are named by.

    Attributes:
        task: What the targets are.
        class_names: One name per class, or per label of a multi-label task; empty for regression.
        input_shape: Shape of one sample as the network takes it, such as (1, 28, 28).
        num_outputs: Outputs of the network: classes, labels or target columns (1 for binary).
        preprocessing: As fitted on the training split of the run; it is applied, never fitted again.
        columns: How the columns of a table became numbers; None if the data was no table.
        source: ``data.source`` of the run's config.
        channels_last: Whether pictures in the source's arrays are (H, W, C); the network takes (C, H, W).
    """

    task: Task
    class_names: tuple[str, ...]
    input_shape: tuple[int, ...]
    num_outputs: int
    preprocessing: Preprocessing
    columns: Columns | None
    source: str
    channels_last: bool = False

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one raw sample, before the preprocessing."""
        return tuple(self.preprocessing.statistics.count.shape)

    @property
    def known(self) -> Known:
        """What a reader has to know of the run."""
        return Known(
            class_names=self.class_names,
            sample_shape=self.sample_shape,
            columns=self.columns,
            is_trained=True,
        )

    @classmethod
    def of(cls, dataset: Dataset) -> Signature:
        """The signature of data that a network is about to be trained on."""
        return cls(
            task=dataset.task,
            class_names=dataset.class_names,
            input_shape=dataset.input_shape,
            num_outputs=dataset.num_outputs,
            preprocessing=dataset.preprocessing,
            columns=dataset.columns,
            source=dataset.name,
            channels_last=dataset.channels_last,
        )

    def save(self, path: Path) -> None:
        """Write it as one safetensors file: numbers as tensors, everything else as JSON in its header.

        Raises:
            DiskError: The disk is full or broken; an old file is intact.
            RunError: The folder cannot be written.
        """
        document = {
            "task": self.task,
            "class_names": list(self.class_names),
            "input_shape": list(self.input_shape),
            "num_outputs": self.num_outputs,
            "columns": None if self.columns is None else self.columns.to_document(),
            "source": self.source,
            "channels_last": self.channels_last,
        }
        metadata = {"format": str(FORMAT), "signature": json.dumps(document, ensure_ascii=False)}
        # cloned: shift and mean may be one tensor, which safetensors refuses to write twice
        tensors = {name: t.cpu().clone() for name, t in self.preprocessing.to_tensors().items()}
        write_atomically(path, safetensors.torch.save(tensors, metadata))

    @classmethod
    def load(cls, path: Path, settings: Preprocess) -> Signature:
        """Read what ``save`` wrote.

        Args:
            path: The file.
            settings: Section ``data.preprocess`` of the run's config.

        Raises:
            RunError: There is no such file, it is damaged, or of a newer format.
        """
        metadata, tensors = _read(path)
        if metadata.get("format") != str(FORMAT):
            raise RunError("the file is not of a format that this version knows", where=str(path))
        try:
            document = json.loads(metadata["signature"])
            columns = document["columns"]
            return cls(
                task=_task(document["task"]),
                class_names=tuple(map(str, document["class_names"])),
                input_shape=tuple(map(int, document["input_shape"])),
                num_outputs=int(document["num_outputs"]),
                preprocessing=Preprocessing.from_tensors(tensors, settings),
                columns=None if columns is None else Columns.from_document(columns),
                source=str(document["source"]),
                channels_last=bool(document.get("channels_last", False)),  # runs of older versions lack it
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(path, error) from error


def _read(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    if not path.is_file():
        raise RunError(
            "the run does not say how its data was prepared",
            where=str(path),
            remedy="Resume the run, which writes the file, or train again",
        )
    try:
        with os_errors_in_words(path, "read"):
            content = path.read_bytes()  # its own way to open a path refuses one that is not UTF-8
        tensors = safetensors.torch.load(content)
        size = int.from_bytes(content[:8], "little")  # of the header, as its format says
        return dict(json.loads(content[8 : 8 + size]).get("__metadata__") or {}), tensors
    except (SafetensorError, ValueError) as error:
        raise _damaged(path, error) from error


def _task(name: object) -> Task:
    for task in get_args(Task):
        if task == name:
            return task  # type: ignore[no-any-return]  # one of the literals
    raise ValueError(f"there is no task {name!r}")


def _damaged(path: Path, error: Exception) -> RunError:
    return RunError(f"the description of the data is damaged ({error})", where=str(path))
