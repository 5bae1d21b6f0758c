"""Epochs: sums, schedule, divergence."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.diagnosis.rules import curves as curve_rules
from nnbabysit.core.errors import UserError
from nnbabysit.core.training.loop.divergence import DIVERGED, divergence, initial_cost
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.records import StepRecord
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.setup.losses import build_objective
from nnbabysit.core.training.setup.setup import assemble

PLAIN = {"name": "mlp", "args": {"hidden": [16]}}


def test_an_epoch_sums_up_its_batches(digits: Dataset, make_config: Any) -> None:
    config = make_config()
    assembly = assemble(config, digits)
    steps: list[StepRecord] = []
    record = next(train_epochs(assembly, digits, config, on_step=steps.append))
    losses = torch.stack([step.loss for step in steps])
    sizes = torch.tensor([float(step.samples) for step in steps])
    right = sum(int((step.logits.argmax(1) == step.y).sum()) for step in steps)
    assert record.train.loss == pytest.approx(float((losses * sizes).sum() / sizes.sum()), rel=1e-5)
    assert record.train.accuracy == pytest.approx(right / len(digits.train))
    assert record.cost == pytest.approx(record.train.loss + float(assembly.penalty.value()), rel=1e-5)
    assert record.step == len(steps)


def test_the_schedule_is_stepped_after_each_epoch(digits: Dataset, make_config: Any) -> None:
    config = make_config()
    rates = [record.lr for record in train_epochs(assemble(config, digits), digits, config)]
    assert rates == pytest.approx([0.05, 0.045, 0.0405, 0.03645])


@pytest.mark.parametrize("optimizer", [{"name": "sgd", "lr": 1e4}, {"name": "sgd", "lr": 1e30}])
def test_a_learning_rate_far_too_high_stops_in_the_first_epoch(
    digits: Dataset, make_config: Any, optimizer: dict[str, Any]
) -> None:
    config = make_config(model=PLAIN, optimizer=optimizer)
    records = list(train_epochs(assemble(config, digits), digits, config))
    assert len(records) == 1
    assert "at epoch 1, step 10" in records[0].stopped
    assert math.isnan(records[0].validation.loss)


def test_a_penalty_that_blows_up_is_divergence_too(digits: Dataset, make_config: Any) -> None:
    config = make_config(optimizer={"name": "sgd", "lr": 1e-3}, regularization={"l2": 1e4})
    records = list(train_epochs(assemble(config, digits), digits, config))
    assert records[-1].stopped


def test_batches_of_one_sample_are_no_divergence(digits: Dataset, make_config: Any) -> None:
    config = make_config(
        model=PLAIN, optimizer={"name": "sgd", "lr": 0.01}, training={"epochs": 1, "batch_size": 1}
    )
    records = list(train_epochs(assemble(config, digits), digits, config))
    assert records[0].stopped == ""


def test_the_reason_is_told_with_its_numbers() -> None:
    assert divergence(8.12, 2.31, 2, 37) == "total loss 8.12 is over 3 × the first, 2.31, at epoch 2, step 37"
    assert divergence(math.nan, 2.31, 2, 37) == "the total loss is nan at epoch 2, step 37"
    assert divergence(2.0, math.inf, 1, 1) == "the first total loss is inf"
    assert divergence(6.9, 2.31, 2, 37) == ""
    assert divergence(-1.0, -5.0, 2, 37) == ""


def test_the_first_cost_is_that_of_the_first_batch_and_leaves_no_trace(
    digits: Dataset, make_config: Any
) -> None:
    config = make_config()
    assembly = assemble(config, digits)
    before = {name: tensor.clone() for name, tensor in assembly.model.state_dict().items()}
    state = torch.get_rng_state()
    penalty = float(assembly.penalty.value())
    cost = initial_cost(assembly, digits.train, seed=0, batch_size=100)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], tensor) for name, tensor in assembly.model.state_dict().items())
    steps: list[StepRecord] = []
    record = next(train_epochs(assembly, digits, config, on_step=steps.append))
    assert cost == pytest.approx(float(steps[0].loss) + penalty, rel=1e-6)
    assert record.first_cost == cost


def test_a_validation_loss_that_is_not_finite_stops_the_run(digits: Dataset, make_config: Any) -> None:
    config = make_config(model=PLAIN)
    validation = ArraySplit(torch.full((4, 1, 8, 8), math.nan), torch.zeros(4, dtype=torch.int64))
    records = list(train_epochs(assemble(config, digits), replace(digits, validation=validation), config))
    assert [record.stopped for record in records] == ["validation loss is nan at epoch 1, step 12"]


def test_the_rules_call_diverged_what_the_loop_stops() -> None:
    assert curve_rules.DIVERGED == DIVERGED


def test_lbfgs_learns_in_few_full_batches(digits: Dataset, make_config: Any) -> None:
    config = make_config(
        model={"name": "mlp", "args": {"hidden": [16]}},
        optimizer={"name": "lbfgs"},
        schedule={"name": "constant"},
        training={"epochs": 4, "batch_size": "full"},
    )
    *_, last = train_epochs(assemble(config, digits), digits, config)
    assert last.step == 4, "one step per epoch"
    assert last.train.accuracy is not None
    assert last.train.accuracy > 0.9


def test_lbfgs_refuses_a_part_of_the_samples(digits: Dataset, make_config: Any) -> None:
    with pytest.raises(UserError, match="lbfgs needs all samples") as caught:
        assemble(make_config(optimizer={"name": "lbfgs"}), digits)
    assert caught.value.where == "training.batch_size"


def test_max_norm_holds_after_every_step(digits: Dataset, make_config: Any) -> None:
    config = make_config(regularization={"max_norm": 0.5}, training={"epochs": 1, "batch_size": 100})
    assembly = assemble(config, digits)
    layers = [module for module in assembly.model.modules() if isinstance(module, torch.nn.Linear)]

    def longest(_step: object) -> None:
        assert max(float(layer.weight.norm(dim=1).max().detach()) for layer in layers) <= 0.5 + 1e-6

    assert list(train_epochs(assembly, digits, config, on_step=longest))


def test_the_validation_loss_is_that_of_unsmoothed_labels(digits: Dataset, make_config: Any) -> None:
    config = make_config(regularization={"label_smoothing": 0.5}, training={"epochs": 4, "batch_size": 20})
    assembly = assemble(config, digits)
    *_, last = train_epochs(assembly, digits, config)
    plain = build_objective("cross_entropy", "classification")
    assert last.validation == evaluate(assembly.model, digits.validation, plain)
    assert last.train.loss > 1.5 * last.validation.loss


def test_augmented_training_is_another_but_repeats(digits: Dataset, make_config: Any) -> None:
    def losses(**augment: float) -> list[float]:
        config = make_config(
            data={"source": "digits", "test": 0.2, "augment": augment},
            model={"name": "cnn", "args": {"channels": [4]}},
            training={"epochs": 2, "batch_size": 100},
        )
        return [record.train.loss for record in train_epochs(assemble(config, digits), digits, config)]

    changed = losses(crop=1, rotate=10, noise=0.1, mixup=0.2)
    assert changed == losses(crop=1, rotate=10, noise=0.1, mixup=0.2)
    assert changed != losses()
