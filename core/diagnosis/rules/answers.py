"""Rules on what a trained network predicts (ANS). Evidence: ``evidence/run_evidence.py``."""

from __future__ import annotations

from nnbabysit.core.diagnosis.engine import Match, Rule


def _class_never_predicted(unpredicted: str) -> Match | None:
    return Match(observed={"unpredicted": unpredicted}) if unpredicted else None


ANS001 = Rule(
    id="ANS001",
    name="class-never-predicted",
    severity="warning",
    check=_class_never_predicted,
    fires_when="the best weights predict one class alone, or never one that has at least half of an even "
    "fraction of validation",
    symptom="{unpredicted}",
    cause="training was over before it was learned, nothing in the inputs tells it from others, or it is so "
    "rare that never predicting it adds little loss",
    remedy="more epochs, if the loss still falls at the end; else see how many samples it has (`nnbabysit "
    "data`), and let a rare one weigh more in a loss of your own; not tried here",
    source="Provost, Fawcett & Kohavi 1998, The case against accuracy estimation; probability of no "
    "prediction by chance: Poisson, see training/evaluation/unpredicted.py",
)
