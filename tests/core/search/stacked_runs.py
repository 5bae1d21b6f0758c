"""What the tests of stacked searches have in common: digits in small, trials, and a run of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.record.events import Event, NoteEvent
from nnbabysit.core.search.execute.executor import SequentialExecutor
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.search.execute.stacked_executor import StackedExecutor
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.execute.workers import can_fork
from nnbabysit.core.search.trial import PlannedTrial, Trial

LR, DROPOUT, HIDDEN = "optimizer.lr", "model.args.dropout", "model.args.hidden"
STACKS = Placement(4, 1, 1)
FORKED = Placement(2, 2, 1)
needs_fork = pytest.mark.skipif(not can_fork(torch.device("cpu")), reason="workers are forked, on Linux")


def digits(*overrides: str) -> Config:
    small = ("model.args.hidden=[8]", "data.validation=0.2", "device=cpu", *overrides)
    return load_config("digits", small, cwd=Path.cwd()).config


def planned(*params: dict[str, Any]) -> list[PlannedTrial]:
    return [PlannedTrial(index=index, params=values) for index, values in enumerate(params)]


class Run:
    """Trials that a stacked executor has run, and what it told."""

    def __init__(
        self,
        dataset: Dataset,
        trials: list[PlannedTrial],
        placement: Placement | None = STACKS,
        config: Config | None = None,
        epochs: int = 1,
    ) -> None:
        self.events: list[Event] = []
        self.log: list[str] = []
        self.executor = StackedExecutor(
            TrialSpec(config or digits(), dataset, epochs, len(trials)), placement=placement,
            tell=self.events.append, log=self.log.append,
        )  # fmt: skip
        ended = [trial for group in self.executor.run(trials) for trial in group]
        self.trials = sorted(ended, key=lambda trial: trial.index)

    @property
    def states(self) -> list[str]:
        return [trial.state for trial in self.trials]

    @property
    def notes(self) -> str:
        return "\n".join(event.text for event in self.events if isinstance(event, NoteEvent))

    def check_same(self, others: list[Trial]) -> None:
        """All but the time they took; curves by rounding."""
        assert [t.index for t in self.trials] == [t.index for t in others]
        assert [(t.params, t.state, t.reason) for t in self.trials] == [
            (t.params, t.state, t.reason) for t in others
        ]
        for ours, other in zip(self.trials, others, strict=True):
            assert told(ours) == pytest.approx(told(other), abs=5e-3)
            assert ours.value == pytest.approx(other.value, abs=5e-3)


def told(trial: Trial) -> list[float]:
    """What a trial came to after each epoch, as people are told."""
    return [merit.told for merit in trial.curve]


def one_by_one(dataset: Dataset, trials: list[PlannedTrial], epochs: int = 1) -> list[Trial]:
    executor = SequentialExecutor(TrialSpec(digits(), dataset, epochs))
    return [trial for group in executor.run(trials) for trial in group]


PLAIN = [{LR: lr} for lr in (0.05, 0.04, 0.03, 0.02, 0.01)]

MIXED: list[dict[str, Any]] = [
    {LR: 0.05},
    {LR: 0.01, DROPOUT: 0.3},
    {LR: 1e4},
    {LR: 0.02, DROPOUT: 0.1},
    {LR: 0.02, HIDDEN: [12]},
    {LR: 0.02, "training.batch_size": 50},
    {LR: 0.01, "optimizer.name": "adam"},
    {LR: -1.0},
    {LR: 0.03, "data.preprocess.scale": "minmax"},
    {LR: 0.03, "training.average.decay": 0.9},
    {LR: 0.03, "training.epochs": 2},
    {LR: 0.04, "regularization.l2": 0.01},
    {LR: 0.04, HIDDEN: [-1]},
]
