"""Faults of a training run, each beside its healthy twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training.epochs": 20},
        {"training.epochs": 1},
        {"optimizer": {"name": "adam", "lr": 3e-3}},
        {"optimizer": {"name": "sgd", "lr": 0.1}},
        {"training.batch_size": 32, "optimizer.lr": 0.01},
        {"schedule": {"name": "exponential", "factor": 0.9}, "regularization.l2": 1e-4},
    ],
    ids=["5 epochs", "20 epochs", "1 epoch", "adam", "sgd", "batch 32", "schedule and penalty"],
)
def test_a_healthy_run_gets_no_finding(train: Diagnose, changes: dict[str, Any]) -> None:
    assert train(changes) == {}


def test_a_healthy_network_with_batch_normalization_gets_no_finding(train: Diagnose) -> None:
    assert train(network="BiasBeforeNorm") == {}


def test_num001_a_logarithm_of_0(train: Diagnose) -> None:
    findings = train(network="LogOfZero")
    assert list(findings) == ["NUM001"], "what follows from it is not reported"


def test_upd001_steps_that_are_too_large(train: Diagnose) -> None:
    adam = {"optimizer": {"name": "adam", "lr": 0.3}, "training.epochs": 4}
    findings = train(adam, network="Narrow")
    assert list(findings) == ["UPD001"]
    assert findings["UPD001"].patch == {}


def test_upd002_a_learning_rate_that_hardly_moves_the_weights(train: Diagnose) -> None:
    findings = train({"optimizer.lr": 3e-5})
    assert list(findings) == ["UPD002"]
    assert findings["UPD002"].patch == {}


def test_upd002_a_gradient_that_vanishes_on_its_way(train: Diagnose) -> None:
    findings = train(network="DeepSigmoids")
    assert list(findings) == ["UPD002"]
    assert "shrinks" in findings["UPD002"].cause
    assert findings["UPD002"].patch == {}


def test_act001_units_that_are_dead_from_the_start(train: Diagnose) -> None:
    findings = train(network="BornDead")
    assert list(findings) == ["ACT001"]
    assert findings["ACT001"].evidence["dead_at_start"] is True


def test_act001_units_that_die_in_training(train: Diagnose) -> None:
    findings = train({"model.name": "cnn", "optimizer": {"name": "adam", "lr": 0.05}})
    assert list(findings) == ["ACT001"]
    assert findings["ACT001"].evidence["dead_at_start"] is False


def test_cur001_a_learning_rate_a_thousand_times_too_high(train: Diagnose) -> None:
    findings = train({"optimizer.lr": 30.0})
    assert list(findings) == ["CUR001"]
    assert findings["CUR001"].patch == {}


def test_cur002_fast_at_first_and_then_flat(train: Diagnose) -> None:
    adam = {"optimizer": {"name": "adam", "lr": 0.15}, "model.args": {"hidden": [50, 50, 50]}}
    assert list(train({**adam, "training.epochs": 10}, network="mlp")) == ["CUR002"]


def test_cur003_a_learning_rate_that_is_too_low(train: Diagnose) -> None:
    findings = train({"optimizer.lr": 3e-4, "training.epochs": 8})
    assert list(findings) == ["CUR003"]
    assert findings["CUR003"].patch == {}


def test_cur004_weights_that_start_too_small(train: Diagnose) -> None:
    small = {"model.init": {"scheme": "normal", "std": 1e-4}, "optimizer.lr": 0.01, "training.epochs": 20}
    assert list(train(small, network="mlp")) == ["CUR004"]


def test_cur005_a_training_set_of_a_hundred(train: Diagnose, digits: Dataset) -> None:
    x, y = _arrays(digits)
    small = replace(digits, train=ArraySplit(x[:100], y[:100]))
    findings = train({"training.epochs": 30, "training.batch_size": 20}, dataset=small)
    assert list(findings) == ["CUR005"]
    assert findings["CUR005"].patch == {"regularization.l2": 1e-3}


def test_cur006_a_network_that_is_too_small(train: Diagnose) -> None:
    rests = {"training.epochs": 20, "schedule": {"name": "exponential", "factor": 0.9}}
    assert list(train(rests, network="Narrow")) == ["CUR006"]


def test_cur006_a_small_network_that_still_gets_better(train: Diagnose) -> None:
    assert train({"training.epochs": 40, "optimizer.lr": 0.03}, network="Narrow") == {}


def test_cur007_labels_that_do_not_belong_to_the_inputs(train: Diagnose, digits: Dataset) -> None:
    x, y = _arrays(digits)
    shuffled = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(0))]
    findings = train({"optimizer.lr": 0.01}, dataset=replace(digits, train=ArraySplit(x, shuffled)))
    assert list(findings) == ["CUR007"]


def test_cur008_weights_that_start_too_large(train: Diagnose) -> None:
    large = {"model.init": {"scheme": "normal", "std": 1.0}, "optimizer.lr": 0.003}
    assert list(train(large, network="mlp")) == ["CUR008"]


LONG = {"training.epochs": 16, "optimizer.lr": 0.001}


@pytest.mark.parametrize(
    "schedule", [{"name": "exponential", "factor": 0.5}, {"name": "step", "every": 4, "factor": 0.05}]
)
def test_cur010_a_schedule_that_is_over_long_before_the_run(
    train: Diagnose, schedule: dict[str, Any]
) -> None:
    assert list(train({**LONG, "schedule": schedule})) == ["CUR010"]


@pytest.mark.parametrize(
    "schedule",
    [{"name": "exponential", "factor": 0.9}, {"name": "cosine"}, {"name": "one_cycle"}, {"name": "constant"}],
    ids=lambda schedule: schedule["name"],
)
def test_cur010_is_silent_on_schedules_that_last_as_long_as_the_run(
    train: Diagnose, schedule: dict[str, Any]
) -> None:
    assert "CUR010" not in train({**LONG, "schedule": schedule})


def _arrays(dataset: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    return dataset.train.take(torch.arange(len(dataset.train)))
