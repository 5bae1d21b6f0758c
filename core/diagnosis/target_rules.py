"""Rule on targets of a regression that lie far from 0, where every network starts.

Names of the evidence: ``evidence_names.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from nnbabysit.core.diagnosis.engine import Evidence, Match, Rule
from nnbabysit.core.diagnosis.rules.bands import AT_CHANCE, EVIDENCE_OF_PROGRESS, works_well
from nnbabysit.core.diagnosis.rules.curves import FAR_ABOVE, FLAT_START, STILL

NO_WORSE = 1.5
"""Loss of the first epoch over that of answering 0, up to which the targets alone explain it."""


def starts_at_far_targets(evidence: Evidence) -> bool:
    """Whether the first epoch's loss is high because the targets are far from 0, and for no other reason."""
    first, chance = evidence["train_losses"][0], evidence["chance_loss"]
    zero = evidence["zero_output_loss"]
    return bool(FAR_ABOVE * chance < first <= NO_WORSE * zero)


def _targets_far_from_zero(evidence: Evidence) -> Match | None:
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    if not starts_at_far_targets(evidence) or works_well(evidence):
        return None
    on_its_way = losses[-1] > chance and _moves(losses, chance)
    if not on_its_way and losses[-1] > AT_CHANCE * chance:
        return None  # it got as far as their mean and no further, or nowhere: no matter of scale
    observed = {
        "target_mean": evidence["target_mean"],
        "target_std": evidence["target_std"],
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "chance_loss": chance,
        "epochs": len(losses),
    }
    cause = f"all {len(losses)} epochs were" if on_its_way else "the first epochs were"
    return Match(observed=observed, words={"cause": f"{cause} spent on the way from 0 to their mean"})


def _moves(losses: Sequence[float], chance: float) -> bool:
    """Whether the loss is on its way down: far from its goal any fall counts, near it one that goes on."""
    if losses[-1] > NO_WORSE * chance:
        return losses[0] - losses[-1] >= FLAT_START * chance
    tail = losses[-max(2, len(losses) // 3) :]
    return tail[0] - tail[-1] > STILL * tail[0]


TARGET_RULES: tuple[Rule, ...] = (
    Rule(
        id="CUR009",
        name="targets-far-from-zero",
        severity="warning",
        needs=frozenset({"train_losses", "zero_output_loss", "target_mean", "target_std"})
        | EVIDENCE_OF_PROGRESS,
        check=_targets_far_from_zero,
        symptom="the targets have mean {target_mean:.4g} and deviation {target_std:.4g}, and the network "
        "starts near 0: the loss went from {first_loss:.4g} to {last_loss:.4g} (guessing their mean costs "
        "{chance_loss:.4g})",
        cause="{cause}",
        remedy="standardize them, (y - mean) / deviation, in the file or in a function named by data.source; "
        "else it takes a higher learning rate or more epochs (not tried here)",
        source="closed form: answering 0 costs mean² + variance, answering the mean costs the variance",
        explains=frozenset({"CUR003", "CUR004", "CUR006", "CUR007", "CUR008", "UPD001"}),
    ),
)
