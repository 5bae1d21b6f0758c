"""Rules on the shapes of loss and accuracy curves (CUR), after the notes' B1 to B3.

Names of the evidence: ``evidence_names.py``. Losses are per epoch and judged against what guessing costs, so
the same rules serve every task. How often each rule fires on healthy and broken runs: ``README.md``.
"""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median

from nnbabysit.core.diagnosis.engine import Evidence, Match, Patch, Rule
from nnbabysit.core.diagnosis.rules.bands import (
    AT_CHANCE,
    EVIDENCE_OF_PROGRESS,
    RATIO_RIGHT,
    RATIO_TOO_HIGH,
    end_of,
    falls_straight,
    guessing,
    still_falls,
    still_rises,
    works_well,
)

DIVERGED = 3.0
"""Loss over this many times the first cost (CS231n, lecture 6)."""
HIGH = 0.3
"""Share of what guessing costs above which a flat loss is high."""
SLOW = 0.5
"""Share of what guessing costs that a slow descent has not got below."""
FLAT = 0.1
"""Relative fall over the last half of the run under which a loss is stuck."""
FAST = 2.0
"""Fall before that half over the fall within it, from which on the loss fell fast and then stayed."""
STILL = 0.05
"""Relative fall over the last third under which a network has shown what it can."""
FLAT_START = 0.02
"""Fall from the first epoch, as a share of what guessing costs, within which a start is flat."""
FAR_ABOVE = 2.5
"""Mean loss of the first epoch over what guessing costs; healthy runs stayed under 1.2."""
GAP = 0.10
"""Training minus validation accuracy; healthy runs stayed at 0.06 and below."""
NO_GAP = 0.03
LOW_ACCURACY = 0.85
GOOD_INIT = "he_normal"


def _loss_diverges(evidence: Evidence) -> Match | None:
    losses, stopped = evidence["train_losses"], evidence["stopped"]
    first = evidence.get("first_cost", math.inf)
    if not stopped and not losses[-1] > DIVERGED * max(first, evidence.get("chance_loss", 0.0)):
        return None
    why = stopped or f"training loss {losses[-1]:.4g} is over {DIVERGED:g} × the first"
    observed = {"last_loss": losses[-1], "epochs": len(losses), "stopped": why, "lr": evidence["lr"]}
    return Match(observed=observed)


def _loss_stuck_high(evidence: Evidence) -> Match | None:
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    if len(losses) < 5 or not HIGH * chance < losses[-1] < AT_CHANCE * chance or works_well(evidence):
        return None
    if still_falls(evidence):
        return None
    ratios = _median_ratios(evidence)
    if ratios and max(ratios) < RATIO_TOO_HIGH:
        return None  # a small network gets stuck in the same way, with small steps
    tail = end_of(losses, 0.5)
    fell, falls = losses[0] - tail[0], abs(tail[0] - tail[-1])
    if falls > FLAT * tail[0] or fell < max(FLAT * losses[0], FAST * falls):
        return None
    observed = {"last_loss": losses[-1], "chance_loss": chance, "epochs": len(losses), "lr": evidence["lr"]}
    observed["largest_update_ratio"] = max(ratios, default=None)
    return Match(observed=observed)


def _loss_falls_slowly(evidence: Evidence) -> Match | None:
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    if losses[-1] < SLOW * chance or works_well(evidence) or not falls_straight(losses):
        return None
    if losses[0] - losses[-1] < FLAT_START * chance:
        return None  # not slow but still; that is CUR007's
    ratios = _median_ratios(evidence)
    if ratios and min(ratios) >= RATIO_RIGHT:
        return None  # labels at random fall like this too, with steps of the right size
    observed = {
        "first_loss": losses[0],
        "last_loss": losses[-1],
        "chance_loss": chance,
        "epochs": len(losses),
        "lr": evidence["lr"],
    }
    return Match(observed=observed)


def _flat_start(evidence: Evidence) -> Match | None:
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    flat = 0
    while flat < len(losses) and abs(losses[flat] - losses[0]) <= FLAT_START * chance:
        flat += 1
    if flat < 3 or flat == len(losses) or losses[-1] > (1 - 0.2) * losses[0] or works_well(evidence):
        return None
    pace = max(abs(losses[0] - losses[flat - 1]) / (flat - 1), 1e-12)
    if max(before - after for before, after in pairwise(losses)) < 5 * pace:
        return None  # a straight descent
    # the start of a network that draws its own weights may be what it was built for
    scheme = evidence.get("init_scheme")
    patch: Patch = {"model.init": {"scheme": GOOD_INIT}} if scheme not in (None, GOOD_INIT) else {}
    observed = {"flat_epochs": flat, "flat_loss": losses[0], "last_loss": losses[-1], "epochs": len(losses)}
    return Match(observed=observed, patch=patch)


def _accuracy_gap(evidence: Evidence) -> Match | None:
    train, val = evidence["train_accuracies"][-1], evidence["val_accuracies"][-1]
    if not train - val > GAP:
        return None
    observed = {"train_accuracy": train, "val_accuracy": val, "gap": train - val}
    if evidence["task"] == "classification" and val < 1.5 / evidence["num_outputs"]:
        cause = (
            "the network learns labels by heart that have nothing to do with the inputs, or validation "
            "samples are "
        )
        cause += "prepared differently"
        return Match(
            observed=observed,
            words={"cause": cause, "remedy": "check that samples and labels belong together"},
        )
    l2 = evidence.get("l2")
    words = {
        "cause": "overfitting: the network learns the training samples by heart",
        "remedy": "raise regularization.l2, add dropout, stop early, or get more data",
    }
    patch: Patch = {} if l2 is None else {"regularization.l2": float(f"{l2 * 10:.3g}") if l2 else 1e-3}
    return Match(observed=observed, words=words, patch=patch)


def _capacity(evidence: Evidence) -> Match | None:
    losses = evidence["train_losses"]
    train, val = evidence["train_accuracies"][-1], evidence["val_accuracies"][-1]
    if len(losses) < 5 or abs(train - val) >= NO_GAP or max(train, val) >= LOW_ACCURACY:
        return None
    tail = end_of(losses)
    if losses[-1] > AT_CHANCE * evidence["chance_loss"] or abs(tail[0] - tail[-1]) > STILL * tail[0]:
        return None
    if still_rises(evidence["train_accuracies"]) or still_rises(evidence["val_accuracies"]):
        return None
    return Match(observed={"train_accuracy": train, "val_accuracy": val, "epochs": len(losses)})


def _nothing_learned(evidence: Evidence) -> Match | None:
    losses = evidence["train_losses"]
    chance = guessing(evidence)
    if len(losses) < 3 or not min(losses) >= AT_CHANCE * chance or still_falls(evidence):
        return None
    if (
        evidence["task"] == "classification"
        and evidence["train_accuracies"][-1] > 2 / evidence["num_outputs"]
    ):
        return None  # sure and often wrong, but not guessing
    observed = {"lowest_loss": min(losses), "chance_loss": chance, "epochs": len(losses)}
    return Match(observed=observed)


def _starts_far_above_chance(evidence: Evidence) -> Match | None:
    losses, chance = evidence["train_losses"], evidence["chance_loss"]
    # targets far from 0 cost that much whatever the weights
    expected = max(chance, evidence.get("zero_output_loss", 0.0))
    if not losses[0] > FAR_ABOVE * expected or works_well(evidence) or falls_straight(losses):
        return None  # what begins by unlearning flattens out when that is done
    return Match(observed={"first_loss": losses[0], "chance_loss": chance, "last_loss": losses[-1]})


def _median_ratios(evidence: Evidence) -> list[float]:
    """One per weight matrix, over the run; empty without probes."""
    return [median(series) for series in evidence.get("update_ratios", {}).values() if series]


NOTES = "CS231n, Neural Networks 3, loss function; lecture 6"

CURVE_RULES: tuple[Rule, ...] = (
    Rule(
        id="CUR001",
        name="loss-diverges",
        severity="error",
        needs=frozenset({"train_losses", "stopped", "lr", "lr_path"}),
        check=_loss_diverges,
        symptom="the run diverged: {stopped}",
        cause="a learning rate that is too high (here {lr:g}), a penalty so large that weights overshoot, "
        "or inputs, targets or weights that are far too large: the curve alone does not tell",
        remedy="run `nnbabysit data` and `nnbabysit sanity`; if they pass, try a lower learning rate, or "
        "less of a large regularization.l2 or l1 (not tried here)",
        source=f"{NOTES}: cost over 3 × the original cost, break out early",
        explains=frozenset({"UPD001", "UPD002", "ACT001", "ANS001"} | {f"CUR00{i}" for i in range(2, 9)}),
    ),
    Rule(
        id="CUR002",
        name="loss-stuck-high",
        severity="warning",
        needs=frozenset({"train_losses"}) | EVIDENCE_OF_PROGRESS,
        check=_loss_stuck_high,
        symptom="the loss fell fast and then stays at {last_loss:.3g} (guessing costs {chance_loss:.3g})",
        cause="the learning rate may be a bit too high: the steps jump over the narrow parts of the valley; "
        "a fault in the network can look the same",
        remedy="if `nnbabysit overfit-tiny` passes, try a lower learning rate than {lr:g}, or let it decay "
        "(schedule); not tried here",
        source=f"{NOTES}: high learning rate",
        explains=frozenset({"UPD001", "ACT001", "CUR006"}),
    ),
    Rule(
        id="CUR003",
        name="loss-falls-slowly",
        severity="warning",
        needs=frozenset({"train_losses"}) | EVIDENCE_OF_PROGRESS,
        check=_loss_falls_slowly,
        symptom="the loss falls slowly and in a straight line: {first_loss:.4g} to {last_loss:.4g} in "
        "{epochs} epochs",
        cause="the learning rate may be too low; layers that do not learn slow a network down too",
        remedy="if `nnbabysit sanity` and `nnbabysit overfit-tiny` pass, try a higher learning rate than "
        "{lr:g}; not tried here",
        source=f"{NOTES}: low learning rate",
        explains=frozenset({"CUR006", "CUR007", "ANS001"}),
    ),
    Rule(
        id="CUR004",
        name="flat-start",
        severity="warning",
        needs=frozenset({"train_losses", "chance_loss"}),
        check=_flat_start,
        symptom="the loss stayed at {flat_loss:.3g} for {flat_epochs} epochs before it fell to "
        "{last_loss:.3g}",
        cause="weights that start too small for the signal to pass are the first suspect; some problems "
        "have a plateau of their own",
        remedy="compare starts: model.init.scheme: he_normal (relu), xavier_normal (tanh); not tried here",
        source="CS231n lecture 6: flat first, then a drop: bad initialization",
        explains=frozenset({"UPD001", "UPD002", "ACT001", "CUR002", "CUR003", "CUR006"}),
    ),
    Rule(
        id="CUR005",
        name="accuracy-gap",
        severity="warning",
        needs=frozenset({"train_accuracies", "val_accuracies", "task", "num_outputs"}),
        check=_accuracy_gap,
        symptom="training accuracy {train_accuracy:.3f}, validation accuracy {val_accuracy:.3f}",
        cause="{cause}",
        remedy="{remedy}",
        source="CS231n, Neural Networks 3, train/val accuracy; threshold measured, see README.md",
    ),
    Rule(
        id="CUR006",
        name="capacity-may-grow",
        severity="info",
        needs=frozenset({"train_losses", "train_accuracies", "val_accuracies", "chance_loss"}),
        check=_capacity,
        symptom="training ({train_accuracy:.3f}) and validation accuracy ({val_accuracy:.3f}) are alike "
        "and no longer rise",
        cause="the network may be too small for the data, or the data too small",
        remedy="more layers or units (model.args), less regularization, or more data",
        source="CS231n, Neural Networks 3, train/val accuracy: no gap, increase model capacity",
    ),
    Rule(
        id="CUR007",
        name="nothing-learned",
        severity="error",
        needs=frozenset({"train_losses", "chance_loss", "prior_loss", "task", "num_outputs"}),
        check=_nothing_learned,
        symptom="after {epochs} epochs the loss is no better than guessing ({lowest_loss:.4g} against "
        "{chance_loss:.4g})",
        cause="no signal passes the network, the learning rate is far off, or the targets do not belong to "
        "the inputs: the curve alone does not tell which",
        remedy="run `nnbabysit sanity` and `nnbabysit overfit-tiny`: they tell the network's faults from "
        "the data's",
        source="diagnosis by closed forms: the loss of a network that ignores its input",
        explains=frozenset({"CUR006", "ANS001"}),
    ),
    Rule(
        id="CUR008",
        name="loss-starts-far-above-chance",
        severity="warning",
        needs=frozenset({"train_losses"}) | EVIDENCE_OF_PROGRESS,
        check=_starts_far_above_chance,
        symptom="the first epoch's loss is {first_loss:.3g}, guessing costs {chance_loss:.3g}",
        cause="weights that start too large, or inputs that are not scaled: the network begins by unlearning",
        remedy="start from model.init.scheme: he_normal, scale the inputs (data.preprocess); see "
        "`nnbabysit sanity`",
        source="Karpathy, A Recipe for Training Neural Networks: verify loss at init; threshold measured, "
        "see README.md",
        explains=frozenset({"ACT001", "CUR002", "CUR003", "CUR006"}),
    ),
)
