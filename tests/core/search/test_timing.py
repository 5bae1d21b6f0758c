"""Calibration: a placement is measured, and bounds the stacks of every group by the memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.record.search_events import PlacementEvent
from nnbabysit.core.search.execute import job as job_module
from nnbabysit.core.search.execute import timing as calibration
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.stacked.training import seconds_per_step, train_stack
from tests.core.search.stacked_runs import HIDDEN, LR, PLAIN, Run, digits, one_by_one, planned


def test_a_placement_is_found_told_and_taken_over(dataset: Dataset) -> None:
    trials = planned(*PLAIN)
    run = Run(dataset, trials, None, digits("search.processes=1"))
    placement = run.executor.placement
    assert placement is not None
    assert placement.processes == 1
    (told,) = [event for event in run.events if isinstance(event, PlacementEvent)]
    assert Placement(**told.placement) == placement
    assert run.executor.width == placement.stack
    run.check_same(one_by_one(dataset, trials))


def test_a_measurement_that_fails_ends_nothing(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch size that is too large for some, and memory that is short while placements are timed."""
    trials = planned(*({"training.batch_size": size} for size in (5000, 5000, 50)))
    assert Run(dataset, trials, None, digits("search.processes=1")).states == ["failed", "failed", "complete"]
    measure = seconds_per_step

    def short(stack: Any, *arguments: Any) -> float:
        if len(stack.places) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")
        return measure(stack, *arguments)

    monkeypatch.setattr(calibration, "seconds_per_step", short)
    run = Run(dataset, planned(*PLAIN, *PLAIN), None, digits("search.processes=1"))
    assert run.states == ["complete"] * 10
    assert run.executor.placement is not None
    assert run.executor.placement.stack <= 2
    (told,) = [event for event in run.events if isinstance(event, PlacementEvent)]
    assert all(math.isfinite(each.milliseconds) for each in told.alternatives)


def test_each_group_has_stacks_that_fit(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was measured has small networks, the other has not."""
    sizes: list[tuple[int, int]] = []
    monkeypatch.setattr(calibration, "largest_stack", lambda network, *_: 40 // network.output.in_features)
    train = train_stack

    def noting(stack: Any, *arguments: Any, **settings: Any) -> Iterator[Any]:
        sizes.append((stack.template.output.in_features, len(stack.places)))
        return train(stack, *arguments, **settings)

    monkeypatch.setattr(job_module, "train_stack", noting)
    trials = planned(*({LR: 0.01, HIDDEN: [10]},) * 4, *({LR: 0.01, HIDDEN: [20]},) * 3)
    Run(dataset, trials, Placement(4, 1, 1))
    assert sorted(sizes) == [(10, 4), (20, 1), (20, 2)]
