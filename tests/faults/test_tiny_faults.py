"""Faults that keep a tiny set from being learnt, each beside its healthy twin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnbabysit.core.diagnosis.rule import Finding

Diagnose = Callable[..., dict[str, Finding]]


@pytest.mark.parametrize("network", ["Healthy", "BiasBeforeNorm", "mlp"])
def test_a_healthy_network_learns_the_tiny_set(overfit_tiny: Diagnose, network: str) -> None:
    assert overfit_tiny(network=network) == {}


@pytest.mark.parametrize(
    ("network", "pattern"),
    [("Blind", "ignores-input"), ("BornDead", "ignores-input"), ("DoubledSoftmax", "softmax")],
)
def test_tin001_tells_the_fault_from_the_plateau(overfit_tiny: Diagnose, network: str, pattern: str) -> None:
    finding = overfit_tiny(network=network)["TIN001"]
    assert finding.evidence["pattern"] == pattern
    assert finding.patch == {}


def test_tin001_names_the_higher_learning_rate_that_passed(overfit_tiny: Diagnose) -> None:
    finding = overfit_tiny({"optimizer.lr": 0.002})["TIN001"]
    assert finding.evidence["pattern"] == "falling"
    assert finding.patch == {"optimizer.lr": pytest.approx(0.02)}


def test_tin001_names_the_lower_learning_rate_that_passed(overfit_tiny: Diagnose) -> None:
    finding = overfit_tiny({"optimizer": {"name": "sgd", "lr": 30.0}})["TIN001"]
    assert finding.patch == {"optimizer.lr": pytest.approx(0.3)}, "a tenth helps, a hundredth passes"


def test_tin001_changes_the_learning_rate_that_was_used(overfit_tiny: Diagnose) -> None:
    own = {"overfit_tiny.optimizer": {"name": "momentum", "lr": 0.002, "momentum": 0.9}}
    assert overfit_tiny(own)["TIN001"].patch == {"overfit_tiny.optimizer.lr": pytest.approx(0.02)}
