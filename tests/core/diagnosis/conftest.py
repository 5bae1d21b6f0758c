"""Evidence that is healthy in every respect, to be changed in one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from typing import Any

import pytest

from nnbabysit.core.diagnosis.engine import Finding, Rule, diagnose
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence
from nnbabysit.core.diagnosis.evidence.sanity_evidence import SanityEvidence
from nnbabysit.core.diagnosis.evidence.search_evidence import BorderEvidence, TrialsEvidence
from nnbabysit.core.diagnosis.evidence.starting_loss import StartingLoss
from nnbabysit.core.diagnosis.evidence.tiny_evidence import TinyEvidence
from nnbabysit.core.diagnosis.rules.registry import RUN_RULES, SANITY_RULES, SEARCH_RULES, TINY_RULES

HEALTHY: dict[str, Any] = {
    "task": "classification",
    "loss_name": "cross_entropy",
    "num_outputs": 10,
    "initial_losses": (2.31, 2.29, 2.3),
    "expected_loss": math.log(10),
    "prior_loss": 2.30,
    "sanity_tolerance": 0.15,
    "initial_total_loss": 2.3,
    "regularized_total_loss": 52.3,
    "penalty": 50.0,
    "weight_matrices": 2,
    "regularization_strength": 1.0,
    "gradient_norms": {"hidden.weight": 0.5, "out.bias": 0.1},
    "parameter_changes": {"hidden.weight": 1e-3, "out.bias": 1e-4},
    "batch_dependence": 2e-7,
    "outputs_are_probabilities": False,
    "tiny_losses": (2.3, 1.2, 0.5, 0.1, 0.02, 0.004),
    "tiny_accuracy": 1.0,
    "tiny_max_loss": 0.05,
    "tiny_constant_loss": math.log(10),
    "tiny_lr": 0.01,
    "tiny_lr_path": "optimizer.lr",
    "trial_states": ("complete",) * 9 + ("diverged",),
    "train_losses": (1.8, 0.8, 0.45, 0.3, 0.24, 0.22),
    "train_accuracies": (0.5, 0.8, 0.88, 0.92, 0.94, 0.95),
    "val_accuracies": (0.7, 0.82, 0.87, 0.9, 0.92, 0.92),
    "chance_loss": math.log(10),
    "first_total_loss": 2.4,
    "stopped": "",
    "first_nonfinite": "",
    "lr": 0.01,
    "l2": 1e-4,
    "update_ratios": {"hidden.weight": (3e-3, 2e-3, 1e-3, 9e-4), "out.weight": (5e-3, 3e-3, 2e-3, 1e-3)},
    "dead_units": {"relu": (0.0, 0.02, 0.05)},
}


GATES: tuple[tuple[Any, tuple[Rule, ...]], ...] = (
    (SanityEvidence, SANITY_RULES),
    (TinyEvidence, TINY_RULES),
    (TrialsEvidence, SEARCH_RULES),
    (BorderEvidence, SEARCH_RULES),
    (RunEvidence, RUN_RULES),
)
"""The evidence of each gate but the data's, and the rules that read it."""


def gates(flat: dict[str, Any]) -> Iterator[tuple[object, tuple[Rule, ...]]]:
    """Name → value, sorted into the evidence of each gate; one that lacks what it always has is left out."""
    values = {**flat, "start": made(StartingLoss, flat)}
    known = {field.name for gate, _ in GATES for field in fields(gate)} | {
        f.name for f in fields(StartingLoss)
    }
    assert flat.keys() <= known, f"no gate hands over {flat.keys() - known}"
    for gate, rules in GATES:
        if (evidence := made(gate, values)) is not None:
            yield evidence, rules


def made(gate: Any, values: dict[str, Any]) -> Any:
    """One dataclass from those of the values that it has; None where one that it needs is not there."""
    always = {f.name for f in fields(gate) if f.default is MISSING and f.default_factory is MISSING}
    if not always <= values.keys():
        return None
    return gate(**{field.name: values[field.name] for field in fields(gate) if field.name in values})


@pytest.fixture
def findings() -> Callable[..., dict[str, Finding]]:
    """``findings(batch_dependence=0.1)``: healthy evidence with changes, findings by id."""

    def diagnose_changed(without: str = "", **changes: Any) -> dict[str, Finding]:
        evidence = {k: v for k, v in {**HEALTHY, **changes}.items() if k not in without.split()}
        found = [f for gate, rules in gates(evidence) for f in diagnose(rules, gate)]
        return {finding.id: finding for finding in found}

    return diagnose_changed
