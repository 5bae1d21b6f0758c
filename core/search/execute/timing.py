"""Calibration: where trials are trained, found out by timing the first steps of real ones."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import DiskError
from nnbabysit.core.search.execute.grouping import Group, Stackable
from nnbabysit.core.search.execute.job import Trainer
from nnbabysit.core.search.execute.placement import (
    SECONDS,
    Placement,
    Timing,
    alternatives,
    cores,
    fastest,
    guess,
    largest_stack,
)
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial
from nnbabysit.core.stacked.stack import network_of
from nnbabysit.core.stacked.training import seconds_per_step
from nnbabysit.core.training.batching import steps_per_epoch

Measure = Callable[[Placement, Sequence[PlannedTrial]], float]


class Calibration:
    """Chooses a placement for a stage, and bounds the stacks of each group by the memory.

    Attributes:
        processes: Most processes that may be used.
    """

    def __init__(self, spec: TrialSpec, trainer: Trainer, *, can_fork: bool) -> None:
        """Calibrate a stage.

        Args:
            spec: What its trials share.
            trainer: Builds stacks.
            can_fork: Whether there can be more than one process.
        """
        self._spec = spec
        self._trainer = trainer
        self._can_fork = can_fork
        self.processes = min(spec.config.search.processes or cores(), cores()) if can_fork else 1

    def fits(self, trials: Sequence[PlannedTrial]) -> int:
        """Most trials of a group in a stack, so that one in each process fills ``search.memory`` at most."""
        config = self._spec.config_of(trials[0])
        return largest_stack(
            network_of(config, self._spec.dataset),
            self._spec.dataset.input_shape,
            self._batch(config),
            self._spec.config.search.memory,
            self.processes,
        )

    def place(self, groups: Sequence[Group], measure: Measure) -> tuple[Placement, list[Timing]]:
        """What the config gives, or the fastest placement of the largest group, and what was measured."""
        search, processes = self._spec.config.search, self.processes
        threads = max(1, cores() // processes)
        stacked = [group for group in groups if isinstance(group, Stackable)]
        if not stacked or search.stack == 1:
            return Placement(1, processes, threads), []
        trials = max(stacked, key=lambda group: len(group.trials)).trials
        if search.stack is not None:
            return Placement(min(search.stack, self.fits(trials)), processes, threads), []
        config = self._spec.config_of(trials[0])
        network = network_of(config, self._spec.dataset)
        most = max(1, min(self.fits(trials), math.ceil(len(trials) / processes)))
        first = guess(network, cores=processes, most=most, can_fork=processes > 1)
        first = Placement(first.stack, processes, threads)
        may_fork = self._can_fork and search.processes is None
        rest = alternatives(first, cores=cores(), most=most, can_fork=may_fork)
        steps = steps_per_epoch(network, len(self._spec.dataset.train), config.training.batch_size)
        timings = fastest(
            [first, *rest],
            lambda placement: measure(placement, trials),
            self._spec.trials * self._spec.epochs * steps,
            time.perf_counter,
        )
        return timings[0].placement, [timing for timing in timings if math.isfinite(timing.seconds)]

    def seconds(self, trials: Sequence[PlannedTrial]) -> float:
        """Seconds of one step of one trial in a stack of these; infinite if there can be none.

        Why not, whether memory is short or a setting is refused, is found out and told when they are trained.
        """
        try:
            stack = self._trainer.build(trials)
            train = self._spec.dataset.train.on(stack.device)
            return seconds_per_step(stack, train, SECONDS, time.perf_counter) / len(trials)
        except DiskError:
            raise
        except Exception:
            return math.inf

    def _batch(self, config: Config) -> int:
        size = config.training.batch_size
        return len(self._spec.dataset.train) if size == "full" else size
