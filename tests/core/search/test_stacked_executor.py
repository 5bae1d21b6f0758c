"""Stacked trials end as they do one by one, whatever their neighbours, the memory and the processes do."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema import Config
from nnbabysit.core.data.dataset import Dataset
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.source_path import DEBIAN_FASHION_MNIST
from nnbabysit.core.errors import ConfigError, DiskError
from nnbabysit.core.search import halving
from nnbabysit.core.search import job as job_module
from nnbabysit.core.search.executor import SequentialExecutor
from nnbabysit.core.search.grouping import Grouping
from nnbabysit.core.search.job import Job, Trainer
from nnbabysit.core.search.placement import Placement
from nnbabysit.core.search.stacked_executor import StackedExecutor
from nnbabysit.core.search.trial import PlannedTrial, Trial, ranked
from nnbabysit.core.search.workers import Lost, Workers, can_fork
from nnbabysit.core.stacked.training import train_stack

LR, DROPOUT, HIDDEN = "optimizer.lr", "model.args.dropout", "model.args.hidden"
STACKS = Placement(4, 1, 1)
FORKED = Placement(2, 2, 1)
needs_fork = pytest.mark.skipif(not can_fork(torch.device("cpu")), reason="workers are forked, on Linux")


def digits(*overrides: str) -> Config:
    small = ("model.args.hidden=[8]", "data.validation=0.2", "device=cpu", *overrides)
    return load_config("digits", small, cwd=Path.cwd()).config


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset(digits())


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
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.log: list[str] = []
        self.executor = StackedExecutor(
            config or digits(), dataset, epochs=epochs, trials=len(trials), placement=placement,
            tell=lambda kind, **fields: self.events.append((kind, fields)), log=self.log.append,
        )  # fmt: skip
        ended = [trial for group in self.executor.run(trials) for trial in group]
        self.trials = sorted(ended, key=lambda trial: trial.index)

    @property
    def states(self) -> list[str]:
        return [trial.state for trial in self.trials]

    @property
    def notes(self) -> str:
        return "\n".join(fields["text"] for kind, fields in self.events if kind == "note")

    def check_same(self, others: list[Trial]) -> None:
        """All but the time they took; curves by rounding."""
        assert [t.index for t in self.trials] == [t.index for t in others]
        assert [(t.params, t.state, t.reason) for t in self.trials] == [
            (t.params, t.state, t.reason) for t in others
        ]
        for ours, other in zip(self.trials, others, strict=True):
            assert ours.curve == pytest.approx(other.curve, abs=5e-3)
            assert ours.value == pytest.approx(other.value, abs=5e-3)


def one_by_one(dataset: Dataset, trials: list[PlannedTrial], epochs: int = 1) -> list[Trial]:
    executor = SequentialExecutor(digits(), dataset, epochs=epochs)
    return [trial for group in executor.run(trials) for trial in group]


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


def test_who_shares_a_stack(dataset: Dataset) -> None:
    groups = Grouping(digits(), dataset).groups(planned(*MIXED))
    stacked = [[trial.index for trial in group.trials] for group in groups if not group.alone]
    assert stacked == [[0, 2, 11], [1, 3], [4], [5], [6], [10]]
    alone = {trial.index: group.alone for group in groups if group.alone for trial in group.trials}
    assert alone.keys() == {7, 8, 9, 12}
    assert alone[7] == "the settings are refused"
    assert alone[12] == "the network cannot be built"


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


PLAIN = [{LR: lr} for lr in (0.05, 0.04, 0.03, 0.02, 0.01)]


def test_a_stack_that_raises_is_run_one_by_one(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any, **_settings: Any) -> Iterator[Any]:
        raise ValueError("a bug of the stack")

    monkeypatch.setattr(job_module, "train_stack", broken)
    trials = planned(*PLAIN)
    run = Run(dataset, trials, Placement(8, 1, 1))
    run.check_same(one_by_one(dataset, trials))
    assert "a stack of 5 trials failed (a bug of the stack), they are run one by one" in run.notes
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
    trainer = Trainer(config, dataset, SequentialExecutor(config, dataset, epochs=1), 1)
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


class UnsendableError(Exception):
    """It cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("what no pipe takes")
        self.kept = lambda: None


@needs_fork
def test_workers_answer_in_order_and_raise_what_was_raised() -> None:
    def do(job: Any, _report: Any) -> Any:
        if job is None:
            raise UnsendableError
        if job < 0:
            raise KeyError("below zero")
        time.sleep(job)
        return os.getpid(), torch.get_num_threads()

    pool = Workers(do, 2)
    try:
        slow, fast, last = pool.run([0.2, 0.0, 0.1], lambda _: None)
        assert slow[0] != fast[0] == last[0]
        assert slow[1] == 1
        with pytest.raises(KeyError, match="below zero"):
            list(pool.run([-1.0], lambda _: None))
    finally:
        pool.close()
    pool = Workers(do, 1)
    try:
        with pytest.raises(Exception, match="what no pipe takes"):
            list(pool.run([None], lambda _: None))
    finally:
        pool.close()


@needs_fork
def test_a_worker_killed_between_two_jobs_is_replaced() -> None:
    pool = Workers(lambda job, _report: (job, os.getpid()), 1)
    try:
        ((_, pid),) = pool.run([1], lambda _: None)
        os.kill(pid, signal.SIGKILL)
        _until(lambda: _is_gone(pid))
        outcomes = list(pool.run([2, 3], lambda _: None))
        assert [o if isinstance(o, Lost) else o[0] for o in outcomes][1:] == [3]
    finally:
        pool.close()


@needs_fork
def test_workers_end_with_their_parent() -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def parent() -> None:
        def busy(job: Any, report: Callable[[Any], None]) -> None:
            report(os.getpid())
            time.sleep(job)

        pool = Workers(busy, 1)
        list(pool.run([60], theirs.send))

    process = context.Process(target=parent)
    process.start()
    assert ours.poll(10)
    worker = ours.recv()
    assert not _is_gone(worker)
    process.kill()
    process.join()
    _until(lambda: _is_gone(worker))


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


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
        assert [t.curve for t in Run(dataset, planned(*PLAIN), placement, epochs=3).trials] == [
            t.curve for t in together.trials
        ]


@pytest.mark.slow
@pytest.mark.skipif(not DEBIAN_FASHION_MNIST.exists(), reason="needs dataset-fashion-mnist of Debian")
def test_the_best_ten_on_fashion_mnist_are_those_of_one_by_one() -> None:
    """In stacks of one, all the same; in the plain loop, rounding moves a few of 5000 images, no more."""
    config = load_config("fashion-mnist", ("device=cpu",), cwd=Path.cwd()).config
    dataset = load_dataset(config)
    stacked = Run(dataset, drawn(24), None, config, epochs=2).trials
    singly = Run(dataset, drawn(24), Placement(1, 1, 1), config, epochs=2).trials
    assert len([trial for trial in singly if trial.state == "complete"]) >= 15
    assert [trial.curve for trial in stacked] == [trial.curve for trial in singly]
    loop = SequentialExecutor(config, dataset, epochs=2)
    alone = {trial.index: trial for group in loop.run(drawn(24)) for trial in group}
    values = [alone[index].value or 0.0 for index in best_ten(stacked)]
    assert set(best_ten(stacked)) == set(best_ten(list(alone.values())))
    assert all(better >= worse - 0.01 for better, worse in pairwise(values))


def test_a_placement_is_found_told_and_taken_over(dataset: Dataset) -> None:
    trials = planned(*PLAIN)
    run = Run(dataset, trials, None, digits("search.processes=1"))
    placement = run.executor.placement
    assert placement is not None
    assert placement.processes == 1
    ((_, fields),) = [event for event in run.events if event[0] == "placement"]
    assert Placement(**fields["placement"]) == placement
    assert run.executor.width == placement.stack
    run.check_same(one_by_one(dataset, trials))


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
        assert ours.curve == pytest.approx(other.curve[: len(ours.curve)], abs=5e-3)
    assert all(math.isfinite(trial.seconds) for trial in run.trials)


def test_halving_goes_on_after_a_kill(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cohort is stored whole or not at all; the next ones are those that they would have been."""
    monkeypatch.setattr(halving, "SURVIVORS", 1)
    config = digits("search.halving={factor: 2}")
    trials = planned(*({LR: 10 ** (-4 + 0.3 * i)} for i in range(11)))

    def groups(left: list[PlannedTrial], placement: Placement) -> list[list[tuple[int, str, str]]]:
        executor = StackedExecutor(config, dataset, epochs=3, trials=11, placement=placement)
        return [[(t.index, t.state, t.reason) for t in group] for group in executor.run(left)]

    whole = groups(trials, Placement(2, 1, 1))
    assert [len(group) for group in whole] == [4, 4, 3]
    assert groups(trials[4:], Placement(8, 1, 1)) == whole[1:]


def test_progress_counts_what_ended_before_and_what_halving_spares(dataset: Dataset) -> None:
    """20 trials, 10 of which had ended; of the others, one in two goes on behind each epoch."""
    told: list[dict[str, Any]] = []
    ticks = iter(range(1000))
    executor = StackedExecutor(
        digits("search.halving={factor: 2}"), dataset, epochs=4, trials=20, ended=10, placement=STACKS,
        tell=lambda kind, **fields: told.append(fields) if kind == "progress" else None,
        clock=lambda: float(next(ticks)),
    )  # fmt: skip
    trials = planned(*({LR: 0.01 + 0.001 * i} for i in range(10)))
    assert sum(len(group) for group in executor.run(trials)) == 10
    assert told[0]["share"] == pytest.approx(0.5 + 3 / 80)
    assert [fields["ended"] for fields in told][:2] == [10, 10]
    shares = [fields["share"] for fields in told]
    assert shares == sorted(shares)
    list(executor.run([PlannedTrial(index=20 + i, params={LR: 0.05}, confirm=True) for i in range(2)]))
    assert told[-1]["ended"] == 20
    assert told[-1]["share"] == 1.0
