"""StackedExecutor: trains many trials at a time, as stacks, in the placement that is fastest here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import torch

from nnbabysit.core.config.schema import Config
from nnbabysit.core.data.arrays import ArraySplit
from nnbabysit.core.data.dataset import Dataset
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.errors import ModelError, NnbabysitError
from nnbabysit.core.search.executor import SequentialExecutor
from nnbabysit.core.search.grouping import Group, Grouping
from nnbabysit.core.search.halving import Halving
from nnbabysit.core.search.job import Job, Outcome, Progress, Trainer, config_of
from nnbabysit.core.search.placement import (
    SECONDS,
    Placement,
    alternatives,
    cores,
    fastest,
    guess,
    largest_stack,
)
from nnbabysit.core.search.trial import PlannedTrial, Trial
from nnbabysit.core.search.workers import InProcess, Lost, Workers, can_fork
from nnbabysit.core.stacked.memory import keep_memory
from nnbabysit.core.stacked.stack import network_of
from nnbabysit.core.stacked.training import seconds_per_step
from nnbabysit.core.training.loop import steps_per_epoch

Tell = Callable[..., None]
REPORT_SECONDS = 0.2
"""Least time between two reports of progress."""


def tell_nobody(kind: str, **fields: Any) -> None:
    """For a search that nobody watches."""


class StackedExecutor:
    """Stacks where trials allow it, one by one where not.

    Attributes:
        first_error: Why the first failed trial failed; None if none did.
        width: Trials that are trained together.
        placement: Where trials are trained; None until it is decided.
    """

    def __init__(
        self,
        config: Config,
        dataset: Dataset,
        *,
        epochs: int,
        trials: int,
        ended: int = 0,
        stage: str = "coarse",
        placement: Placement | None = None,
        tell: Tell = tell_nobody,
        log: Callable[[str], None] = lambda _line: None,
        clock: Callable[[], float] = time.perf_counter,
        load: Callable[[Config], Dataset] = load_dataset,
    ) -> None:
        """Prepare to run trials.

        Args:
            config: Experiment; a trial's params replace its values.
            dataset: The config's data.
            epochs: Epochs per trial, unless the space draws ``training.epochs``.
            trials: Trials of the whole stage; measuring pays the more, the more there are.
            ended: How many of them ended before, in a search that is gone on with.
            stage: ``coarse`` or ``fine``.
            placement: As an interrupted search had it; left out: found out.
            tell: Takes events.
            log: Takes lines.
            clock: Seconds.
            load: Loads the data of a trial whose params change it.

        Raises:
            UserError: The device is not available.
        """
        self.first_error: NnbabysitError | None = None
        self.placement = placement
        self._config = config
        self._dataset = dataset
        self._epochs = epochs
        self._trials = trials
        self._tell = tell
        self._log = log
        self._clock = clock
        self._alone = SequentialExecutor(config, dataset, epochs=epochs, clock=clock, load=load)
        self._trainer = Trainer(config, dataset, self._alone, epochs)
        self._grouping = Grouping(config, dataset)
        in_memory = isinstance(dataset.train, ArraySplit) and isinstance(dataset.validation, ArraySplit)
        self._can_fork = in_memory and can_fork(self._alone.device)
        self._said: set[str] = set()
        self._ended, self._done = ended, ended * epochs
        self._reported = -math.inf
        halving = config.search.halving
        self._halving = (
            None if halving is None or stage not in halving.stages else Halving(halving.factor, epochs)
        )

    @property
    def width(self) -> int:
        """Trials that are trained together; a guess before anything was measured."""
        return self.placement.stack * self.placement.processes if self.placement else cores() * 8

    def run(self, trials: Sequence[PlannedTrial]) -> Iterator[list[Trial]]:
        """Run the trials; each is yielded once, together with those that ended with it.

        Raises:
            DiskError: The disk is full, over quota or broken.
        """
        if not trials:
            return
        groups = self._grouping.groups(trials)
        if self.placement is None:
            self.placement = self._place(groups)
        for group in groups:
            if group.alone:
                whole = ", each to its end: search.halving is for stacks" if self._halving else ""
                self._say(f"{_count(group.trials)} run one by one{whole}: {group.alone}")
        threads = torch.get_num_threads()
        pool = self._pool(self.placement)
        try:
            yield from self._run(groups, pool)
        finally:
            pool.close()
            torch.set_num_threads(threads)

    def _run(self, groups: Sequence[Group], pool: InProcess | Workers) -> Iterator[list[Trial]]:
        assert self.placement is not None
        jobs: list[Job] = []
        for group in groups:
            halved = self._halving is not None and not group.trials[0].confirm
            stacked = not group.alone and (self._config.search.stack != 1 or halved)
            if stacked and halved:
                assert self._halving is not None
                for cohort in self._halving.cohorts(group.trials):
                    ended = self._halving.run(cohort, lambda jobs: self._outcomes(pool, jobs), self._stacks)
                    self._done += sum(max(0, self._epochs - len(trial.curve)) for trial in ended)
                    self._ended += len(ended)
                    yield ended
            else:
                jobs += [Job(trials=part, stacked=stacked) for part in self._stacks(group.trials, stacked)]
        for outcome in self._outcomes(pool, jobs):
            self._ended += len(outcome.trials)
            yield outcome.trials

    def _stacks(self, trials: Sequence[PlannedTrial], stacked: bool = True) -> list[tuple[PlannedTrial, ...]]:
        assert self.placement is not None
        return _parts(trials, self.placement.stack if stacked else 1, self.placement.processes)

    def _outcomes(self, pool: InProcess | Workers, jobs: Sequence[Job]) -> Iterator[Outcome]:
        lost: list[Job] = []
        for job, outcome in zip(jobs, pool.run(jobs, self._report), strict=True):
            if isinstance(outcome, Lost):
                lost.append(job)
                continue
            self.first_error = self.first_error or outcome.first_error
            for note in outcome.notes:
                self._say(note)
            for text in outcome.log:
                self._log(text)
            self._done += 0 if job.stacked else self._epochs * len(job.trials)
            yield outcome
        for job in lost:
            yield from self._again(pool, job)

    def _again(self, pool: InProcess | Workers, job: Job) -> Iterator[Outcome]:
        """A job whose worker was killed, in halves; a trial that kills its worker alone has failed."""
        if len(job.trials) > 1:
            self._say(f"a process was killed, memory may be short; {job.too_large}")
            yield from self._outcomes(pool, job.halves())
            return
        error = ModelError(
            "the process that trained it was killed, memory may be short", remedy="Choose a smaller network"
        )
        self.first_error = self.first_error or error
        trial = job.trials[0]
        yield Outcome(
            trials=[
                Trial(index=trial.index, params=trial.params, value=None, state="failed", reason=str(error))
            ]
        )

    def _report(self, progress: Any) -> None:
        """Tell how far the search has come, a few times a second at the most."""
        if not isinstance(progress, Progress):
            return
        self._done += progress.trials
        now = self._clock()
        if now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        self._tell(
            "progress",
            command="search",
            trials=self._trials,
            ended=min(self._trials, self._ended),  # more are trained by a second look
            running=progress.trials,
            epoch=progress.epoch,
            epochs=self._epochs,
            share=min(1.0, self._done / (self._trials * self._epochs)),
        )

    def _pool(self, placement: Placement) -> InProcess | Workers:
        if placement.processes == 1 or not self._can_fork:
            keep_memory()
            torch.set_num_threads(placement.threads)
            return InProcess(self._do)
        return Workers(self._do, placement.processes)

    def _do(self, job: Any, report: Callable[[Any], None]) -> Any:
        keep_memory()
        return self._trainer.run(job, report) if isinstance(job, Job) else self._seconds(job)

    def _seconds(self, trials: Sequence[PlannedTrial]) -> float:
        """Seconds of one step of one trial."""
        stack = self._trainer.build(trials)
        train = self._dataset.train.on(self._alone.device)
        return seconds_per_step(stack, train, SECONDS, time.perf_counter) / len(trials)

    def _place(self, groups: Sequence[Group]) -> Placement:
        """What the config gives, or the fastest placement of the largest group."""
        search, available = self._config.search, cores()
        processes = min(search.processes or available, available) if self._can_fork else 1
        stacked = [group for group in groups if not group.alone]
        if not stacked or search.stack == 1:
            return self._announced(Placement(1, processes, max(1, available // processes)), [])
        trials = max(stacked, key=lambda group: len(group.trials)).trials
        config = config_of(self._config, trials[0], self._epochs)
        network = network_of(config, self._dataset)
        size = config.training.batch_size
        batch = len(self._dataset.train) if size == "full" else size
        fits = largest_stack(network, self._dataset.input_shape, batch, search.memory, processes)
        most = max(1, min(fits, math.ceil(len(trials) / processes)))
        first = guess(network, cores=processes, most=min(most, search.stack or most), can_fork=processes > 1)
        first = Placement(first.stack, processes, max(1, available // processes))
        if search.stack is not None:
            return self._announced(Placement(min(search.stack, fits), processes, first.threads), [])
        rest = alternatives(
            first, cores=available, most=most, can_fork=self._can_fork and search.processes is None
        )
        steps = self._trials * self._epochs * steps_per_epoch(network, len(self._dataset.train), size)
        timings = fastest(
            [first, *rest], lambda place: self._measured(place, trials), steps, time.perf_counter
        )
        return self._announced(timings[0].placement, [timing.to_document() for timing in timings])

    def _measured(self, placement: Placement, trials: Sequence[PlannedTrial]) -> float:
        """Seconds for one step of one trial, all processes working."""
        threads = torch.get_num_threads()
        pool = self._pool(placement)
        try:
            jobs = [tuple(trials[: placement.stack])] * placement.processes
            each = [math.inf if isinstance(t, Lost) else t for t in pool.run(jobs, self._report)]
        finally:
            pool.close()
            torch.set_num_threads(threads)
        return float(max(each)) / placement.processes

    def _announced(self, placement: Placement, timings: list[dict[str, Any]]) -> Placement:
        self._tell("placement", text=placement.text, placement=asdict(placement), alternatives=timings)
        return placement

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._tell("note", text=text)


def _parts(trials: Sequence[PlannedTrial], most: int, of: int) -> list[tuple[PlannedTrial, ...]]:
    """Trials in parts of nearly equal size, at most ``most`` each, as many as a multiple of ``of``."""
    count = math.ceil(len(trials) / most)
    count = min(len(trials), math.ceil(count / of) * of)
    edges = [round(i * len(trials) / count) for i in range(count + 1)]
    return [tuple(trials[a:b]) for a, b in pairwise(edges)]


def _count(trials: Sequence[PlannedTrial]) -> str:
    return "1 trial is" if len(trials) == 1 else f"{len(trials)} trials are"
