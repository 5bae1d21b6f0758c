"""StackedExecutor: trains many trials at a time, as stacks, in the placement that is fastest here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import torch

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.errors import ModelError, NnbabysitError
from nnbabysit.core.record.events import Listener, NoteEvent
from nnbabysit.core.record.search_events import PlacementEvent, PlacementTiming, SearchProgressEvent
from nnbabysit.core.search.execute.executor import SequentialExecutor
from nnbabysit.core.search.execute.grouping import Alone, Group, Grouping, Stackable
from nnbabysit.core.search.execute.halving import Halving, Stacks
from nnbabysit.core.search.execute.job import Job, Outcome, Progress, Trainer
from nnbabysit.core.search.execute.placement import Placement, cores
from nnbabysit.core.search.execute.timing import Calibration
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.execute.workers import InProcess, Lost, Workers, can_fork
from nnbabysit.core.search.trial import PlannedTrial, Trial
from nnbabysit.core.stacked.memory import keep_memory
from nnbabysit.core.training.loop.yardstick import Merit

REPORT_SECONDS = 0.2
"""Least time between two reports of progress."""


class StackedExecutor:
    """Stacks where trials allow it, one by one where not.

    Attributes:
        first_error: Why the first failed trial failed; None if none did.
        width: Trials that are trained together.
        placement: Where trials are trained; None until it is decided.
    """

    def __init__(
        self,
        spec: TrialSpec,
        *,
        ended: int = 0,
        stage: str = "coarse",
        placement: Placement | None = None,
        tell: Listener = lambda _event: None,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Prepare to run trials.

        Args:
            spec: What they share.
            ended: How many trials of the stage ended before, in a search that is gone on with.
            stage: ``coarse`` or ``fine``.
            placement: As an interrupted search had it; default: found out.
            tell: Takes events.
            log: Takes lines.

        Raises:
            UserError: The device is not available.
        """
        self.first_error: NnbabysitError | None = None
        self.placement = placement
        self._spec = spec
        self._tell = tell
        self._log = log
        self._alone = SequentialExecutor(spec)
        self._trainer = Trainer(spec, self._alone)
        self._grouping = Grouping(spec)
        splits = spec.dataset.train, spec.dataset.validation
        in_memory = all(isinstance(split, ArraySplit) for split in splits)
        self._can_fork = in_memory and can_fork(self._alone.device)
        self._said: set[str] = set()
        self._killed: list[PlannedTrial] = []
        self._ended, self._done = ended, ended * spec.epochs
        self._reported, self._best = -math.inf, Merit.of_value(-math.inf)
        self._calibration = Calibration(spec, self._trainer, can_fork=self._can_fork)
        halving = spec.config.search.halving
        self._factor = halving.factor if halving is not None and stage in halving.stages else None

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
            self.placement = self._placed(groups)
        for group in groups:
            if isinstance(group, Alone):
                whole = ", each to its end: search.halving is for stacks" if self._factor else ""
                self._say(f"{_count(group.trials)} run one by one{whole}: {group.reason}")
        threads = torch.get_num_threads()
        pool = self._pool(self.placement)
        try:
            yield from self._run(groups, pool)
        finally:
            pool.close()
            torch.set_num_threads(threads)

    def _run(self, groups: Sequence[Group], pool: InProcess | Workers) -> Iterator[list[Trial]]:
        jobs: list[Job] = []
        for group in groups:
            halving = self._halving_of(group)
            stacks = self._stacks_of(group)
            if halving is None:
                stacked = isinstance(group, Stackable) and self._spec.config.search.stack != 1
                jobs += [Job(trials=part, stacked=stacked) for part in stacks(group.trials)]
                continue
            for cohort in halving.cohorts(group.trials):
                ended = halving.run(cohort, lambda jobs: self._outcomes(pool, jobs), stacks)
                self._done += sum(max(0, self._spec.epochs - len(trial.curve)) for trial in ended)
                self._ended += len(ended)
                yield ended
        for outcome in self._outcomes(pool, jobs):
            self._ended += len(outcome.trials)
            yield outcome.trials

    def _halving_of(self, group: Group) -> Halving | None:
        """How the trials of a group are halved, which train for equally long; None if they are not."""
        if self._factor is None or isinstance(group, Alone) or group.trials[0].confirm:
            return None
        epochs = self._spec.config_of(group.trials[0]).training.epochs
        halving = Halving(self._factor, epochs)
        return halving if halving.rungs else None

    def _stacks_of(self, group: Group) -> Stacks:
        """How trials of a group are divided into stacks."""
        assert self.placement is not None
        processes = self.placement.processes
        most = 1
        if isinstance(group, Stackable):
            most = max(1, min(self.placement.stack, self._calibration.fits(group.trials)))
        return lambda trials: _parts(trials, most, processes)

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
            self._done += 0 if job.stacked else self._spec.epochs * len(job.trials)
            yield outcome
        for job in lost:
            yield from self._again(pool, job)

    def _again(self, pool: InProcess | Workers, job: Job) -> Iterator[Outcome]:
        """A job whose worker was killed, in halves; a trial whose worker is killed twice alone has failed."""
        if len(job.trials) > 1:
            self._say(f"a process was killed, memory may be short; {job.too_large}")
            yield from self._outcomes(pool, job.halves())
            return
        if job.trials[0] not in self._killed:
            self._killed.append(job.trials[0])
            self._say(f"a process was killed, trial {job.trials[0].index + 1} is trained once more")
            yield from self._outcomes(pool, [job])
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
        if progress.best is not None:
            self._best = max(self._best, progress.best)
        now = self._spec.clock()
        if now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        self._tell(
            SearchProgressEvent(
                trials=self._spec.trials,
                ended=min(self._spec.trials, self._ended),  # more are trained by a second look
                running=progress.trials,
                epoch=progress.epoch,
                epochs=self._spec.epochs,
                share=min(1.0, self._done / (self._spec.trials * self._spec.epochs)),
                value=self._best.told if math.isfinite(self._best.value) else None,
            )
        )

    def _pool(self, placement: Placement) -> InProcess | Workers:
        if placement.processes == 1 or not self._can_fork:
            keep_memory()
            torch.set_num_threads(placement.threads)
            return InProcess(self._do)
        return Workers(self._do, placement.processes)

    def _do(self, job: Any, report: Callable[[Any], None]) -> Any:
        keep_memory()
        return self._trainer.run(job, report) if isinstance(job, Job) else self._calibration.seconds(job)

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

    def _placed(self, groups: Sequence[Group]) -> Placement:
        placement, timings = self._calibration.place(groups, self._measured)
        timed = tuple(
            PlacementTiming(text=timing.placement.text, milliseconds=timing.seconds * 1e3)
            for timing in timings
        )
        self._tell(PlacementEvent(text=placement.text, placement=asdict(placement), alternatives=timed))
        return placement

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._tell(NoteEvent(text=text))


def _parts(trials: Sequence[PlannedTrial], most: int, of: int) -> list[tuple[PlannedTrial, ...]]:
    """Trials in parts of nearly equal size, at most ``most`` each, as many as a multiple of ``of``."""
    count = math.ceil(len(trials) / most)
    count = min(len(trials), math.ceil(count / of) * of)
    edges = [round(i * len(trials) / count) for i in range(count + 1)]
    return [tuple(trials[a:b]) for a, b in pairwise(edges)]


def _count(trials: Sequence[PlannedTrial]) -> str:
    return "1 trial is" if len(trials) == 1 else f"{len(trials)} trials are"
