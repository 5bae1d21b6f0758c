"""Halving: the worst trials stop early, and those that go on are brought together in full stacks again.

Source: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization",
algorithm 1; rungs lie at the end of epochs 1, η, η², … as in Li et al. 2018, "Hyperband".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from nnbabysit.core.formatting import loss_text, number_text
from nnbabysit.core.search.execute.job import Job, Outcome
from nnbabysit.core.search.trial import PlannedTrial, Trial

Stacks = Callable[[Sequence[PlannedTrial]], list[tuple[PlannedTrial, ...]]]


SURVIVORS = 8
"""Most trials of a cohort that are trained to their end: enough for a stack, the same on every machine."""


class Halving:
    """Trains a cohort of trials rung by rung.

    Attributes:
        rungs: Epochs at whose end trials stop.
        most: Most trials of a cohort.
    """

    def __init__(self, factor: int, epochs: int) -> None:
        """Halve.

        Args:
            factor: One trial in so many goes on behind each rung.
            epochs: Length of a training.
        """
        self._factor = factor
        self.rungs: list[int] = []
        rung = 1
        while rung < epochs:
            self.rungs.append(rung)
            rung *= factor
        self.most = SURVIVORS * factor ** len(self.rungs)

    def cohorts(self, trials: Sequence[PlannedTrial]) -> Iterator[Sequence[PlannedTrial]]:
        """Trials that are compared with each other, in cohorts of nearly equal size.

        A cohort depends on what is left when it is its turn, not on what was before it nor on the placement:
        who goes on after a kill finds the same ones.
        """
        while trials:
            size = math.ceil(len(trials) / math.ceil(len(trials) / self.most))
            yield trials[:size]
            trials = trials[size:]

    def run(
        self, cohort: Sequence[PlannedTrial], do: Callable[[list[Job]], Iterable[Outcome]], stacks: Stacks
    ) -> list[Trial]:
        """Train a cohort.

        Args:
            cohort: Trials that are compared with each other.
            do: Does jobs.
            stacks: Divides trials into stacks.

        Returns:
            All of its trials: complete, diverged, failed, or stopped with what they came to by then.
        """
        planned = {trial.index: trial for trial in cohort}
        going, first = list(cohort), 1
        ended, last, states = dict[int, Trial](), dict[int, Trial](), dict[int, dict[str, Any]]()
        for number, rung in enumerate([*self.rungs, None], start=1):
            jobs = [
                Job(
                    trials=part,
                    first=first,
                    last=rung,
                    states={t.index: states[t.index] for t in part if t.index in states},
                    curves={t.index: last[t.index].curve for t in part if t.index in last},
                    keep=rung is not None,
                )
                for part in (stacks(going) if going else ())
            ]
            states = {}
            for outcome in do(jobs):
                states |= outcome.states
                for trial in outcome.trials:
                    before = last[trial.index].seconds if trial.index in last else 0.0
                    last[trial.index] = replace(trial, seconds=before + trial.seconds)
            alive = [last[trial.index] for trial in going if trial.index in states]
            ended |= {t.index: last[t.index] for t in going if t.index not in states}
            if rung is None:
                break
            kept = math.ceil(len(cohort) / self._factor**number)
            ranked = sorted(alive, key=lambda trial: (max(trial.curve).place, trial.index))
            for place, trial in enumerate(ranked[kept:], start=kept + 1):
                ended[trial.index] = self._stopped(trial, rung, place, len(ranked), kept)
            chosen = [planned[trial.index] for trial in ranked[:kept]]
            going = sorted(chosen, key=lambda trial: trial.index)
            first = rung + 1
        return [ended[index] for index in sorted(ended)]

    def _stopped(self, trial: Trial, epoch: int, place: int, of: int, kept: int) -> Trial:
        best = max(trial.curve)
        value = best.loss if best.by_loss or best.accuracy is None else best.accuracy
        told = f"loss {loss_text(value)}" if best.by_loss else number_text(value)
        reason = f"{told} after epoch {epoch}, place {place} of {of}, the best {kept} go on"
        return replace(trial, value=None, loss=None, by_loss=False, state="stopped", reason=reason)
