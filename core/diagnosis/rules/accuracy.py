"""Rules on training and validation accuracy (CUR). Evidence: ``evidence/run_evidence.py``."""

from __future__ import annotations

from collections.abc import Sequence

from nnbabysit.core.diagnosis.engine import Case, Match, Patch, Rule
from nnbabysit.core.diagnosis.evidence.learning_curves import AT_CHANCE, LearningCurves, end_of, still_rises
from nnbabysit.core.diagnosis.rules.bands import CALIBRATED
from nnbabysit.core.diagnosis.rules.curves import STILL

GAP = 0.10
"""Training minus validation accuracy; healthy runs stayed at 0.06 and below."""
NO_GAP = 0.03
LOW_ACCURACY = 0.85
ACCURACY_NOTES = "CS231n, Neural Networks 3, train/val accuracy"


OVERFITTING = Case(
    "overfitting: the network memorizes the training samples",
    "raise regularization.l2, add dropout, stop early, or get more data",
)
UNRELATED_LABELS = Case(
    "the network memorizes labels that have nothing to do with the inputs, or validation samples are "
    "prepared differently",
    "check that samples and labels belong together",
)


def _accuracy_gap(
    train_accuracies: Sequence[float],
    val_accuracies: Sequence[float],
    task: str,
    num_outputs: int,
    l2: float | None = None,
) -> Match | None:
    train, val = train_accuracies[-1], val_accuracies[-1]
    if not train - val > GAP:
        return None
    observed = {"train_accuracy": train, "val_accuracy": val, "gap": train - val}
    if task == "classification" and val < 1.5 / num_outputs:
        return Match(observed=observed, case=UNRELATED_LABELS)
    patch: Patch = {} if l2 is None else {"regularization.l2": float(f"{l2 * 10:.3g}") if l2 else 1e-3}
    return Match(observed=observed, case=OVERFITTING, patch=patch)


CUR005 = Rule(
    id="CUR005",
    name="accuracy-gap",
    severity="warning",
    check=_accuracy_gap,
    fires_when="training accuracy minus validation accuracy is above 0.10 after the last epoch",
    symptom="training accuracy {train_accuracy:.3f}, validation accuracy {val_accuracy:.3f}",
    cases=(OVERFITTING, UNRELATED_LABELS),
    source=f"{ACCURACY_NOTES}; threshold: healthy runs stayed at 0.06 and below, see README.md",
    false_alarms="3 of 157 healthy runs (training 0.99, validation 0.87: rightly)",
)


def _capacity(
    curves: LearningCurves, train_accuracies: Sequence[float], val_accuracies: Sequence[float]
) -> Match | None:
    losses, train, val = curves.losses, train_accuracies[-1], val_accuracies[-1]
    if len(losses) < 5 or abs(train - val) >= NO_GAP or max(train, val) >= LOW_ACCURACY:
        return None
    tail = end_of(losses)
    if losses[-1] > AT_CHANCE * curves.chance or abs(tail[0] - tail[-1]) > STILL * tail[0]:
        return None
    if still_rises(train_accuracies) or still_rises(val_accuracies):
        return None
    return Match(observed={"train_accuracy": train, "val_accuracy": val, "epochs": len(losses)})


CUR006 = Rule(
    id="CUR006",
    name="capacity-may-grow",
    severity="info",
    check=_capacity,
    fires_when="training and validation accuracy differ by under 0.03, both are below 0.85 and neither "
    "still rises, and the loss is flat within 5 % over the last third (at least 4 epochs)",
    symptom="training ({train_accuracy:.3f}) and validation accuracy ({val_accuracy:.3f}) are alike and no "
    "longer rise",
    cause="the network may be too small for the data, or the data too small",
    remedy="more layers or units (model.args), less regularization, or more data",
    source=f"{ACCURACY_NOTES}: no gap, increase model capacity",
    false_alarms=CALIBRATED,
)
