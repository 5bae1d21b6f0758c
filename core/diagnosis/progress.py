"""Progress: does a run do well, and which learning rate to try next? Rules share both answers.

A signal outside its band is reported only where the run does badly. AutoTrainer (ICSE 2021) gates its
symptoms in this way, and was one of two published rule sets without a false alarm on fifty healthy runs.
"""

from __future__ import annotations

from itertools import pairwise

from nnbabysit.core.diagnosis.rule import Evidence, Patch

GOOD_ACCURACY = 0.9
AT_CHANCE = 0.97
"""Share of what guessing costs above which nothing was learnt."""
GOOD_LOSS = 0.1
"""Share of what guessing costs; used where there is no accuracy."""
LR_FACTOR = 10.0
RATIO_RIGHT = 1e-3
RATIO_TOO_HIGH = 1e-2
RATIO_TOO_LOW = 1e-4
"""Band around the notes' update ratio of 1e-3; measured on healthy runs: 2e-4 … 4e-2, above 1e-2 only
while all is well."""
FALLING = 0.95
"""Loss of an epoch over the one before under which it falls well."""

EVIDENCE_OF_PROGRESS = frozenset({"chance_loss", "lr", "lr_path"})


def works_well(evidence: Evidence) -> bool:
    """Whether the last epoch's accuracy (regression: loss) is good enough not to worry."""
    if "train_accuracies" in evidence:
        return bool(max(evidence["train_accuracies"][-1], evidence["val_accuracies"][-1]) >= GOOD_ACCURACY)
    return bool(evidence["train_losses"][-1] <= GOOD_LOSS * evidence["chance_loss"])


def falls_well(evidence: Evidence) -> bool:
    """Whether the loss falls by 5 % and more in each of the last epochs: such steps are not too large."""
    tail = evidence["train_losses"][-max(3, len(evidence["train_losses"]) // 3) :]
    return all(after < FALLING * before for before, after in pairwise(tail))


def rests_at_chance(evidence: Evidence) -> bool:
    """Whether the loss never moved from what guessing costs: tiny weights then make any update look large."""
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    return bool(min(losses) >= AT_CHANCE * chance and max(losses) <= chance / AT_CHANCE)


HIGHEST_LR = 0.1
"""Of plain gradient descent on scaled inputs; a tenth of a rate of 1e30 would diverge as well."""


def lower_lr(evidence: Evidence) -> Patch:
    """A tenth of the learning rate; of an absurd one, the highest that is worth a try."""
    return (
        {evidence.get("lr_path", "optimizer.lr"): _rounded(min(evidence["lr"] / LR_FACTOR, HIGHEST_LR))}
        if "lr" in evidence
        else {}
    )


def raise_lr(evidence: Evidence) -> Patch:
    """Ten times the learning rate."""
    return (
        {evidence.get("lr_path", "optimizer.lr"): _rounded(evidence["lr"] * LR_FACTOR)}
        if "lr" in evidence
        else {}
    )


def _rounded(lr: float) -> float:
    """Three digits: a value that a person would write."""
    return float(f"{lr:.3g}")
