"""What goes wrong in a stack costs no other trial: errors, short memory, a full disk, a killed process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import DiskError
from nnbabysit.core.search.execute import job as job_module
from nnbabysit.core.search.execute.executor import SequentialExecutor
from nnbabysit.core.search.execute.job import Job, Trainer
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.stacked.training import train_stack
from tests.core.search.stacked_runs import LR, PLAIN, Run, digits, needs_fork, one_by_one, planned


def test_a_stack_that_raises_is_run_one_by_one(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any, **_settings: Any) -> Iterator[Any]:
        raise ValueError("a bug of the stack")

    monkeypatch.setattr(job_module, "train_stack", broken)
    trials = planned(*PLAIN)
    run = Run(dataset, trials, Placement(8, 1, 1))
    run.check_same(one_by_one(dataset, trials))
    assert "a stack of 5 trials failed (a bug of the stack), what was in it is run one by one" in run.notes
    assert "ValueError: a bug of the stack" in run.log[0]


def fitting(most: int, sizes: list[int]) -> Callable[..., Iterator[Any]]:
    """Training that runs out of memory for larger stacks."""
    train = train_stack

    def short(stack: Any, *arguments: Any, **settings: Any) -> Iterator[Any]:
        sizes.append(len(stack.places))
        if len(stack.places) > most:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes")
        return train(stack, *arguments, **settings)

    return short


def test_a_stack_too_large_for_memory_is_halved(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(job_module, "train_stack", fitting(2, sizes))
    trials = planned(*PLAIN)
    run = Run(dataset, trials, Placement(8, 1, 1))
    run.check_same(one_by_one(dataset, trials))
    assert sizes == [5, 2, 3, 1, 2]
    assert "out of memory: a stack of 5 trials is halved" in run.notes


def test_a_trial_that_finds_no_memory_on_its_way_is_run_alone(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_module, "train_stack", fitting(0, []))
    config = digits()
    trainer = Trainer(TrialSpec(config, dataset, 1), SequentialExecutor(TrialSpec(config, dataset, 1)))
    outcome = trainer.run(Job(trials=tuple(planned({LR: 0.05}, {LR: 0.02})), keep=True))
    assert [trial.state for trial in outcome.trials] == ["complete", "complete"]
    assert not outcome.states


def test_a_full_disk_ends_the_search(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_settings: Any) -> Iterator[Any]:
        raise DiskError("the disk is full")

    monkeypatch.setattr(job_module, "train_stack", full)
    with pytest.raises(DiskError):
        Run(dataset, planned(*PLAIN))


@needs_fork
def test_a_worker_that_is_killed_once_costs_nothing(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_job = Trainer.run

    def deadly_once(self: Trainer, job: Job, *arguments: Any) -> Any:
        if job.trials[0].index == 1 and not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return run_job(self, job, *arguments)

    monkeypatch.setattr(Trainer, "run", deadly_once)
    run = Run(dataset, planned(*PLAIN), Placement(1, 2, 1))
    assert (tmp_path / "killed").exists()
    assert run.states == ["complete"] * 5
    assert "a process was killed, trial 2 is trained once more" in run.notes


@needs_fork
def test_a_worker_that_is_killed_costs_its_own_trial_alone(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_job = Trainer.run

    def deadly(self: Trainer, job: Job, *arguments: Any) -> Any:
        if any(trial.index == 1 for trial in job.trials):
            os.kill(os.getpid(), signal.SIGKILL)
        return run_job(self, job, *arguments)

    monkeypatch.setattr(Trainer, "run", deadly)
    trials = planned(*PLAIN)
    run = Run(dataset, trials, Placement(4, 2, 1))
    assert run.states == ["complete", "failed", "complete", "complete", "complete"]
    assert "killed" in run.trials[1].reason
    assert "killed" in run.notes
    monkeypatch.setattr(Trainer, "run", run_job)
    rest = [trial for trial in one_by_one(dataset, trials) if trial.index != 1]
    run.trials.pop(1)
    run.check_same(rest)
