"""What the training loop yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRecord:
    """One optimizer step, seen after the weights changed.

    Attributes:
        step: Number of the step, from 1 over the whole run.
        epoch: Number of the epoch, from 1.
        loss: Mean data loss of the batch before the step: a detached scalar on the device, reading it waits.
        logits: Outputs (n, ...) for the batch before the step, detached, on the device.
        y: Targets (n, ...) of the batch, on the device.
        lr: Learning rate that was applied.
        samples: Samples in the batch.
        last_in_epoch: Whether the epoch ends with this step.
        probes: Probe name → reading; empty on steps that were not probed.
    """

    step: int
    epoch: int
    loss: Tensor
    logits: Tensor
    y: Tensor
    lr: float
    samples: int
    last_in_epoch: bool
    probes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Result of evaluating a split.

    Attributes:
        loss: Mean data loss per sample, without penalties.
        accuracy: Accuracy in 0…1 (multi-label: of right labels); None for regression.
    """

    loss: float
    accuracy: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochRecord:
    """One epoch: training, then one look at validation.

    Attributes:
        epoch: Number of the epoch, from 1.
        step: Number of the last step.
        train: Mean over the epoch's batches, as they were trained on.
        validation: Validation split, evaluated after the epoch; NaN when the run stopped before it.
        cost: Training loss plus penalties.
        lr: Learning rate in this epoch's last step.
        seconds: Wall time of the training part.
        samples_per_second: Training samples divided by ``seconds``.
        first_cost: Cost at the initial weights, what divergence is measured against.
        stopped: Why the run must stop here (diverged), or empty.
        probes: Name → reading, from the epoch's last probed step.
    """

    epoch: int
    step: int
    train: Score
    validation: Score
    cost: float
    lr: float
    seconds: float
    samples_per_second: float
    first_cost: float = float("nan")
    stopped: str = ""
    probes: dict[str, Any] = field(default_factory=dict)
