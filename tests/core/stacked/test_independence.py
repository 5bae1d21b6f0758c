"""A trial does not depend on who shares its stack: not on how many, on its place, or on who leaves early."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from nnbabysit.core.stacked.stack import build_stack
from nnbabysit.core.stacked.stacked_optimizers import StackedOptimizer
from nnbabysit.core.stacked.training import train_stack
from nnbabysit.core.training.loop.yardstick import Merit
from tests.core.stacked.conftest import Trained, Training

LR, DROPOUT = "optimizer.lr", "model.args.dropout"
SHARED: dict[
    str, Any
] = {  # adam with a large eps: behind a batch normalization some gradients are nothing but rounding
    "model.args.hidden": [12, 8],
    "model.args.norm": "batch",
    "training.epochs": 3,
    "optimizer.name": "adam",
    "optimizer.eps": 1e-3,
    "schedule": {"name": "exponential", "factor": 0.8},
}
OURS: dict[str, Any] = {LR: 0.01, DROPOUT: 0.3, "regularization.l2": 1e-3}
OTHERS: list[dict[str, Any]] = [
    {LR: 3e-3, DROPOUT: 0.5, "regularization.clip_norm": 0.1},
    {LR: 1e-3, DROPOUT: 0.1, "regularization.max_norm": 0.5},
    {LR: 0.02, DROPOUT: 0.3, "optimizer.betas": (0.5, 0.9)},
    {LR: 0.03, DROPOUT: 0.7, "model.init": {"scheme": "orthogonal"}},
]
WILD: dict[str, Any] = {LR: 1e4, DROPOUT: 0.2}


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_size_of_the_stack_and_place_in_it(training: Training, size: int) -> None:
    expected = training.alone(training.configs(SHARED, OURS)[0])
    for place in {0, size // 2, size - 1}:
        trials = [*OTHERS[:place], OURS, *OTHERS[place : size - 1]]
        training.stacked(training.configs(SHARED, *trials))[place].check_same(expected)


def test_trials_of_one_kind_draw_the_same_masks(training: Training) -> None:
    """Then masks are drawn once for all; beside another p each draws its own, and it comes to the same."""
    alike = training.stacked(training.configs(SHARED, OURS, {**OURS, LR: 1e-3}))
    apart = training.stacked(training.configs(SHARED, OURS, OTHERS[0]))
    alike[0].check_same(apart[0])
    alike[0].check_same(training.alone(training.configs(SHARED, OURS)[0]))


def test_the_first_of_one_kind_leaves_in_the_middle_of_an_epoch(training: Training) -> None:
    """It drew the masks for all; the others go on where its stream was."""
    shared = {"optimizer.name": "sgd", "training.batch_size": 10, DROPOUT: 0.3}
    found = training.check_equal(shared, {LR: 1e6}, {LR: 0.03}, {LR: 0.01}, data="many digits")
    assert found[0].stopped.endswith("epoch 1, step 26")
    assert [bool(each.stopped) for each in found] == [True, False, False]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_beside_one_that_diverges(training: Training, place: int) -> None:
    shared = {**SHARED, "training.batch_size": 10, "optimizer.name": "momentum", "model.args.norm": "none"}
    trials: list[dict[str, Any]] = [{LR: lr, DROPOUT: p} for lr, p in [(0.03, 0.3), (0.01, 0.5), (0.02, 0.1)]]
    trials.insert(place, WILD)
    found = training.check_equal(shared, *trials)
    assert [bool(each.stopped) for each in found] == [index == place for index in range(4)]
    assert "total loss" in found[place].stopped
    assert all(len(each.values) == 2 * 3 for each in found if not each.stopped)


def test_several_leave_at_times_of_their_own(training: Training) -> None:
    """The first two in the first epoch, one of them in the middle; the next in a later one."""
    shared = {"training.batch_size": 10, "training.epochs": 4, "optimizer.name": "sgd"}
    rising = {"schedule": {"name": "constant", "warmup": 3}}
    rates: list[dict[str, Any]] = [
        {LR: 1e6},
        {LR: 0.05},
        {LR: 300.0, **rising},
        {LR: 0.01, **rising},
        {LR: 60.0},
    ]
    found = training.check_equal(shared, *rates, data="many digits")
    assert [bool(each.stopped) for each in found] == [True, False, True, False, True]
    assert len({each.stopped for each in found}) == 4


def test_a_loss_that_is_not_finite_in_validation_alone(training: Training) -> None:
    """One huge step at the end of an epoch: its cost is never seen in training."""
    shared = {"training.batch_size": "full", "optimizer.name": "sgd", "regularization.l2": 0.0}
    found = training.check_equal(shared, {LR: 1e30}, {LR: 0.1})
    assert found[0].stopped.startswith("validation loss is")
    assert not found[1].stopped


@pytest.mark.parametrize("size", [10, "full"])
def test_all_leave(training: Training, size: int | str) -> None:
    shared: dict[str, Any] = {"training.batch_size": size, "training.epochs": 3, "optimizer.name": "sgd"}
    found = training.check_equal(shared, {LR: 1e30}, {LR: 1e31}, data="many digits")
    assert all(each.stopped for each in found)


def test_a_trial_that_goes_on_in_another_stack(training: Training) -> None:
    """As halving does it: two of four, and one of another stack, go on in a new one."""
    device = torch.device("cpu")
    groups = [[OURS, *OTHERS[:3]], [OTHERS[3], WILD]]
    states, configs, values = list[Any](), list[Any](), list[list[float]]()
    for group, places in zip(groups, [(3, 0), (0,)], strict=True):
        stack = build_stack(training.configs(SHARED, *group), training.data(), device)
        records = list(train_stack(stack, training.data(), last=1))
        for place in places:
            position = stack.places.index(place)
            states.append(stack.state(position))
            configs.append(stack.configs[position])
            values.append(_numbers(records[0].merits[place]))
    stack = build_stack(configs, training.data(), device)
    stack.load(states)
    for record in train_stack(stack, training.data(), first=2):
        for place, merit in record.merits.items():
            values[place] += _numbers(merit)
    for place, config in enumerate(configs):
        found = Trained(values=values[place], weights=stack.network.state(place))
        found.check_same(training.alone(config))


DRAWN: dict[str, list[dict[str, Any]]] = {
    "momentum": [{"optimizer.momentum": value} for value in (0.5, 0.9, 0.95)],
    "nesterov": [{"optimizer.momentum": value} for value in (0.5, 0.9, 0.95)],
    "rmsprop": [{"optimizer.decay": value} for value in (0.9, 0.95, 0.99)],
    "adam": [{"optimizer.betas": value} for value in ((0.9, 0.999), (0.8, 0.99), (0.9, 0.95))],
    "adamw": [{"optimizer.betas": value} for value in ((0.9, 0.999), (0.8, 0.99), (0.9, 0.95))],
}


@pytest.mark.parametrize("optimizer", DRAWN)
def test_a_number_and_a_vector_come_to_the_same_bits(training: Training, optimizer: str) -> None:
    """Alone a trial's setting is a number, beside another one an entry of a vector."""
    configs = training.configs({"optimizer.name": optimizer, LR: 0.01}, *DRAWN[optimizer])
    settings = [config.optimizer for config in configs]
    generator = torch.Generator().manual_seed(0)
    weights, *gradients = (torch.randn(3, 19, 7, generator=generator) for _ in range(6))

    def trained(places: slice) -> torch.Tensor:
        parameters = {"w": weights[places].clone().requires_grad_()}
        optimizer = StackedOptimizer(settings[places], parameters)
        for gradient in gradients:
            parameters["w"].grad = gradient[places].clone()
            optimizer.step(parameters)
        return parameters["w"].detach()

    together = trained(slice(3))
    for place in range(3):
        assert torch.equal(trained(slice(place, place + 1))[0], together[place])


def _numbers(merit: Merit) -> list[float]:
    return [merit.told, merit.loss]
