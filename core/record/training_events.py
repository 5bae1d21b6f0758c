"""Training events: steps, epochs and scores, of a training and of the tiny set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nnbabysit.core.record.events import LEFT_OUT, SPREAD, Event


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchEvent(Event):
    """A probed step: loss of its batch before it, and what the probes read."""

    kind = "metric"
    step: int
    epoch: int
    split: str = "batch"
    loss: float
    lr: float | None = None
    readings: Mapping[str, object] = field(default_factory=dict, metadata=SPREAD)
    """Name of a probe → what it read: a number, or layer or weight → number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreEvent(Event):
    """Score of ``train`` or ``validation`` after an epoch; ``cost`` is the loss plus penalties."""

    kind = "metric"
    step: int
    epoch: int
    split: str
    loss: float
    accuracy: float | None
    cost: float | None = field(default=None, metadata=LEFT_OUT)
    lr: float | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochEvent(Event):
    """An epoch is over.

    Attributes:
        update_ratio: Median of ``update_ratios``, the median ‖ΔW‖ / ‖W‖ of each weight matrix.
        gradient_norm: Of the last probed step.
        dead_units: Layer → fraction of its units.
        eta: Seconds that are left.
    """

    kind = "epoch"
    epoch: int
    epochs: int
    step: int
    train_loss: float
    train_accuracy: float | None = None
    val_loss: float
    val_accuracy: float | None = None
    lr: float
    update_ratio: float | None = None
    update_ratios: Mapping[str, float] = field(default_factory=dict)
    gradient_norm: float | None = None
    dead_units: Mapping[str, float] = field(default_factory=dict)
    samples_per_second: float
    eta: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainProgressEvent(Event):
    """How far a training is, a few times a second; shown and not written."""

    kind = "progress"
    step: int
    steps: int
    epoch: int
    epochs: int
    loss: float
    lr: float
    samples_per_second: float
    eta: float
    update_ratios: Mapping[str, float] = field(default_factory=dict)
    gradient_norm: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TinyEvent(Event):
    """An epoch on the tiny set: loss before its step, accuracy after it."""

    kind = "tiny"
    epoch: int
    epochs: int
    cost: float
    accuracy: float | None
    lr: float
