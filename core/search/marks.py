"""Marks: which trials are good, while the search runs and when it has ended."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnbabysit.core.search.trial import Trial, ranked

FEWEST = 5
"""Finished trials before the first mark: the best of two means nothing."""


def is_good(trial: Trial, finished: Sequence[Trial], share: float) -> bool:
    """Whether a trial is among the best share of those that have finished so far.

    Args:
        trial: The trial that has just finished.
        finished: All finished trials, this one included; diverged and failed ones count as worst.
        share: Share that is good, in 0…1; at least one trial is.

    Returns:
        True from the fifth trial on, where the value reaches the (1 − share) quantile and beats the worst
        one.
    """
    if len(finished) < FEWEST or trial.value is None:
        return False
    best = ranked(finished)
    last = best[min(math.ceil(share * len(finished)), len(best)) - 1].value
    worst = best[-1].value if len(best) == len(finished) else None
    return last is not None and trial.value >= last and (worst is None or trial.value > worst)
