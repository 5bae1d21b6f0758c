"""Faults that keep a tiny set from being learned, each beside its healthy twin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnbabysit.core.diagnosis.engine import Finding

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


FAULTY = {
    "ReluLogits": "outputs are not below 0",
    "SigmoidLogits": "outputs are between 0 and 1",
    "DoubledSoftmax": "outputs are probabilities",
    "InAList": "4 tensors",
    "PlainTensor": "1 tensor (50) takes part",
    "MadeInForward": "not a function of its input",
    "AlwaysDropping": "not a function of its input",
    "Mixing": "other samples of its batch",
    "Detached": "no gradient reaches hidden.weight",
    "SlowNorm": "lost in evaluation mode",
}


@pytest.mark.parametrize("network", FAULTY)
def test_tin001_names_a_fault_of_the_structure_and_no_learning_rate(
    overfit_tiny: Diagnose, network: str
) -> None:
    lr = 1e-2 if network == "SlowNorm" else 1e-4
    finding = overfit_tiny({"optimizer": {"name": "adam", "lr": lr}}, network=network)["TIN001"]
    assert FAULTY[network] in finding.cause
    assert finding.patch == {}


def test_tin001_prints_no_learning_rate_at_which_the_last_layer_learns_alone(overfit_tiny: Diagnose) -> None:
    finding = overfit_tiny({"optimizer.lr": 0.002}, network="FarSlope")["TIN001"]
    assert finding.patch == {}
    assert "passes while some layers rest" in finding.remedy


@pytest.mark.parametrize("network", ["ZeroHead", "BiasBeforeNorm"])
def test_tin001_still_prints_the_rate_of_a_healthy_network(overfit_tiny: Diagnose, network: str) -> None:
    finding = overfit_tiny({"optimizer": {"name": "adam", "lr": 1e-4}}, network=network)["TIN001"]
    (lr,) = finding.patch.values()
    assert overfit_tiny({"optimizer": {"name": "adam", "lr": lr}}, network=network) == {}
