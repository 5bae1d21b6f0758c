"""Job: a piece of a search that one process does by itself, and what comes of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import torch

from nnbabysit.core.errors import DiskError, NnbabysitError
from nnbabysit.core.search.execute.executor import SequentialExecutor, yardstick_of
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial, Trial, judged
from nnbabysit.core.stacked.stack import Stack, build_stack
from nnbabysit.core.stacked.training import train_stack
from nnbabysit.core.training.loop.yardstick import Merit

Report = Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class Job:
    """Trials to train.

    Attributes:
        trials: One stack, or trials to be run one by one.
        stacked: Which of the two. One trial can be a stack too, and ends as it would in a larger one.
        first: First epoch.
        last: Last epoch; None: all.
        states: Index → state that a trial goes on from; empty at the beginning.
        curves: Index → its merits so far.
        keep: Whether states are to be handed back.
    """

    trials: tuple[PlannedTrial, ...]
    stacked: bool = True
    first: int = 1
    last: int | None = None
    states: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    curves: Mapping[int, tuple[Merit, ...]] = field(default_factory=dict)
    keep: bool = False

    @property
    def too_large(self) -> str:
        """What is said when memory is short."""
        return f"out of memory: a stack of {len(self.trials)} trials is halved"

    def halves(self) -> list[Job]:
        """The same in two stacks, or in one if it holds one trial."""
        middle = len(self.trials) // 2
        return [replace(self, trials=p) for p in (self.trials[:middle], self.trials[middle:]) if p]


@dataclass(frozen=True)
class Progress:
    """What a job has done since it reported last: one epoch of each of its trials.

    Attributes:
        trials: Trials of the job.
        epoch: Number of the epoch.
        best: Highest merit of a trial after it; None if all have left.
    """

    trials: int
    epoch: int
    best: Merit | None = None


@dataclass(kw_only=True)
class Outcome:
    """What came of a job.

    Attributes:
        trials: Trials in the order of their index; those that go on in another job count as complete.
        states: Index → state to go on from.
        notes: What the user should know.
        log: What the log should know.
        first_error: Why the first failed trial failed.
    """

    trials: list[Trial] = field(default_factory=list)
    states: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    first_error: NnbabysitError | None = None

    def add(self, other: Outcome) -> None:
        """Take in the outcome of a part of the job."""
        self.trials = sorted([*self.trials, *other.trials], key=lambda trial: trial.index)
        self.states |= other.states
        self.notes += other.notes
        self.log += other.log
        self.first_error = self.first_error or other.first_error


class Trainer:
    """Does jobs, one after another, in whatever process it is in."""

    def __init__(self, spec: TrialSpec, alone: SequentialExecutor) -> None:
        """Train trials; those that are not stacked by ``alone``."""
        self._spec = spec
        self._alone = alone

    def run(self, job: Job, report: Report = lambda _progress: None) -> Outcome:
        """Do a job; a stack too large for memory is halved, one that raises is run trial by trial."""
        if not job.stacked:
            return self._one_by_one(job.trials)
        try:
            return self._stacked(job, report)
        except DiskError:
            raise
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error) or len(job.trials) == 1:
                return self._after_error(job, error)
        except Exception as error:  # told and logged; alone, each trial fails or not by itself
            return self._after_error(job, error)
        outcome = Outcome(notes=[job.too_large])
        for half in job.halves():
            outcome.add(self.run(half, report))
        return outcome

    def _after_error(self, job: Job, error: Exception) -> Outcome:
        """Each trial by itself, which says why it fails, if it does; only what fails together is told."""
        outcome, count = self._one_by_one(job.trials), len(job.trials)
        if any(trial.state != "failed" for trial in outcome.trials):
            which = f"a stack of {count} trials" if count > 1 else "a trial's stack"
            outcome.notes.insert(0, f"{which} failed ({error}), what was in it is run one by one")
            outcome.log.append("".join(traceback.format_exception(error)))
        return outcome

    def _one_by_one(self, trials: Sequence[PlannedTrial]) -> Outcome:
        before, self._alone.first_error = self._alone.first_error, None
        ended = [trial for group in self._alone.run(trials) for trial in group]
        outcome = Outcome(trials=ended, first_error=self._alone.first_error)
        self._alone.first_error = before or self._alone.first_error
        return outcome

    def build(self, trials: Sequence[PlannedTrial]) -> Stack:
        """The stack of some trials."""
        configs = [self._spec.config_of(trial) for trial in trials]
        return build_stack(configs, self._spec.dataset, self._alone.device)

    def _stacked(self, job: Job, report: Report) -> Outcome:
        began = perf_counter()
        stack = self.build(job.trials)
        if job.states:
            stack.load([job.states[trial.index] for trial in job.trials])
        curves = [list(job.curves.get(trial.index, ())) for trial in job.trials]
        reasons = [""] * len(job.trials)
        data = self._spec.dataset
        yardstick = yardstick_of(data, self._spec.config, job.trials[0])
        for epoch in train_stack(stack, data, yardstick=yardstick, first=job.first, last=job.last):
            for place, merit in epoch.merits.items():
                curves[place].append(merit)
            for place, reason in epoch.stopped.items():
                reasons[place] = reason
            best = max(epoch.merits.values(), default=None)
            report(Progress(trials=len(job.trials), epoch=epoch.epoch, best=best))
        seconds = (perf_counter() - began) / len(job.trials)
        outcome = Outcome()
        if job.keep:
            for position, place in enumerate(stack.places):
                outcome.states[job.trials[place].index] = stack.state(position)
        for trial, curve, reason in zip(job.trials, curves, reasons, strict=True):
            outcome.trials.append(ended_trial(trial, curve, reason, seconds))
        return outcome


def ended_trial(trial: PlannedTrial, curve: Sequence[Merit], reason: str, seconds: float) -> Trial:
    """A trial that was trained to its end, or diverged for a reason."""
    return Trial(
        index=trial.index,
        params=trial.params,
        **({"value": None} if reason else judged(max(curve))),
        state="diverged" if reason else "complete",
        reason=reason,
        curve=tuple(curve),
        seconds=seconds,
    )


def _is_out_of_memory(error: Exception) -> bool:
    words = ("out of memory", "not enough memory", "can't allocate memory", "alloc_cpu")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        w in str(error).lower() for w in words
    )
