"""A rule is content with what it declares: it never fails for want of evidence that it calls optional."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnbabysit.core.diagnosis.engine import Rule, diagnose
from nnbabysit.core.diagnosis.evidence.data_evidence import DataEvidence, InputScale, Leak, SplitShift
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence
from nnbabysit.core.diagnosis.rules.registry import DATA_RULES, RULES, RUN_RULES
from tests.core.diagnosis.conftest import HEALTHY, gates
from tests.core.diagnosis.test_patches import at_gates, curves

BROKEN = InputScale(
    mean=49.0, std=29.0, largest=99.0, beyond_10=0.9, raw_low=0.0, raw_high=99.0, center="none", scale="none"
)
DATA = DataEvidence(
    task="classification",
    input_kind="features",
    features=6,
    non_finite_values=2,
    non_finite_samples=1,
    first_non_finite="test[3]",
    constant_features=6,
    inputs=BROKEN,
    class_counts=(200, 2),
    class_names=("a", "b"),
    train_samples=202,
    repeated_train=20,
    leaked={"validation": Leak(20, 100), "test": Leak(1, 200)},
    split_shift={"test": SplitShift(2.0, 1.0, 100)},
    contradicting_train=20,
    target_low=1.0,
    target_high=1.0,
)
BORDER = {
    **{"search_axis": "optimizer.lr", "search_low": 1e-6, "search_high": 1e-3, "search_best": 9e-4},
    **{"search_side": "high", "search_wider": (1e-6, 1e-2), "search_kind": "log_uniform"},
    **{"search_space": {}, "trial_lrs": (0.1,) * 10},
}
OPTIONAL = {"init_scheme": "normal", "zero_output_loss": 2.0, "random_output_loss": 2.0}


def given_to(rule: Rule, flat: dict[str, Any]) -> dict[str, Any]:
    """Name → value of all that a rule reads and that is there."""
    evidence = [one for one, rules in gates({**HEALTHY, **BORDER, **OPTIONAL, **flat}) if rule in rules]
    found: dict[str, Any] = {}
    for one in [DATA] if rule in DATA_RULES else evidence:
        found |= {name: value for name in rule.reads if (value := getattr(one, name, None)) is not None}
    return found


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(seen=curves(), gate=at_gates)
def test_a_rule_can_do_without_each_optional_value_and_without_all(
    rule: Rule, seen: dict[str, Any], gate: dict[str, Any]
) -> None:
    there = given_to(rule, {**seen, **gate})
    assert rule.needs <= there.keys()
    rule.check(**there)
    rule.check(**{name: there[name] for name in rule.needs})
    for missing in there.keys() - rule.needs:
        rule.check(**{name: value for name, value in there.items() if name != missing})


CURVES = ("train_accuracies", "val_accuracies", "train_bar", "val_bar", "prior_loss")


@settings(max_examples=100)
@given(curves(), st.sets(st.sampled_from(CURVES)))
def test_a_run_is_diagnosed_whatever_its_curves_lack(seen: dict[str, Any], missing: set[str]) -> None:
    flat = {key: value for key, value in {**HEALTHY, **seen}.items() if key not in missing}
    (run,) = (one for one, _ in gates(flat) if isinstance(one, RunEvidence))
    diagnose(RUN_RULES, run)


def test_training_accuracy_alone_is_enough_to_mute_what_works_well() -> None:
    slow = {"update_ratios": {"weight": (1e-6,) * 3}, "chance_loss": 2.3}
    run: dict[str, Any] = {
        "task": "classification",
        "num_outputs": 10,
        "lr": 0.1,
        "train_losses": (2.2, 1.9, 1.7),
        **slow,
    }
    found = [f.id for f in diagnose(RUN_RULES, RunEvidence(**run, train_accuracies=(0.2, 0.3, 0.4)))]
    assert found == ["UPD002"]
    assert diagnose(RUN_RULES, RunEvidence(**run, train_accuracies=(0.2, 0.3, 0.95))) == []
