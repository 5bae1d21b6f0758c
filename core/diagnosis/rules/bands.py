"""Progress: does a run do well, and does it still get better? Rules share both answers.

A signal outside its band is reported only where the run does badly. AutoTrainer (ICSE 2021) gates its
symptoms in this way, and was one of two published rule sets without a false alarm on fifty healthy runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise

from nnbabysit.core.diagnosis.engine import Evidence

GOOD_ACCURACY = 0.9
AT_CHANCE = 0.97
"""Share of what guessing costs above which nothing was learned."""
GOOD_LOSS = 0.1
"""Share of what guessing costs; used where there is no accuracy."""
RATIO_RIGHT = 1e-3
RATIO_TOO_HIGH = 1e-2
RATIO_TOO_LOW = 1e-4
"""Band around the notes' update ratio of 1e-3; measured on healthy runs: 2e-4 … 4e-2, above 1e-2 only
while all is well."""
FALLING = 0.95
"""Loss of an epoch over the one before under which it falls well."""

STRAIGHT = 0.5
"""A descent is straight when its second half falls at least this share of its first half; good curves
flatten out."""
MOVES = 0.02
"""Fall over a run of this length at the pace of its end, as a share of what guessing costs, from which on a
loss still falls."""
ONE_WAY = 0.75
"""Share of the pairs of two epochs, the later one lower, from which on a series goes one way (Kendall's τ of
−½)."""
TAIL = 4
"""Epochs that an end has at the least: two or three are soon in order by chance."""

EVIDENCE_OF_PROGRESS = frozenset({"chance_loss", "lr", "lr_path"})


def works_well(evidence: Evidence) -> bool:
    """Whether the last epoch's accuracy (regression: loss) is good enough not to worry.

    An accuracy that the most frequent class reaches by itself is not.
    """
    if "train_accuracies" in evidence:
        ends = (
            (evidence["train_accuracies"][-1], evidence.get("train_bar", -math.inf)),
            (evidence["val_accuracies"][-1], evidence.get("val_bar", -math.inf)),
        )
        return any(accuracy >= GOOD_ACCURACY and accuracy > bar for accuracy, bar in ends)
    return bool(evidence["train_losses"][-1] <= GOOD_LOSS * evidence["chance_loss"])


def falls_well(evidence: Evidence) -> bool:
    """Whether the loss falls by 5 % and more in each of the last epochs: such steps are not too large."""
    tail = evidence["train_losses"][-max(3, len(evidence["train_losses"]) // 3) :]
    return all(after < FALLING * before for before, after in pairwise(tail))


def rests_at_chance(evidence: Evidence) -> bool:
    """Whether the loss never moved from what guessing costs: tiny weights then make any update look large."""
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    return bool(min(losses) >= AT_CHANCE * chance and max(losses) <= chance / AT_CHANCE)


def guessing(evidence: Evidence) -> float:
    """What it costs to know no more than how many classes there are, or how frequent each is."""
    prior = evidence.get("prior_loss")
    return float(evidence["chance_loss"] if prior is None else min(evidence["chance_loss"], prior))


def end_of(series: Sequence[float], share: float = 1 / 3) -> Sequence[float]:
    """The last epochs of a run: this share of them and at least four, or all."""
    return series[-max(TAIL, round(share * len(series))) :]


def goes_down(series: Sequence[float]) -> bool:
    """Whether a series goes down, up to noise: of two of its values the later is mostly the lower one.

    Source: Kendall 1938, "A new measure of rank correlation"; Mann 1945, "Nonparametric tests against trend".
    """
    pairs = list(combinations(series, 2))
    return bool(pairs) and sum(later < earlier for earlier, later in pairs) >= ONE_WAY * len(pairs)


def still_falls(evidence: Evidence) -> bool:
    """Whether the loss goes down at its end, at a pace that leads somewhere."""
    losses = evidence["train_losses"]
    end = end_of(losses)
    if not goes_down(end):
        return False
    pace = (end[0] - end[-1]) / (len(end) - 1)
    return bool(pace * (len(losses) - 1) >= MOVES * guessing(evidence))


def still_rises(series: Sequence[float]) -> bool:
    """Whether an accuracy goes up at its end."""
    return goes_down([-value for value in end_of(series)])


def falls_straight(losses: Sequence[float]) -> bool:
    """Whether the loss falls in every epoch, in the second half about as fast as in the first."""
    if len(losses) < TAIL or not all(after < before for before, after in pairwise(losses)):
        return False
    middle = len(losses) // 2
    first_half, second_half = losses[0] - losses[middle], losses[middle] - losses[-1]
    # The second half is a step shorter when the number of epochs is even.
    per_step = second_half / (len(losses) - 1 - middle) * middle
    return STRAIGHT * first_half <= per_step <= first_half / STRAIGHT
