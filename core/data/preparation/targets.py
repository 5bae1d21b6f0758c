"""Targets: what the loss makes of y, and whether that can be trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.errors import DataError

Task = Literal["classification", "binary", "multilabel", "regression"]


@dataclass(frozen=True)
class Targets:
    """The task, as loss and targets together make it.

    Attributes:
        task: What the targets are.
        class_names: One name per class, or per label of a multi-label task; empty for regression.
        num_outputs: Outputs that a model needs: classes, labels or target columns (1 for binary).
    """

    task: Task
    class_names: tuple[str, ...]
    num_outputs: int

    def tensor(self, y: Array) -> Tensor:
        """Targets as the loss wants them: (N,) int64 classes, otherwise (N,) or (N, K) float32."""
        kind = np.int64 if self.task == "classification" else np.float32
        return torch.from_numpy(np.array(y, dtype=kind))

    def classes(self, y: Array) -> Array | None:
        """Class of every sample, to stratify by; None where a sample has no single class."""
        return y.astype(np.int64) if self.task in ("classification", "binary") else None


def resolve(loss: str, ys: Mapping[str, Array], class_names: tuple[str, ...] | None, place: str) -> Targets:
    """Find the task and check every target of every split.

    Args:
        loss: Loss of the config; an import path counts as a loss over classes.
        ys: Name of each official split → its targets; the first is the training split.
        class_names: Names that the source gives, or None.
        place: File, folder or function of the source, for messages.

    Raises:
        DataError: A target is of the wrong kind, out of range or not a number; the first one is named.
    """
    width = {y.shape[1:] for y in ys.values()}
    if len(width) > 1:
        shapes = " and ".join(sorted(map(str, width)))
        raise DataError(f"the targets of the splits differ in shape: {shapes}", where=place)
    if loss == "mse":
        return _regression(ys, class_names, place)
    if loss == "bce":
        return _zeros_and_ones(ys, class_names, place)
    return _classification(loss, ys, class_names, place)


def check_every_class(classes: Array, names: tuple[str, ...], place: str) -> None:
    """Make sure that the training split holds every class.

    Raises:
        DataError: A class has no training sample.
    """
    counts = np.bincount(classes, minlength=len(names))
    empty = np.flatnonzero(counts == 0)
    if not len(empty):
        return
    if len(classes) < len(names):
        raise DataError(
            f"the training split has {len(classes)} samples for {len(names)} classes", where=place
        )
    c = int(empty[0])
    if c == 0 and counts[len(empty) :].all() and names[0] == "0":
        raise DataError(
            f"the labels run from {len(empty)} to {len(names) - 1}, and classes count from 0",
            where=place,
            remedy=f"Subtract {len(empty)} from them: y - {len(empty)}",
        )
    named = f"class {c}" if names[c] == str(c) else f"class {c} ({names[c]})"
    more = f", nor have {len(empty) - 1} other classes" if len(empty) > 1 else ""
    raise DataError(
        f"{named} has no sample in the training split{more}",
        where=place,
        remedy="Labels are 0, 1, 2, … without gaps: renumber them, or add samples of the missing class",
    )


def _regression(ys: Mapping[str, Array], class_names: tuple[str, ...] | None, place: str) -> Targets:
    if class_names and class_names != tuple(map(str, range(len(class_names)))):
        raise DataError(
            f"loss mse predicts a number, and the targets are classes: {', '.join(class_names[:10])}",
            where=place,
            remedy="Use loss: cross_entropy",
        )
    for split, y in ys.items():
        _refuse_first(~np.isfinite(y), y, split, place, "is not a finite number")
        _refuse_first(np.abs(y) > np.finfo(np.float32).max, y, split, place, "is too large for float32")
    first = next(iter(ys.values()))
    return Targets("regression", (), first.shape[1] if first.ndim == 2 else 1)


def _zeros_and_ones(ys: Mapping[str, Array], class_names: tuple[str, ...] | None, place: str) -> Targets:
    for split, y in ys.items():
        _refuse_first((y != 0) & (y != 1), y, split, place, "is neither 0 nor 1, as the loss bce needs")
    first = next(iter(ys.values()))
    if first.ndim == 1:
        return Targets("binary", class_names or ("0", "1"), 1)
    labels = first.shape[1]
    return Targets("multilabel", class_names or tuple(map(str, range(labels))), labels)


def _classification(
    loss: str, ys: Mapping[str, Array], class_names: tuple[str, ...] | None, place: str
) -> Targets:
    for split, y in ys.items():
        _check_kind_of_labels(loss, y, split, place)
        _refuse_first(y < 0, y, split, place, "is negative; classes are 0, 1, 2, …")
    if class_names is None:
        class_names = tuple(map(str, range(_number_of_classes(ys, place))))
    last = len(class_names) - 1
    for split, y in ys.items():
        _refuse_first(y > last, y, split, place, f"is out of range, the {last + 1} classes are 0 … {last}")
    if len(class_names) < 2:
        raise DataError(
            "there is only one class", where=place, remedy="Nothing can be told apart; add other classes"
        )
    return Targets("classification", class_names, len(class_names))


def _check_kind_of_labels(loss: str, y: Array, split: str, place: str) -> None:
    if y.ndim != 1:
        raise DataError(
            f"{loss} needs one class per sample, the labels of {split} have shape {y.shape}",
            where=place,
            remedy="Turn one-hot rows into classes with y.argmax(1); for many labels a sample take loss: bce",
        )
    if y.dtype.kind == "f":
        odd = np.flatnonzero(~(np.isfinite(y) & (y == np.round(y))))
        if not len(odd) and ":" not in loss:
            # 0.0, 1.0, … are classes that were saved as floats, and said to be read so
            alike = "may stand for several integers: save the labels as integers or as text"
            _refuse_first(np.abs(y) >= _exact(y.dtype), y, split, place, alike)
            return
        i = int(odd[0]) if len(odd) else 0
        raise DataError(
            f"{loss} needs integers, the labels of {split} are {y.dtype}: y[{i}] is {_show(y[i])}",
            where=place,
            remedy="Use loss: mse for regression" if len(odd) else 'Convert them with y.astype("int64")',
        )


def _exact(dtype: np.dtype[Any]) -> float:
    """The integer from which on not every one has a float of its own, such as 2^53."""
    return float(2 ** (np.finfo(dtype).nmant + 1))


def as_floats(ys: Iterable[Array], targets: Targets) -> tuple[str, ...]:
    """What to say of classes that came as floats."""
    if targets.task != "classification" or not any(y.dtype.kind == "f" for y in ys):
        return ()
    last = len(targets.class_names) - 1
    return (f"the labels are numbers with a point (0.0 to {last}.0), read as the classes 0 to {last}",)


def _number_of_classes(ys: Mapping[str, Array], place: str) -> int:
    """Largest training label plus 1; found before counting, so that one wild label cannot fill the memory."""
    y = next(iter(ys.values()))
    distinct = np.unique(y)
    wild = int(distinct[-1])
    if wild > 10 * len(distinct) + 1000:
        first = int(np.argmax(y == wild))
        raise DataError(
            f"label y[{first}] is {wild}, but there are only {len(distinct)} different labels",
            where=place,
            remedy="Renumber them 0, 1, 2, … with numpy.unique(y, return_inverse=True)",
        )
    return wild + 1


def _refuse_first(wrong: Array, y: Array, split: str, place: str, words: str) -> None:
    if not wrong.any():
        return
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    raise DataError(
        f"label y[{', '.join(map(str, at))}] of {split} is {_show(y[at])}, which {words}", where=place
    )


def _show(value: object) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
