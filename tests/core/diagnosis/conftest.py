"""Evidence that is healthy in every respect, and a mapping that refuses names that are not documented."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from nnbabysit.core.diagnosis.engine import Finding, diagnose
from nnbabysit.core.diagnosis.evidence_names import EVIDENCE
from nnbabysit.core.diagnosis.rules.registry import RULES

HEALTHY: dict[str, Any] = {
    "task": "classification",
    "loss_name": "cross_entropy",
    "num_outputs": 10,
    "initial_losses": (2.31, 2.29, 2.3),
    "expected_loss": math.log(10),
    "prior_loss": 2.30,
    "sanity_tolerance": 0.15,
    "initial_cost": 2.3,
    "regularized_cost": 52.3,
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
    "first_cost": 2.4,
    "stopped": "",
    "first_nonfinite": "",
    "lr": 0.01,
    "lr_path": "optimizer.lr",
    "l2": 1e-4,
    "update_ratios": {"hidden.weight": (3e-3, 2e-3, 1e-3, 9e-4), "out.weight": (5e-3, 3e-3, 2e-3, 1e-3)},
    "dead_units": {"relu": (0.0, 0.02, 0.05)},
}


class Documented(dict[str, Any]):
    """Evidence that may be asked only for documented names."""

    def __getitem__(self, name: str) -> Any:
        """The value, if the name is documented."""
        assert name in EVIDENCE, f"{name} is not documented"
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        assert name in EVIDENCE, f"{name} is not documented"
        return super().get(name, default)


@pytest.fixture
def findings() -> Callable[..., dict[str, Finding]]:
    """``findings(batch_dependence=0.1)``: healthy evidence with changes (None: left out), findings by id."""

    def diagnose_changed(without: str = "", **changes: Any) -> dict[str, Finding]:
        evidence = Documented({**HEALTHY, **changes})
        for name in without.split():
            del evidence[name]
        return {finding.id: finding for finding in diagnose(RULES, evidence)}

    return diagnose_changed
