"""The rule on overfitting a tiny set (TIN). Names of the evidence: ``evidence_names.py``."""

from __future__ import annotations

from nnbabysit.core.diagnosis.engine import Evidence, Match, Patch, Rule
from nnbabysit.core.diagnosis.rules.plateau import FACTORS, Tried, read_plateau


def _tiny_set_not_learned(evidence: Evidence) -> Match | None:
    losses, accuracy, bound = evidence["tiny_losses"], evidence["tiny_accuracy"], evidence["tiny_max_loss"]
    if losses[-1] <= bound and accuracy in (None, 1.0):
        return None
    tried = _tried(evidence)
    reading = read_plateau(
        losses,
        bound=bound,
        constant_loss=evidence["tiny_constant_loss"],
        num_outputs=evidence["num_outputs"] if evidence["loss_name"] == "cross_entropy" else None,
        tried=tried,
    )
    observed = {
        "final_loss": losses[-1],
        "final_accuracy": accuracy,
        "bound": bound,
        "epochs": len(losses),
        "constant_loss": evidence["tiny_constant_loss"],
        "pattern": reading.pattern,
        "lr": evidence["tiny_lr"],
        **{f"loss_at_lr_{name}": outcome.loss for name, outcome in tried.items()},
    }
    right = "" if accuracy is None else f" at accuracy {accuracy:.2f}"
    fault = next(iter(evidence.get("tiny_faults", ())), None)
    if fault is not None:  # whatever learning rate passes would pass with the fault in it
        return Match(observed=observed, words={"right": right, "cause": fault[0], "remedy": fault[1]})
    words = {
        "right": right,
        "cause": reading.cause,
        "remedy": reading.remedy.format(path=evidence["tiny_lr_path"]),
    }
    patch: Patch = {} if reading.lr is None else {evidence["tiny_lr_path"]: reading.lr}
    return Match(observed=observed, words=words, patch=patch)


def _tried(evidence: Evidence) -> dict[str, Tried]:
    accuracies = evidence.get("tiny_tried_accuracies", {})
    everywhere = evidence.get("tiny_tried_everywhere", {})
    return {
        name: Tried(
            lr=float(f"{evidence['tiny_lr'] * FACTORS[name]:.6g}"),
            loss=loss,
            learned=loss <= evidence["tiny_max_loss"] and accuracies.get(name) in (None, 1.0),
            everywhere=everywhere.get(name, True),
        )
        for name, loss in evidence.get("tiny_tried", {}).items()
    }


TINY_RULES: tuple[Rule, ...] = (
    Rule(
        id="TIN001",
        name="tiny-set-not-learned",
        severity="error",
        needs=frozenset(
            {
                "loss_name",
                "num_outputs",
                "tiny_losses",
                "tiny_accuracy",
                "tiny_max_loss",
                "tiny_constant_loss",
            }
            | {"tiny_lr", "tiny_lr_path"}
        ),
        check=_tiny_set_not_learned,
        symptom="after {epochs} epochs the tiny set's loss is {final_loss:.4g} (bound {bound:g}){right}",
        cause="{cause}",
        remedy="{remedy}",
        source="CS231n, Neural Networks 3: overfit a tiny subset of data; the plateau values are closed "
        "forms, see plateau.py",
    ),
)
