"""Evidence of a long run: its curves, what its probes saw, its targets and what it answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnbabysit.core.diagnosis.evidence.learning_curves import LearningCurves

if TYPE_CHECKING:
    from torch import Tensor

    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.training.evaluation.unpredicted import Unpredicted
    from nnbabysit.core.training.loop.records import EpochRecord
    from nnbabysit.core.training.loop.run_state import Progress
    from nnbabysit.core.training.setup.setup import Prepared

Series = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class RunEvidence:
    """What the rules on a long run (NUM, UPD, ACT, CUR, ANS) read.

    Attributes:
        task: classification, binary, multilabel or regression.
        num_outputs: Outputs of the model: classes, labels or target columns (1 for binary).
        train_losses: Mean data loss of the training batches, per epoch; at least one.
        lr: Learning rate of the first epoch.
        learning_rates: Learning rate of each epoch's last step.
        val_losses: Mean data loss on validation, per epoch.
        train_accuracies: Accuracy on the training batches as they were trained on, per epoch; None for
            regression.
        val_accuracies: Accuracy on validation, per epoch; None for regression.
        train_bar: Accuracy on training above which it tells more than answering with the most frequent class:
            its frequency plus one standard error (``Yardstick.bar``).
        val_bar: The same on validation.
        chance_loss: Chance-level loss: ln C, ln 2, the variance of the targets, C − 1; None where unknown.
        prior_loss: Loss of guessing by class frequency; None if there is no class prior.
        zero_output_loss: Loss of answering 0; None unless the loss is mse.
        target_mean: Mean of the training targets; of several columns, of the one farthest from 0 in standard
            deviations; None unless the loss is mse.
        target_std: Their standard deviation.
        first_total_loss: Total loss at the initial weights; None where it was not finite.
        stopped: Why the run had to stop (diverged), or empty.
        first_nonfinite: What was first not finite, such as "training loss in epoch 3"; empty if nothing was.
        inputs_finite: Whether all training samples are finite; looked at once something was not.
        l2: ``regularization.l2``.
        init_scheme: ``model.init.scheme``; None if the network initializes itself.
        update_ratios: Weight matrix → ‖ΔW‖/‖W‖ of one optimizer step, per epoch.
        dead_units: ReLU layer → fraction of units (channels of a convolution: no position) that are active on
            under 1 % of the samples looked at, per epoch.
        dead_units_initial: The same before the first step, one number per layer.
        unpredicted: Classes of validation that the best weights never answer with, in words; empty if there
            are none, or only such as are too rare to be missed.
    """

    task: str
    num_outputs: int
    train_losses: tuple[float, ...]
    lr: float
    learning_rates: tuple[float, ...] = ()
    val_losses: tuple[float, ...] = ()
    train_accuracies: tuple[float, ...] | None = None
    val_accuracies: tuple[float, ...] | None = None
    train_bar: float = -math.inf
    val_bar: float = -math.inf
    chance_loss: float | None = None
    prior_loss: float | None = None
    zero_output_loss: float | None = None
    target_mean: float | None = None
    target_std: float | None = None
    first_total_loss: float | None = None
    stopped: str = ""
    first_nonfinite: str = ""
    inputs_finite: bool = True
    l2: float | None = None
    init_scheme: str | None = None
    update_ratios: Series = field(default_factory=dict)
    dead_units: Series = field(default_factory=dict)
    dead_units_initial: Mapping[str, float] = field(default_factory=dict)
    unpredicted: str = ""

    @classmethod
    def of(
        cls, config: Config, prepared: Prepared, progress: Progress, unpredicted: Unpredicted | None = None
    ) -> RunEvidence:
        """What a run left behind.

        Args:
            config: Experiment.
            prepared: What was trained, on what.
            progress: At least one epoch. The probes ``update_ratios`` (weight matrix → ratio),
                ``gradient_norm`` and ``dead_units`` (layer → fraction) are used where they are there.
            unpredicted: Classes that the best weights never answer with; None: not looked at.
        """
        from nnbabysit.core.training.loop.yardstick import Yardstick

        epochs, data, objective = progress.history, prepared.dataset, prepared.assembly.objective
        nonfinite = first_nonfinite(epochs)
        finite = not nonfinite or all(bool(x.isfinite().all()) for x, _ in data.train.batches(1000))
        zero, mean, std = _about_targets(data.train.y) if config.loss == "mse" else (None, None, None)
        return cls(
            task=data.task,
            num_outputs=data.num_outputs,
            train_losses=tuple(record.train.loss for record in epochs),
            lr=epochs[0].lr,
            learning_rates=tuple(record.lr for record in epochs),
            val_losses=tuple(record.validation.loss for record in epochs),
            train_accuracies=_all_known(record.train.accuracy for record in epochs),
            val_accuracies=_all_known(record.validation.accuracy for record in epochs),
            train_bar=Yardstick.of(data.train.y, data.task, config.loss).bar,
            val_bar=progress.yardstick.bar,
            chance_loss=_if_finite(objective.chance(data.num_outputs, data.train.y)),
            prior_loss=_if_finite(objective.prior(data.train.y, data.num_outputs)),
            zero_output_loss=zero,
            target_mean=mean,
            target_std=std,
            first_total_loss=_if_finite(epochs[0].first_cost),
            stopped=epochs[-1].stopped,
            first_nonfinite=nonfinite,
            inputs_finite=finite,
            l2=None if getattr(config.optimizer, "weight_decay", 0.0) else config.regularization.l2,
            init_scheme=None if config.model.init is None else config.model.init.scheme,
            update_ratios=series_by_name(record.probes.get("update_ratios", {}) for record in epochs),
            dead_units=series_by_name(record.probes.get("dead_units", {}) for record in epochs),
            dead_units_initial=progress.dead_units_initial,
            unpredicted=unpredicted.words if unpredicted is not None and unpredicted.is_fault else "",
        )

    @property
    def curves(self) -> LearningCurves | None:
        """Training losses against the chance-level loss, and accuracies; None where that is not known."""
        if self.chance_loss is None:
            return None
        return LearningCurves(
            losses=self.train_losses,
            chance=self.chance_loss,
            guessing=min(loss for loss in (self.chance_loss, self.prior_loss) if loss is not None),
            train_accuracies=self.train_accuracies,
            val_accuracies=self.val_accuracies,
            train_bar=self.train_bar,
            val_bar=self.val_bar,
        )


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
            return f"total loss (with penalties) {place}"
        if not record.stopped and not math.isfinite(record.validation.loss):
            return f"validation loss {place}"
    return ""


def series_by_name(readings: Iterable[Mapping[str, float]]) -> Series:
    """Name → its readings, epoch by epoch; epochs without a reading are left out."""
    series: dict[str, list[float]] = {}
    for reading in readings:
        for name, value in reading.items():
            series.setdefault(name, []).append(float(value))
    return {name: tuple(values) for name, values in series.items()}


def _if_finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _all_known(values: Iterable[float | None]) -> tuple[float, ...] | None:
    known = tuple(values)
    return None if None in known else tuple(value for value in known if value is not None)


def _about_targets(y: Tensor) -> tuple[float, float, float]:
    """Loss of answering 0 to targets (N,) or (N, K); mean and std of the column farthest off."""
    y_NK = y.double().reshape(len(y), -1)
    std_K, mean_K = y_NK.std(dim=0, correction=0), y_NK.mean(dim=0)
    worst = int((mean_K.abs() / std_K.clamp_min(1e-12)).argmax())
    return float((y_NK**2).mean()), float(mean_K[worst]), float(std_K[worst])
