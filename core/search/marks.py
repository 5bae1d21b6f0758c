"""Marks: which trials are good, while the search runs and when it has ended."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable

from nnbabysit.core.search.trial import Trial, rank, ranked

FEWEST = 5
"""Finished trials before the first mark: the best of two means nothing."""


class Marks:
    """Compares trials with those that have finished so far; one more costs no look at all the others."""

    def __init__(self, share: float, finished: Iterable[Trial] = ()) -> None:
        """Begin with the trials that have finished.

        Args:
            share: Share that is good, in 0…1; at least one trial is.
            finished: Finished trials; those without a value count as worst.
        """
        everything = list(finished)
        self._share = share
        self._finished = len(everything)
        self._ranked = ranked(everything)

    @property
    def best(self) -> Trial | None:
        """The best one so far; None if none completed."""
        return self._ranked[0] if self._ranked else None

    def add(self, trial: Trial) -> None:
        """Take one more trial that has finished."""
        self._finished += 1
        if trial.value is not None:
            bisect.insort(self._ranked, trial, key=rank)

    def is_good(self, trial: Trial) -> bool:
        """Whether a trial, one of the finished, is among the best fraction of them.

        Returns:
            True from the fifth trial on, where it is as good as the (1 − share) quantile and better than the
            worst one.
        """
        if self._finished < FEWEST or trial.value is None:
            return False
        best = self._ranked
        last = best[min(math.ceil(self._share * self._finished), len(best)) - 1]
        worst = best[-1] if len(best) == self._finished else None
        return _key(trial) <= _key(last) and (worst is None or _key(trial) < _key(worst))


def _key(trial: Trial) -> tuple[float, ...]:
    """Smaller is better; trials that are equally good have the same one, whichever was drawn first."""
    return rank(trial)[:-1]
