"""Stacked trials end as they do one by one, whatever their neighbors, the memory and the processes do."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.readers.source_path import DEBIAN_FASHION_MNIST
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.search.execute.executor import SequentialExecutor
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial, Trial, ranked
from tests.core.search.stacked_runs import (
    DROPOUT,
    FORKED,
    LR,
    MIXED,
    PLAIN,
    STACKS,
    Run,
    digits,
    needs_fork,
    one_by_one,
    planned,
    told,
)


@pytest.mark.parametrize(
    "placement",
    [STACKS, Placement(1, 1, 1), Placement(64, 1, 1), pytest.param(FORKED, marks=needs_fork)],
    ids=lambda placement: placement.text,
)
def test_whatever_the_placement_trials_end_as_one_by_one(dataset: Dataset, placement: Placement) -> None:
    trials = planned(*MIXED)
    run = Run(dataset, trials, placement)
    run.check_same(one_by_one(dataset, trials))
    assert run.states.count("failed") == 2
    assert run.states[2] == "diverged"
    assert isinstance(run.executor.first_error, ConfigError)
    assert "data.preprocess.scale changes the data" in run.notes
    assert "average" in run.notes


PICKY = """
from torch import nn

class Net(nn.Module):
    def __init__(self, num_classes, dropout=0.1):
        super().__init__()
        if dropout > 0.5:
            raise ValueError("too much for me")
        layers = nn.Flatten(), nn.Linear(64, 8), nn.Dropout(dropout), nn.Linear(8, num_classes)
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)
"""


@pytest.fixture(scope="module")
def picky(tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = tmp_path_factory.mktemp("picky") / "picky_model_of_a_stack.py"
    path.write_text(PICKY)
    return digits().model_copy(
        update={"model": digits().model.model_copy(update={"name": f"{path}:Net", "args": {}})}
    )


@pytest.mark.parametrize("placement", [STACKS, pytest.param(FORKED, marks=needs_fork)], ids=str)
def test_a_trial_that_raises_fails_alone(dataset: Dataset, picky: Config, placement: Placement) -> None:
    trials = planned(*({DROPOUT: p, LR: 0.03} for p in (0.1, 0.2, 0.9, 0.3)))
    run = Run(dataset, trials, placement, picky)
    assert run.states == ["complete", "complete", "failed", "complete"]
    assert "too much for me" in run.trials[2].reason
    assert "picky_model_of_a_stack.py:8" in run.trials[2].reason
    assert "too much for me" in str(run.executor.first_error)


def test_all_fail(dataset: Dataset) -> None:
    run = Run(dataset, planned({LR: -1.0}, {LR: -2.0}))
    assert run.states == ["failed", "failed"]
    assert isinstance(run.executor.first_error, ConfigError)


def drawn(count: int) -> list[PlannedTrial]:
    """Trials over the ranges of the bundled configs."""
    numbers = torch.rand(count, 3, generator=torch.Generator().manual_seed(1)).tolist()
    return planned(
        *(
            {LR: 10 ** (-4 + 4 * a), DROPOUT: 0.6 * b + 0.01, "regularization.l2": 10 ** (-6 + 4 * c)}
            for a, b, c in numbers
        )
    )


def best_ten(trials: list[Trial]) -> list[int]:
    return [trial.index for trial in ranked(trials)[:10]]


def test_the_best_ten_are_those_of_one_by_one(dataset: Dataset) -> None:
    stacked = Run(dataset, drawn(30), Placement(16, 1, 1), epochs=3)
    assert best_ten(stacked.trials) == best_ten(one_by_one(dataset, drawn(30), epochs=3))


def test_who_is_alone_ends_bit_for_bit_as_in_a_stack(dataset: Dataset) -> None:
    """Whoever shares its stack, and however many: out of memory must not change a result."""
    together = Run(dataset, planned(*PLAIN), Placement(64, 1, 1), epochs=3)
    for placement in (Placement(1, 1, 1), Placement(2, 1, 1)):
        apart = Run(dataset, planned(*PLAIN), placement, epochs=3)
        assert [told(trial) for trial in apart.trials] == [told(trial) for trial in together.trials]
        assert [trial.merit and trial.merit.place for trial in apart.trials] == [
            trial.merit and trial.merit.place for trial in together.trials
        ], "sums of losses differ in their last digits, which do not count"


@pytest.mark.slow
@pytest.mark.skipif(not DEBIAN_FASHION_MNIST.exists(), reason="needs dataset-fashion-mnist of Debian")
def test_the_best_ten_on_fashion_mnist_are_those_of_one_by_one() -> None:
    """In stacks of one, all the same; in the plain loop, rounding moves a few of 5000 images, no more."""
    config = load_config("fashion-mnist", ("device=cpu",), cwd=Path.cwd()).config
    dataset = load_dataset(config)
    stacked = Run(dataset, drawn(24), None, config, epochs=2).trials
    singly = Run(dataset, drawn(24), Placement(1, 1, 1), config, epochs=2).trials
    assert len([trial for trial in singly if trial.state == "complete"]) >= 15
    assert [told(trial) for trial in stacked] == [told(trial) for trial in singly]
    loop = SequentialExecutor(TrialSpec(config, dataset, 2))
    alone = {trial.index: trial for group in loop.run(drawn(24)) for trial in group}
    values = [alone[index].value or 0.0 for index in best_ten(stacked)]
    assert set(best_ten(stacked)) == set(best_ten(list(alone.values())))
    assert all(better >= worse - 0.01 for better, worse in pairwise(values))
