"""Rules on the shapes of loss curves (CUR), after the notes' B1 to B3.

Evidence: ``evidence/run_evidence.py``. Losses are per epoch and judged against the chance-level loss, so the
same rules serve every task. How often each rule fires on healthy and broken runs: ``README.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from nnbabysit.core.diagnosis.engine import Match, Patch, Rule
from nnbabysit.core.diagnosis.evidence.learning_curves import (
    AT_CHANCE,
    MOVES,
    TAIL,
    LearningCurves,
    end_of,
    goes_down,
)
from nnbabysit.core.diagnosis.evidence.run_evidence import Series
from nnbabysit.core.diagnosis.rules.bands import CALIBRATED, RATIO_RIGHT, RATIO_TOO_HIGH

DIVERGED = 3.0
"""Loss over this many times the first total loss (CS231n, lecture 6)."""
HIGH = 0.3
"""Fraction of the chance-level loss above which a flat loss is high."""
SLOW = 0.5
"""Fraction of the chance-level loss that a slow descent has not got below."""
FLAT = 0.1
"""Relative fall over the last half of the run under which a loss is stuck."""
FAST = 2.0
"""Fall before that half over the fall within it, from which on the loss fell fast and then stayed."""
STILL = 0.05
"""Relative fall over the last third under which a network has shown what it can."""
FLAT_START = 0.02
"""Fall from the first epoch, as a fraction of the chance-level loss, within which a start is flat."""
FAR_ABOVE = 2.5
"""Mean loss of the first epoch over the chance-level loss; healthy runs stayed under 1.2."""
ALIVE, SPENT = 0.1, 0.01
"""Learning rate over the highest one of the run: down to the first a run still learns, below the second next
to nothing any more."""
WASTED = 0.25
"""Fraction of the run below that rate; a cosine or one cycle has 3 to 7 % there, so that it is no fault."""
GOOD_INIT = "he_normal"
NOTES = "CS231n, Neural Networks 3, loss function; lecture 6"


def _loss_diverges(
    train_losses: Sequence[float],
    stopped: str,
    lr: float,
    first_total_loss: float = math.inf,
    chance_loss: float = 0.0,
) -> Match | None:
    last = train_losses[-1]
    if not stopped and not last > DIVERGED * max(first_total_loss, chance_loss):
        return None
    why = stopped or f"training loss {last:.4g} is over {DIVERGED:g} × the first"
    return Match(observed={"last_loss": last, "epochs": len(train_losses), "stopped": why, "lr": lr})


CUR001 = Rule(
    id="CUR001",
    name="loss-diverges",
    severity="error",
    check=_loss_diverges,
    fires_when="the run was stopped as diverged, or its last loss is above 3 times the first total loss",
    symptom="the run diverged: {stopped}",
    cause="a learning rate that is too high (here {lr:g}), a penalty so large that weights overshoot, or "
    "inputs, targets or weights that are far too large: the curve alone does not tell",
    remedy="run `nnbabysit data` and `nnbabysit sanity`; if they pass, try a lower learning rate, or less "
    "of a large regularization.l2 or l1 (not tried here)",
    source=f"{NOTES}: loss over 3 × the original loss, break out early",
    explains=frozenset({"UPD001", "UPD002", "ACT001", "ANS001"} | {f"CUR00{i}" for i in range(2, 9)}),
    false_alarms=CALIBRATED,
)


def _loss_stuck_high(curves: LearningCurves, lr: float, update_ratios: Series | None = None) -> Match | None:
    losses, chance = curves.losses, curves.chance
    if len(losses) < 5 or not HIGH * chance < losses[-1] < AT_CHANCE * chance or curves.works_well:
        return None
    if curves.still_falls:
        return None
    ratios = _median_ratios(update_ratios)
    if ratios and max(ratios) < RATIO_TOO_HIGH:
        return None  # a small network gets stuck in the same way, with small steps
    tail = end_of(losses, 0.5)
    fell, falls = losses[0] - tail[0], abs(tail[0] - tail[-1])
    if falls > FLAT * tail[0] or fell < max(FLAT * losses[0], FAST * falls):
        return None
    observed = {"last_loss": losses[-1], "chance_loss": chance, "epochs": len(losses), "lr": lr}
    return Match(observed={**observed, "largest_update_ratio": max(ratios, default=None)})


def _median_ratios(update_ratios: Series | None) -> list[float]:
    """One per weight matrix, over the run; empty without probes."""
    return [median(series) for series in (update_ratios or {}).values() if series]


CUR002 = Rule(
    id="CUR002",
    name="loss-stuck-high",
    severity="warning",
    check=_loss_stuck_high,
    fires_when="the loss is 0.3 to 0.97 of the chance level, flat within 10 % over the last half (at least "
    "4 epochs) and no longer falling, and a median update-to-weight ratio, if known, is above 1e-2",
    symptom="the loss fell fast and then stays at {last_loss:.3g} (chance level {chance_loss:.3g})",
    cause="the learning rate may be a bit too high: the steps jump over the narrow parts of the valley; a "
    "fault in the network can look the same",
    remedy="if `nnbabysit overfit-tiny` passes, try a lower learning rate than {lr:g}, or let it decay "
    "(schedule); not tried here",
    source=f"{NOTES}: high learning rate",
    explains=frozenset({"UPD001", "ACT001", "CUR006"}),
    false_alarms=f"{CALIBRATED}; the wrong cause in 2 of 20 runs with labels at random",
)


def _loss_falls_slowly(
    curves: LearningCurves, lr: float, update_ratios: Series | None = None
) -> Match | None:
    losses, chance = curves.losses, curves.chance
    if losses[-1] < SLOW * chance or curves.works_well or not curves.falls_straight:
        return None
    if losses[0] - losses[-1] < FLAT_START * chance:
        return None  # not slow but still; that is CUR007's
    ratios = _median_ratios(update_ratios)
    if ratios and min(ratios) >= RATIO_RIGHT:
        return None  # labels at random fall like this too, with steps of the right size
    observed = {"first_loss": losses[0], "last_loss": losses[-1], "chance_loss": chance}
    return Match(observed={**observed, "epochs": len(losses), "lr": lr})


CUR003 = Rule(
    id="CUR003",
    name="loss-falls-slowly",
    severity="warning",
    check=_loss_falls_slowly,
    fires_when="the loss is above 0.5 of the chance level and falls every epoch, in the second half at "
    "least half as fast as in the first, and a median update-to-weight ratio, if known, is below 1e-3",
    symptom="the loss falls slowly and in a straight line: {first_loss:.4g} to {last_loss:.4g} in {epochs} "
    "epochs",
    cause="the learning rate may be too low; layers that do not learn slow a network down too",
    remedy="if `nnbabysit sanity` and `nnbabysit overfit-tiny` pass, try a higher learning rate than "
    "{lr:g}; not tried here",
    source=f"{NOTES}: low learning rate",
    explains=frozenset({"CUR006", "CUR007", "ANS001"}),
    false_alarms=CALIBRATED,
)


def _flat_start(curves: LearningCurves, init_scheme: str | None = None) -> Match | None:
    losses, chance = curves.losses, curves.chance
    flat = 0
    while flat < len(losses) and abs(losses[flat] - losses[0]) <= FLAT_START * chance:
        flat += 1
    if flat < 3 or flat == len(losses) or losses[-1] > (1 - 0.2) * losses[0] or curves.works_well:
        return None
    pace = max(abs(losses[0] - losses[flat - 1]) / (flat - 1), 1e-12)
    if max(before - after for before, after in pairwise(losses)) < 5 * pace:
        return None  # a straight descent
    # the start of a network that draws its own weights may be what it was built for
    patch: Patch = {"model.init": {"scheme": GOOD_INIT}} if init_scheme not in (None, GOOD_INIT) else {}
    observed = {"flat_epochs": flat, "flat_loss": losses[0], "last_loss": losses[-1], "epochs": len(losses)}
    return Match(observed=observed, patch=patch)


CUR004 = Rule(
    id="CUR004",
    name="flat-start",
    severity="warning",
    check=_flat_start,
    fires_when="the first 3 epochs or more are within 0.02 of the chance-level loss of each other, then an "
    "epoch falls at least 5 times faster; not if accuracy is at least 0.9 in the end",
    symptom="the loss stayed at {flat_loss:.3g} for {flat_epochs} epochs before it fell to {last_loss:.3g}",
    cause="weights that start too small for the signal to pass are the first suspect; some problems have a "
    "plateau of their own",
    remedy="compare starts: model.init.scheme: he_normal (relu), xavier_normal (tanh); not tried here",
    source="CS231n lecture 6: flat first, then a drop: bad initialization",
    explains=frozenset({"UPD001", "UPD002", "ACT001", "CUR002", "CUR003", "CUR006"}),
    false_alarms=CALIBRATED,
)


def _nothing_learned(
    curves: LearningCurves, task: str, num_outputs: int, train_accuracies: Sequence[float] | None = None
) -> Match | None:
    losses, chance = curves.losses, curves.guessing
    if len(losses) < 3 or not min(losses) >= AT_CHANCE * chance or curves.still_falls:
        return None
    if task == "classification" and train_accuracies and train_accuracies[-1] > 2 / num_outputs:
        return None  # sure and often wrong, but not guessing
    return Match(observed={"lowest_loss": min(losses), "chance_loss": chance, "epochs": len(losses)})


CUR007 = Rule(
    id="CUR007",
    name="nothing-learned",
    severity="error",
    check=_nothing_learned,
    fires_when="the loss is at least 0.97 of the chance level in every epoch and no longer falling, and the "
    "training accuracy of a classification is at most 2/C",
    symptom="after {epochs} epochs the loss is no better than the chance level ({lowest_loss:.4g} against "
    "{chance_loss:.4g})",
    cause="no signal passes the network, the learning rate is far off, or the targets do not belong to the "
    "inputs: the curve alone does not tell which",
    remedy="run `nnbabysit sanity` and `nnbabysit overfit-tiny`: they tell the network's faults from the "
    "data's",
    source="closed form: a network that ignores its input has at least the entropy of the classes as loss",
    explains=frozenset({"CUR006", "ANS001"}),
    false_alarms=CALIBRATED,
)


def _starts_far_above_chance(curves: LearningCurves, zero_output_loss: float = 0.0) -> Match | None:
    losses, chance = curves.losses, curves.chance
    # targets far from 0 give that loss whatever the weights
    if (
        not losses[0] > FAR_ABOVE * max(chance, zero_output_loss)
        or curves.works_well
        or curves.falls_straight
    ):
        return None  # what begins by unlearning flattens out when that is done
    return Match(observed={"first_loss": losses[0], "chance_loss": chance, "last_loss": losses[-1]})


CUR008 = Rule(
    id="CUR008",
    name="loss-starts-far-above-chance",
    severity="warning",
    check=_starts_far_above_chance,
    fires_when="the mean loss of the first epoch is above 2.5 times the chance level and the loss of zero "
    "outputs, the final accuracy is below 0.9, and the loss does not fall in a straight line",
    symptom="the first epoch's loss is {first_loss:.3g}, the chance level {chance_loss:.3g}",
    cause="weights that start too large, or inputs that are not scaled: the network begins by unlearning",
    remedy="start from model.init.scheme: he_normal, scale the inputs (data.preprocess); see `nnbabysit "
    "sanity`",
    source="Karpathy, A Recipe for Training Neural Networks: verify loss at init; threshold: healthy runs "
    "stayed under 1.2, see README.md",
    explains=frozenset({"ACT001", "CUR002", "CUR003", "CUR006"}),
    false_alarms=CALIBRATED,
)


def _decayed_too_early(
    curves: LearningCurves, val_losses: Sequence[float], learning_rates: Sequence[float], stopped: str = ""
) -> Match | None:
    epochs, peak = len(learning_rates), max(learning_rates, default=0.0)
    if stopped or not peak or curves.works_well:
        return None
    fractions = [lr / peak + 1e-9 for lr in learning_rates]  # repeated factors are rounded
    left = epochs - max((epoch for epoch, one in enumerate(fractions, start=1) if one >= SPENT), default=0)
    before = end_of([loss for loss, one in zip(val_losses, fractions, strict=False) if one >= ALIVE])
    if len(before) < TAIL or left < WASTED * epochs:
        return None
    pace = (before[0] - before[-1]) / (len(before) - 1)
    if not goes_down(before) or pace * left < MOVES * curves.guessing:
        return None  # it had learned what it could: to decay was right
    observed = {"epochs_left": left, "epochs": epochs, "lr": peak, "last_lr": learning_rates[-1]}
    return Match(observed={**observed, "val_loss_before": before[-1], "val_loss_after": val_losses[-1]})


CUR010 = Rule(
    id="CUR010",
    name="learning-rate-decayed-too-early",
    severity="warning",
    check=_decayed_too_early,
    fires_when="the learning rate is under 1 % of its highest value for the last quarter of the run or "
    "more; and while it was at least a tenth of it, the validation loss fell at a pace that would have "
    "brought 0.02 of the chance level in the epochs that are left; not where accuracy is at least 0.9",
    symptom="the last {epochs_left} of {epochs} epochs ran at under 1 % of the learning rate, and the "
    "validation loss was still falling before: {val_loss_before:.4g} then, {val_loss_after:.4g} at the end",
    cause="the schedule decays faster than the run is long: steps that small hardly move the weights",
    remedy="let it decay later: schedule.name: cosine, which ends with the run, a larger schedule.factor or "
    "fewer drops; not tried here",
    source="Robbins & Monro 1951: the learning rates must sum to infinity, else the weights cannot get "
    "everywhere (Bottou, Curtis & Nocedal 2018, eq. 4.19); n epochs at under 0.01 of the rate sum to less "
    "than n/100 epochs at the full one",
    explains=frozenset({"CUR002", "CUR003", "CUR006", "UPD002", "ANS001"}),
)
