"""TrainEvents: what a long run tells while it trains, to the terminal and to its logs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from nnbabysit.core.record.run import Run
from nnbabysit.core.record.training_events import BatchEvent, EpochEvent, ScoreEvent, TrainProgressEvent
from nnbabysit.core.training.loop.records import EpochRecord, StepRecord

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config

TICK_SECONDS = 0.25
"""Shortest time between two ``progress`` events, which are shown and not written."""


class TrainEvents:
    """Turns steps and epochs into events and metrics.

    Speeds are in events only: but for their times, the lines of ``metrics.jsonl`` are the same for a run that
    was interrupted and for one that was not.
    """

    def __init__(
        self, run: Run, config: Config, *, steps_per_epoch: int, start_epoch: int, clock: Callable[[], float]
    ) -> None:
        """Start with ``start_epoch``; ``clock`` gives seconds."""
        self._run = run
        self._epochs = config.training.epochs
        self._per_epoch = steps_per_epoch
        self._clock = clock
        self._first_step = (start_epoch - 1) * steps_per_epoch
        self._began = self._epoch_began = self._told = clock()
        self._samples = 0
        self._ratios: list[dict[str, float]] = []
        self._last_probes: dict[str, Any] = {}

    def step(self, record: StepRecord) -> None:
        """Note a step; most cost a look at the clock and no more."""
        self._samples += record.samples
        if record.probes:
            self._probed(record)
        now = self._clock()
        if now - self._told >= TICK_SECONDS:
            self._told = now
            self._tick(record, now)

    def _probed(self, record: StepRecord) -> None:
        self._last_probes = record.probes
        self._ratios.append(record.probes["update_ratios"])
        self._run.metric(
            BatchEvent(
                step=record.step,
                epoch=record.epoch,
                loss=float(record.loss),
                lr=record.lr,
                readings=record.probes,
            )
        )

    def _tick(self, record: StepRecord, now: float) -> None:
        self._run.tick(
            TrainProgressEvent(
                step=record.step,
                steps=self._epochs * self._per_epoch,
                epoch=record.epoch,
                epochs=self._epochs,
                loss=float(record.loss),
                lr=record.lr,
                samples_per_second=self._samples / max(now - self._epoch_began, 1e-9),
                eta=self._eta(record.step, now),
                update_ratios=self._last_probes.get("update_ratios", {}),
                gradient_norm=self._last_probes.get("gradient_norm"),
            )
        )

    def _eta(self, step: int, now: float) -> float:
        """Seconds to the end at the mean pace of this session."""
        done = max(step - self._first_step, 1)
        return (now - self._began) / done * max(self._epochs * self._per_epoch - step, 0)

    def completed(self, record: EpochRecord, dead_units: dict[str, float]) -> EpochRecord:
        """The record with what only the whole epoch tells: median update ratios and dead units."""
        probes = {**record.probes, "update_ratios": _medians(self._ratios), "dead_units": dead_units}
        self._ratios = []
        return replace(record, probes=probes)

    def epoch(self, record: EpochRecord) -> None:
        """Tell of a completed epoch."""
        ratios = record.probes["update_ratios"]
        now = self._clock()
        for split, score in (("train", record.train), ("validation", record.validation)):
            trained = split == "train"
            self._run.metric(
                ScoreEvent(
                    step=record.step,
                    epoch=record.epoch,
                    split=split,
                    loss=score.loss,
                    accuracy=score.accuracy,
                    cost=record.cost if trained else None,
                    lr=record.lr if trained else None,
                )
            )
        self._run.event(
            EpochEvent(
                epoch=record.epoch,
                epochs=self._epochs,
                step=record.step,
                train_loss=record.train.loss,
                train_accuracy=record.train.accuracy,
                val_loss=record.validation.loss,
                val_accuracy=record.validation.accuracy,
                lr=record.lr,
                update_ratio=_median(list(ratios.values())) if ratios else None,
                update_ratios=ratios,
                gradient_norm=record.probes.get("gradient_norm"),
                dead_units=record.probes["dead_units"],
                samples_per_second=record.samples_per_second,
                eta=self._eta(record.step, now),
            )
        )
        self._samples = 0
        self._epoch_began = self._clock()


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """Weight matrix → median over the probed steps of an epoch, which one odd batch does not move."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _median([row[name] for row in rows if name in row]) for name in names}


def _median(values: list[float]) -> float:
    return median(values) if all(math.isfinite(value) for value in values) else math.nan
