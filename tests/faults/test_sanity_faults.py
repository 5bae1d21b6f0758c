"""Faults that sanity finds, each beside its healthy twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]


@pytest.mark.parametrize("network", ["Healthy", "ZeroHead", "BiasBeforeNorm", "mlp"])
def test_a_healthy_network_gets_no_finding(sanity: Diagnose, network: str) -> None:
    assert sanity(network=network) == {}


def test_ini001_a_last_layer_that_is_too_large(sanity: Diagnose) -> None:
    assert list(sanity(network="LargeHead")) == ["INI001"]


def test_ini001_inputs_that_are_not_scaled(sanity: Diagnose, digits: Dataset) -> None:
    split = digits.train
    loud = replace(digits, train=ArraySplit(*_arrays(split, scale=255.0)))
    assert "INI001" in sanity(dataset=loud)


def test_ini002_a_label_among_the_inputs(sanity: Diagnose, digits: Dataset) -> None:
    x, y = _arrays(digits.train)
    x = x.flatten(1).clone()
    x[:, :10] = torch.nn.functional.one_hot(y, 10).float()
    leaking = replace(digits, train=ArraySplit(x, y), input_shape=(x.shape[1],))
    assert "INI002" in sanity(network="Leaky", dataset=leaking)


@pytest.mark.parametrize("network", ["NoMatrix", "ZeroLinear"])
def test_ini003_a_penalty_on_nothing_is_no_fault(sanity: Diagnose, network: str) -> None:
    assert sanity(network=network) == {}


def test_ini004_weights_that_start_at_0_explain_a_penalty_of_0(sanity: Diagnose) -> None:
    findings = sanity({"model.init": {"scheme": "zeros"}})
    assert list(findings) == ["INI004"]
    assert findings["INI004"].patch == {"model.init.scheme": "he_normal"}


@pytest.mark.parametrize(
    ("network", "fault"), [("Detached", "hidden.weight (missing)"), ("Unused", "forgotten")]
)
def test_ini004_a_parameter_that_no_gradient_reaches(sanity: Diagnose, network: str, fault: str) -> None:
    findings = sanity(network=network)
    assert list(findings) == ["INI004"]
    assert fault in findings["INI004"].symptom


def test_ini005_a_learning_rate_that_float32_swallows(sanity: Diagnose) -> None:
    assert list(sanity({"optimizer": {"name": "sgd", "lr": 1e-12}})) == ["INI005"]


def test_ini006_samples_that_know_their_neighbors(sanity: Diagnose) -> None:
    assert list(sanity(network="Mixing")) == ["INI006"]


def test_ini007_a_softmax_before_cross_entropy(sanity: Diagnose) -> None:
    findings = sanity(network="DoubledSoftmax")
    assert list(findings) == ["INI007"]
    assert "1.461" in findings["INI007"].cause


def _arrays(split: object, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = split.take(torch.arange(len(split)))  # type: ignore[attr-defined,arg-type]
    return x * scale, y
