"""Task choice: which loss suits some targets, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nnbabysit.core.data.readers.checked_arrays import Array

FEWEST = 5
"""Samples per distinct label, on average, below which labels are taken for quantities, not for classes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A loss that the targets allow.

    Attributes:
        loss: ``cross_entropy``, ``bce`` or ``mse``.
        outputs: Outputs that the network then needs.
        reason: What was counted.
    """

    loss: str
    outputs: int
    reason: str


def choices(y: Array, class_names: tuple[str, ...] | None) -> list[Choice]:
    """Losses from the likeliest on; the network decides among them by the outputs it has.

    Args:
        y: (N,) or (N, K) targets of the training samples.
        class_names: Names of the classes, if the source knows them.
    """
    if y.ndim == 2:
        return [_columns(y)]
    if class_names is None and not _are_classes(y):
        return [_quantity(y)]
    counts = np.bincount(y.astype(np.int64), minlength=len(class_names or ()))
    fewest, most = counts.min(), counts.max()
    shares = f"{most} samples each" if fewest == most else f"{fewest} to {most} samples each"
    found = [Choice("cross_entropy", len(counts), f"{len(counts)} classes, {shares}")]
    if y.dtype.kind == "f":
        last = len(counts) - 1
        found = [replace(found[0], reason=f"targets are 0.0 to {last}.0, taken for classes, {shares}")]
    if len(counts) == 2 and y.dtype.kind == "f":
        found.insert(0, Choice("bce", 1, f"targets are 0.0 and 1.0, {shares}; one output is a yes or no"))
    elif len(counts) == 2:
        found.append(Choice("bce", 1, f"two classes, {shares}, and the network has one output for them"))
    if class_names is None:
        reason = f"the network has one output, so the {len(counts)} labels are taken for quantities"
        found.append(Choice("mse", 1, reason))
    return found


def _columns(y: Array) -> Choice:
    columns = y.shape[1]
    if not bool(((y == 0) | (y == 1)).all()):
        return Choice("mse", columns, f"{columns} numbers to predict per sample: {_range(y)}")
    one_hot = bool((y.sum(1) == 1).all())
    advice = (
        "; each row has exactly one 1: if these are classes, give them as 0, 1, 2, … (y.argmax(1)) and take "
        "cross_entropy"
    )
    return Choice("bce", columns, f"{columns} labels of 0 or 1 per sample{advice if one_hot else ''}")


def counted_from(y: Array) -> int | None:
    """The label from which on labels run without gaps, each there often enough; None if they do not.

    Args:
        y: (N,) labels, integers or such as 1.0. Classes count from 0; from 1 they are nearly classes.
    """
    values = np.unique(y)
    if (
        y.ndim != 1
        or len(values) < 2
        or len(y) < FEWEST * len(values)
        or not np.isfinite(values[[0, -1]]).all()
    ):
        return None
    first = int(values[0])
    return first if np.array_equal(values, np.arange(first, first + len(values))) else None


def _are_classes(y: Array) -> bool:
    """Whether labels are 0, 1, 2, … without gaps, and each is there often enough; 0.0 and 1.0 are too."""
    return counted_from(y) == 0


def _quantity(y: Array) -> Choice:
    values = np.unique(y)
    kind = "numbers"
    if y.dtype.kind in "iu":
        kind = "integers, and not 0, 1, 2, … with several samples each, so taken for quantities"
    return Choice("mse", 1, f"{len(values)} different targets, {kind}: {_range(y)}")


def _range(y: Array) -> str:
    finite = y[np.isfinite(y)] if y.dtype.kind == "f" else y
    if not finite.size:
        return "none of them finite"
    return f"{finite.min():.4g} to {finite.max():.4g}, mean {finite.mean():.4g}, deviation {finite.std():.4g}"
