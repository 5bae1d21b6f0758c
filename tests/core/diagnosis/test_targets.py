"""The rule on targets far from 0, on hand-made evidence; mean 152 and deviation 77 are a real table's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]

FAR: dict[str, Any] = {
    "task": "regression",
    "loss_name": "mse",
    "num_outputs": 1,
    "chance_loss": 6000.0,
    "prior_loss": 6000.0,
    "zero_output_loss": 29_000.0,
    "target_mean": 152.0,
    "target_std": 77.0,
    "first_total_loss": 29_100.0,
    "update_ratios": {},
    "dead_units": {},
}


def _far(findings: Diagnose, *losses: float, **changes: Any) -> dict[str, Finding]:
    """A regression: without accuracies, which the rules of classes would read."""
    evidence = {**FAR, "train_losses": losses, **changes}
    return findings(**evidence, without="train_accuracies val_accuracies")


def test_a_run_that_ends_on_its_way_is_told_the_scale(findings: Diagnose) -> None:
    found = _far(findings, 30_000, 29_900, 28_000, 24_000, 19_000, 14_500)
    assert list(found) == ["CUR009"]
    assert found["CUR009"].severity == "warning", "the loss still falls"
    assert found["CUR009"].patch == {}
    assert "mean 152 and standard deviation 77" in found["CUR009"].symptom
    assert found["CUR009"].cause == "all 6 epochs were spent on the way from 0 to their mean"


def test_a_run_that_arrived_is_warned_of_the_detour(findings: Diagnose) -> None:
    found = _far(findings, 29_000, 9_000, 4_000, 2_500, 2_000, 1_500)
    assert [(f.id, f.severity, f.patch) for f in found.values()] == [("CUR009", "warning", {})]


def test_a_run_that_stays_at_the_mean_has_another_fault(findings: Diagnose) -> None:
    assert list(_far(findings, 29_000, 9_000, 6_050, 6_020, 6_010, 6_005)) == ["CUR007"]
    assert list(_far(findings, 29_000, 28_999, 28_999, 28_998)) == ["CUR007"]


def test_a_slow_start_of_the_way_is_not_put_down_to_the_rate_alone(findings: Diagnose) -> None:
    assert list(_far(findings, 29_000, 28_800, 28_600, 28_400, 28_200, 28_000)) == ["CUR009"]


def test_a_start_above_what_answering_0_costs_is_the_weights_fault(findings: Diagnose) -> None:
    found = _far(findings, 90_000, 40_000, 9_000, 4_000, 3_000, 2_500)
    assert list(found) == ["CUR008"]


def test_targets_around_0_are_silent(findings: Diagnose) -> None:
    near = {"zero_output_loss": 1.0, "chance_loss": 1.0, "prior_loss": 1.0, "target_mean": 0.0}
    assert not _far(findings, 0.9, 0.5, 0.3, 0.2, 0.15, 0.14, **near, target_std=1.0)
