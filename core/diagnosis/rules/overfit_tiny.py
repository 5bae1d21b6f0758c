"""The rule on overfitting a tiny set (TIN). Evidence: ``evidence/tiny_evidence.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nnbabysit.core.diagnosis.engine import Case, Match, Patch, Rule
from nnbabysit.core.diagnosis.evidence.tiny_evidence import Tried
from nnbabysit.core.diagnosis.rules.plateau import CAUSES, REMEDIES, read_plateau

if TYPE_CHECKING:
    from nnbabysit.core.training.probes.structure import Fault


def _tiny_set_not_learned(
    loss_name: str,
    num_outputs: int,
    tiny_losses: Sequence[float],
    tiny_max_loss: float,
    tiny_lr: float,
    tiny_lr_path: str,
    tiny_accuracy: float | None = None,
    tiny_constant_loss: float | None = None,
    tiny_tried: Mapping[str, Tried] | None = None,
    tiny_faults: Sequence[Fault] = (),
) -> Match | None:
    if tiny_losses[-1] <= tiny_max_loss and tiny_accuracy in (None, 1.0):
        return None
    tried = tiny_tried or {}
    reading = read_plateau(
        tiny_losses,
        bound=tiny_max_loss,
        constant_loss=tiny_constant_loss,
        num_outputs=num_outputs if loss_name == "cross_entropy" else None,
        tried=tried,
    )
    observed = {
        "final_loss": tiny_losses[-1],
        "final_accuracy": tiny_accuracy,
        "bound": tiny_max_loss,
        "epochs": len(tiny_losses),
        "constant_loss": tiny_constant_loss,
        "pattern": reading.pattern,
        "lr": tiny_lr,
        **{f"loss_at_lr_{name}": outcome.loss for name, outcome in tried.items()},
    }
    at = "" if tiny_accuracy is None else f", accuracy {tiny_accuracy:.2f}"
    if tiny_faults:  # whatever learning rate passes would pass with the fault in it
        fault = _as_it_is(tiny_faults[0].cause, tiny_faults[0].remedy)
        return Match(observed=observed, words={"at": at}, case=fault)
    case = _as_it_is(reading.cause, reading.remedy.format(path=tiny_lr_path))
    patch: Patch = {} if reading.lr is None else {tiny_lr_path: reading.lr}
    return Match(observed=observed, words={"at": at}, case=case, patch=patch)


def _as_it_is(cause: str, remedy: str) -> Case:
    """Texts in which braces stand for themselves, such as those of a user's own names."""
    return Case(*(text.replace("{", "{{").replace("}", "}}") for text in (cause, remedy)))


TIN001 = Rule(
    id="TIN001",
    name="tiny-set-not-learned",
    severity="error",
    check=_tiny_set_not_learned,
    fires_when="the loss of the tiny set ends above the bound (overfit_tiny.max_loss) or its accuracy below "
    "1; the cause is a fault of the structure, else what the plateau of the loss and other learning rates "
    "tell",
    symptom="after {epochs} epochs the tiny set's loss is {final_loss:.4g} (bound {bound:g}){at}",
    cases=tuple(Case(CAUSES[pattern], REMEDIES[pattern].format(path="optimizer.lr")) for pattern in CAUSES),
    source="CS231n, Neural Networks 3: overfit a tiny subset of data; the plateau values are closed forms, "
    "see plateau.py",
    false_alarms="none on 30 healthy runs; of 43 healthy programs, with the config that `nnbabysit init` "
    "proposes, none",
)
