"""Rules on what a trained network answers (ANS). Names of the evidence: ``evidence_names.py``."""

from __future__ import annotations

from nnbabysit.core.diagnosis.engine import Evidence, Match, Rule


def _class_never_predicted(evidence: Evidence) -> Match | None:
    words = evidence["unpredicted"]
    return Match(observed={"unpredicted": words}) if words else None


ANSWER_RULES: tuple[Rule, ...] = (
    Rule(
        id="ANS001",
        name="class-never-predicted",
        severity="warning",
        needs=frozenset({"unpredicted"}),
        check=_class_never_predicted,
        symptom="{unpredicted}",
        cause="training was over before it was learned, nothing in the inputs tells it from others, or it is "
        "so rare that leaving it out costs little loss",
        remedy="more epochs, if the loss still falls at the end; else see how many samples it has "
        "(`nnbabysit data`), and let a rare one weigh more in a loss of your own; not tried here",
        source="Provost, Fawcett & Kohavi 1998, The case against accuracy estimation; probability of no "
        "prediction by chance: Poisson, see training/unpredicted.py",
    ),
)
