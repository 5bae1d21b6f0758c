"""From the records of a run to the named plain numbers that rules read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnbabysit.core.training.loop.records import EpochRecord


def curve_evidence(
    epochs: Sequence[EpochRecord],
    *,
    task: str,
    num_outputs: int,
    chance: float,
    prior: float | None = None,
    l2: float | None = None,
    lr_path: str = "optimizer.lr",
    dead_units_initial: Mapping[str, float] | None = None,
    train_bar: float = -math.inf,
    val_bar: float = -math.inf,
) -> dict[str, Any]:
    """Evidence of one run, names as in ``evidence_names.RUN_EVIDENCE``.

    Args:
        epochs: Records from the first epoch on, at least one; their probes ``update_ratios`` (weight matrix →
            ratio), ``gradient_norm`` and ``dead_units`` (layer → share) are used where they are there.
        task: classification, binary, multilabel or regression.
        num_outputs: Outputs of the model.
        chance: What guessing evenly costs; NaN where unknown.
        prior: What guessing by class frequency costs; None where it has no meaning.
        l2: ``regularization.l2``.
        lr_path: Config path of the learning rate.
        dead_units_initial: Share of dead units per ReLU layer before the first step, if it was measured.
        train_bar: Accuracy on training above which accuracy counts, as ``Yardstick.bar``; left out: any.
        val_bar: The same on validation.
    """
    evidence: dict[str, Any] = {
        "task": task,
        "num_outputs": num_outputs,
        "train_losses": tuple(record.train.loss for record in epochs),
        "stopped": epochs[-1].stopped,
        "first_nonfinite": first_nonfinite(epochs),
        "lr": epochs[0].lr,
        "lr_path": lr_path,
        "update_ratios": _by_name(record.probes.get("update_ratios", {}) for record in epochs),
        "dead_units": _by_name(record.probes.get("dead_units", {}) for record in epochs),
    }
    if all(record.train.accuracy is not None for record in epochs):
        evidence["train_accuracies"] = tuple(record.train.accuracy for record in epochs)
        evidence["val_accuracies"] = tuple(record.validation.accuracy for record in epochs)
        evidence |= {"train_bar": train_bar, "val_bar": val_bar}
    optional = {
        "chance_loss": chance,
        "prior_loss": chance if prior is None else prior,
        "first_cost": epochs[0].first_cost,
        "l2": l2,
    }
    evidence |= {
        name: value for name, value in optional.items() if value is not None and math.isfinite(value)
    }
    if dead_units_initial is not None:
        evidence["dead_units_initial"] = dict(dead_units_initial)
    return evidence


def first_nonfinite(epochs: Sequence[EpochRecord]) -> str:
    """The first number of the run that is not finite, in words; empty if all are.

    Within an epoch the order is gradient, weights, loss: what comes first is nearer to the cause. Validation
    is not looked at in a run that was stopped: it was not evaluated.
    """
    for record in epochs:
        place = f"in epoch {record.epoch}"
        if not math.isfinite(record.probes.get("gradient_norm", 0.0)):
            return f"gradient norm {place}"
        for name, ratio in record.probes.get("update_ratios", {}).items():
            if not math.isfinite(ratio):
                return f"weights of {name} {place}"
        if not math.isfinite(record.train.loss):
            return f"training loss {place}"
        if not math.isfinite(record.cost):
            return f"cost (loss plus penalties) {place}"
        if not record.stopped and not math.isfinite(record.validation.loss):
            return f"validation loss {place}"
    return ""


def _by_name(readings: Iterable[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """Name → its readings, epoch by epoch; epochs without a reading are left out."""
    series: dict[str, list[float]] = {}
    for reading in readings:
        for name, value in reading.items():
            series.setdefault(name, []).append(float(value))
    return {name: tuple(values) for name, values in series.items()}
