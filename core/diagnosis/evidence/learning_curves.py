"""Learning curves: does a run do well, and does it still get better? Rules share both answers.

A signal outside its band is reported only where the run does badly. AutoTrainer (ICSE 2021) gates its
symptoms in this way, and was one of two published rule sets without a false alarm on fifty healthy runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

GOOD_ACCURACY = 0.9
AT_CHANCE = 0.97
"""Fraction of the chance-level loss above which nothing was learned."""
GOOD_LOSS = 0.1
"""Fraction of the chance-level loss; used where there is no accuracy."""
FALLING = 0.95
"""Loss of an epoch over the one before under which it falls well."""
STRAIGHT = 0.5
"""A descent is straight when its second half falls at least this fraction of its first half; good curves
flatten out."""
MOVES = 0.02
"""Fall over a run of this length at the pace of its end, as a fraction of the chance-level loss, from which
on a loss still falls."""
ONE_WAY = 0.75
"""Fraction of the pairs of two epochs, the later one lower, from which on a series goes one way (Kendall's τ
of −½)."""
TAIL = 4
"""Epochs that an end has at the least: two or three are soon in order by chance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningCurves:
    """Training loss against the chance-level loss, and accuracies where there are any.

    Attributes:
        losses: Mean data loss of the training batches, per epoch; at least one.
        chance: Chance-level loss of guessing evenly.
        guessing: The lower of that and of guessing by class frequency.
        train_accuracies: Accuracy on the training batches, per epoch; None for regression.
        val_accuracies: Accuracy on validation, per epoch; None for regression.
        train_bar: Accuracy on training above which accuracy counts.
        val_bar: The same on validation.
    """

    losses: Sequence[float]
    chance: float
    guessing: float
    train_accuracies: Sequence[float] | None = None
    val_accuracies: Sequence[float] | None = None
    train_bar: float = -math.inf
    val_bar: float = -math.inf

    @property
    def works_well(self) -> bool:
        """Whether the last epoch's accuracy (regression: loss) is good enough not to worry.

        An accuracy that the most frequent class reaches by itself is not.
        """
        ends = ((self.train_accuracies, self.train_bar), (self.val_accuracies, self.val_bar))
        known = [(series[-1], bar) for series, bar in ends if series]
        if known:
            return any(accuracy >= GOOD_ACCURACY and accuracy > bar for accuracy, bar in known)
        return self.losses[-1] <= GOOD_LOSS * self.chance

    @property
    def falls_well(self) -> bool:
        """Whether the loss falls by 5 % and more in each of the last epochs: such steps are not too large."""
        tail = self.losses[-max(3, len(self.losses) // 3) :]
        return all(after < FALLING * before for before, after in pairwise(tail))

    @property
    def rests_at_chance(self) -> bool:
        """Whether the loss never left the chance level: tiny weights then make any update look large."""
        return min(self.losses) >= AT_CHANCE * self.chance and max(self.losses) <= self.chance / AT_CHANCE

    @property
    def still_falls(self) -> bool:
        """Whether the loss goes down at its end, at a pace that leads somewhere."""
        end = end_of(self.losses)
        if not goes_down(end):
            return False
        pace = (end[0] - end[-1]) / (len(end) - 1)
        return pace * (len(self.losses) - 1) >= MOVES * self.guessing

    @property
    def falls_straight(self) -> bool:
        """Whether the loss falls in every epoch, in the second half about as fast as in the first."""
        losses = self.losses
        if len(losses) < TAIL or not all(after < before for before, after in pairwise(losses)):
            return False
        middle = len(losses) // 2
        first_half, second_half = losses[0] - losses[middle], losses[middle] - losses[-1]
        # The second half is a step shorter when the number of epochs is even.
        per_step = second_half / (len(losses) - 1 - middle) * middle
        return STRAIGHT * first_half <= per_step <= first_half / STRAIGHT


def end_of(series: Sequence[float], fraction: float = 1 / 3) -> Sequence[float]:
    """The last epochs of a run: this fraction of them and at least four, or all."""
    return series[-max(TAIL, round(fraction * len(series))) :]


def goes_down(series: Sequence[float]) -> bool:
    """Whether a series goes down, up to noise: of two of its values the later is mostly the lower one.

    Source: Kendall 1938, "A new measure of rank correlation"; Mann 1945, "Nonparametric tests against trend".
    """
    pairs = list(combinations(series, 2))
    return bool(pairs) and sum(later < earlier for earlier, later in pairs) >= ONE_WAY * len(pairs)


def still_rises(series: Sequence[float]) -> bool:
    """Whether an accuracy goes up at its end."""
    return goes_down([-value for value in end_of(series)])
