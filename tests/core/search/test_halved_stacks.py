"""Halving of real stacks: who goes on, in which processes, after a kill, and what is told of it."""

from __future__ import annotations

import math
import resource

import pytest

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.record.search_events import SearchProgressEvent
from nnbabysit.core.search.execute import halving
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.search.execute.stacked_executor import StackedExecutor
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial
from tests.core.search.stacked_runs import (
    DROPOUT,
    LR,
    STACKS,
    Run,
    digits,
    needs_fork,
    one_by_one,
    planned,
    told,
)


@needs_fork
def test_halving_hands_states_from_process_to_process(dataset: Dataset) -> None:
    """Weights go through pipes as bytes: torch would open a file for each tensor."""
    config = digits("search.halving={factor: 2}", "optimizer={name: adam}")
    trials = planned(*({LR: 10 ** (-4 + 0.05 * i), DROPOUT: 0.2} for i in range(48)))
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
    try:
        forked = Run(dataset, trials, Placement(24, 2, 1), config, epochs=2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    alone = Run(dataset, trials, Placement(48, 1, 1), config, epochs=2)
    assert forked.states.count("complete") == 24
    forked.check_same(alone.trials)
    assert not forked.log


def test_halving_lets_the_best_go_on(dataset: Dataset) -> None:
    config = digits("search.halving={factor: 2}")
    trials = planned(*({LR: lr} for lr in (1e-5, 0.05, 1e4, 1e-4, 0.03)))
    run = Run(dataset, trials, Placement(8, 1, 1), config, epochs=3)
    alone = one_by_one(dataset, trials, epochs=3)
    assert run.states.count("complete") == 2
    assert [trial.state for trial in run.trials] == ["stopped", "complete", "diverged", "stopped", "complete"]
    for ours, other in zip(run.trials, alone, strict=True):
        assert told(ours) == pytest.approx(told(other)[: len(ours.curve)], abs=5e-3)
    assert all(math.isfinite(trial.seconds) for trial in run.trials)


def test_halving_goes_on_after_a_kill(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cohort is stored whole or not at all; the next ones are those that they would have been."""
    monkeypatch.setattr(halving, "SURVIVORS", 1)
    config = digits("search.halving={factor: 2}")
    trials = planned(*({LR: 10 ** (-4 + 0.3 * i)} for i in range(11)))

    def groups(left: list[PlannedTrial], placement: Placement) -> list[list[tuple[int, str, str]]]:
        executor = StackedExecutor(TrialSpec(config, dataset, 3, 11), placement=placement)
        return [[(t.index, t.state, t.reason) for t in group] for group in executor.run(left)]

    whole = groups(trials, Placement(2, 1, 1))
    assert [len(group) for group in whole] == [4, 4, 3]
    assert groups(trials[4:], Placement(8, 1, 1)) == whole[1:]


def test_progress_counts_what_ended_before_and_what_halving_spares(dataset: Dataset) -> None:
    """20 trials, 10 of which had ended; of the others, one in two goes on behind each epoch."""
    told: list[SearchProgressEvent] = []
    ticks = iter(range(1000))
    executor = StackedExecutor(
        TrialSpec(digits("search.halving={factor: 2}"), dataset, 4, 20, lambda: float(next(ticks))),
        ended=10,
        placement=STACKS,
        tell=lambda event: told.append(event) if isinstance(event, SearchProgressEvent) else None,
    )
    trials = planned(*({LR: 0.01 + 0.001 * i} for i in range(10)))
    assert sum(len(group) for group in executor.run(trials)) == 10
    assert told[0].share == pytest.approx(0.5 + 3 / 80)
    assert [event.ended for event in told][:2] == [10, 10]
    assert told[0].value is not None
    values = [event.value or 0.0 for event in told]
    assert values == sorted(values)
    shares = [event.share for event in told]
    assert shares == sorted(shares)
    list(executor.run([PlannedTrial(index=20 + i, params={LR: 0.05}, confirm=True) for i in range(2)]))
    assert told[-1].ended == 20
    assert told[-1].share == 1.0


def test_halving_where_nobody_is_left(dataset: Dataset) -> None:
    config = digits("search.halving={factor: 2}")
    run = Run(dataset, planned({LR: 1e6}, {LR: 1e7}), Placement(8, 1, 1), config, epochs=3)
    assert run.states == ["diverged", "diverged"]


def test_halving_ends_with_the_epochs_that_were_drawn(dataset: Dataset) -> None:
    config = digits("search.halving={factor: 3}")
    trials = planned(*({LR: 0.01 * i, "training.epochs": epochs} for i in (1, 2, 3) for epochs in (1, 2)))
    run = Run(dataset, trials, Placement(8, 1, 1), config, epochs=9)
    lengths = [len(trial.curve) for trial in run.trials if trial.state == "complete"]
    assert sorted(lengths) == [1, 1, 1, 2]
    assert run.states.count("stopped") == 2
