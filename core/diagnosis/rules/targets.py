"""Rules on the targets: their counts and values (DAT), and a run that starts far from them (CUR).

Evidence: ``evidence/data_evidence.py``, ``evidence/run_evidence.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from nnbabysit.core.diagnosis.engine import Match, Rule
from nnbabysit.core.diagnosis.evidence.learning_curves import AT_CHANCE, LearningCurves
from nnbabysit.core.diagnosis.rules.curves import FAR_ABOVE, FLAT_START, STILL

IMBALANCE = 10.0
NO_WORSE = 1.5
"""Loss of the first epoch over that of zero outputs, up to which the targets alone explain it."""


def _imbalance(task: str, class_counts: Sequence[int], class_names: Sequence[str]) -> Match | None:
    if task not in ("classification", "binary") or min(class_counts) == 0:
        return None
    largest, smallest = max(class_counts), min(class_counts)
    if largest <= IMBALANCE * smallest:
        return None
    return Match(
        observed={"largest": largest, "smallest": smallest, "ratio": largest / smallest},
        words={
            "most": class_names[class_counts.index(largest)],
            "least": class_names[class_counts.index(smallest)],
        },
    )


DAT008 = Rule(
    id="DAT008",
    name="class-imbalance",
    severity="warning",
    check=_imbalance,
    fires_when="the largest class has more than 10 times the training samples of the smallest",
    symptom="class {most} has {largest} training samples and class {least} has {smallest}: {ratio:.1f} "
    "times as many",
    cause="the classes are not equally common in the source",
    remedy="judge by the recall of each class, not by accuracy; collect or weight the rare ones",
    source="SageMaker Debugger ClassImbalance: largest over smallest > 10",
)


def _targets_constant(target_low: float, target_high: float) -> Match | None:
    return Match(observed={"target": target_low}) if target_low == target_high else None


DAT015 = Rule(
    id="DAT015",
    name="targets-constant",
    severity="error",
    check=_targets_constant,
    fires_when="all training targets of a regression are the same number",
    symptom="all training targets are {target:.4g}",
    cause="y was overwritten, or is the wrong column",
    remedy="look at what data.source returns as y",
    source="closed form: the variance of the targets is 0, so a constant has loss 0",
)


def _label_never_varies(
    task: str, class_counts: Sequence[int], class_names: Sequence[str], train_samples: int
) -> Match | None:
    if task != "multilabel":
        return None
    labels = zip(class_names, class_counts, strict=True)
    names = tuple(name for name, count in labels if count in (0, train_samples))
    return Match(observed={"labels": names}, words={"names": ", ".join(names)}) if names else None


DAT016 = Rule(
    id="DAT016",
    name="label-never-varies",
    severity="warning",
    check=_label_never_varies,
    fires_when="a label of a multi-label task is on all training samples, or on none",
    symptom="these labels are on all training samples or on none: {names}",
    cause="rare labels in a small split, or a wrong column",
    remedy="drop them or add samples",
    source="closed form: the entropy of a label that never varies is 0, so there is nothing to learn",
)


def _targets_far_from_zero(
    curves: LearningCurves, zero_output_loss: float, target_mean: float, target_std: float
) -> Match | None:
    first, last, chance = curves.losses[0], curves.losses[-1], curves.chance
    if not FAR_ABOVE * chance < first <= NO_WORSE * zero_output_loss or curves.works_well:
        return None
    on_its_way = last > chance and _moves(curves)
    if not on_its_way and last > AT_CHANCE * chance:
        return None  # it got as far as their mean and no further, or nowhere: no matter of scale
    epochs = len(curves.losses)
    observed = {
        "target_mean": target_mean,
        "target_std": target_std,
        "first_loss": first,
        "last_loss": last,
        "chance_loss": chance,
        "epochs": epochs,
    }
    part = f"all {epochs} epochs were" if on_its_way else "the first epochs were"
    return Match(observed=observed, words={"part": part})


def _moves(curves: LearningCurves) -> bool:
    """Whether the loss is on its way down: far from its goal any fall counts, near it one that goes on."""
    losses, chance = curves.losses, curves.chance
    if losses[-1] > NO_WORSE * chance:
        return losses[0] - losses[-1] >= FLAT_START * chance
    tail = losses[-max(2, len(losses) // 3) :]
    return tail[0] - tail[-1] > STILL * tail[0]


CUR009 = Rule(
    id="CUR009",
    name="targets-far-from-zero",
    severity="warning",
    check=_targets_far_from_zero,
    fires_when="the first epoch's loss is between 2.5 times the chance level and 1.5 times the loss of zero "
    "outputs, and the loss then still falls or ends below the chance level",
    symptom="the targets have mean {target_mean:.4g} and standard deviation {target_std:.4g}, and the "
    "network starts near 0: the loss went from {first_loss:.4g} to {last_loss:.4g} (predicting their mean: "
    "{chance_loss:.4g})",
    cause="{part} spent on the way from 0 to their mean",
    remedy="standardize them, (y - mean) / std, in the file or in a function named by data.source; else it "
    "takes a higher learning rate or more epochs (not tried here)",
    source="closed form: predicting 0 has loss mean² + variance, predicting the mean has the variance",
    explains=frozenset({"CUR003", "CUR004", "CUR006", "CUR007", "CUR008", "UPD001"}),
)
