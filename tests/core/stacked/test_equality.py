"""Stacked trials come to what each comes to alone: weights, running averages and the value of every epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.core.stacked.conftest import Training

LR = "optimizer.lr"
ACTIVATIONS = (
    "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "maxout", "sigmoid", "tanh",
)  # fmt: skip
TWO = ({LR: 0.03}, {LR: 0.01})


def args(**values: Any) -> dict[str, Any]:
    return {f"model.args.{name}": value for name, value in values.items()}


def section(name: str, **values: Any) -> dict[str, Any]:
    return {f"{name}.{key}": value for key, value in values.items()}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_non_linearities_and_dropout(training: Training, activation: str, norm: str) -> None:
    shared = args(hidden=[12, 8], activation=activation, norm=norm)
    training.check_equal(shared, {LR: 0.03, **args(dropout=0.2)}, {LR: 0.01, **args(dropout=0.4)})


CNN = {"model.name": "cnn", **args(hidden=[8], channels=[4, 6])}
AVERAGE = {"model.name": "cnn", **args(hidden=[8], channels=[4], pooling="average", activation="prelu")}
RESNET = {"model.name": "resnet", **args(channels=[4, 6], blocks=1)}
MAXOUT = {"model.name": "resnet", **args(channels=[4, 6], blocks=1, activation="maxout", pieces=3)}


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "group"])
@pytest.mark.parametrize(
    "network",
    [args(hidden=[8, 8]), CNN, AVERAGE, RESNET, MAXOUT],
    ids=["mlp", "cnn", "average", "resnet", "maxout"],
)
def test_networks(training: Training, network: dict[str, Any], norm: str) -> None:
    groups = args(groups=2) if norm == "group" else {}
    short = {"training.epochs": 1, "training.batch_size": 32, **args(dropout=0.1)}
    training.check_equal({**network, **short, **args(norm=norm), **groups}, *TWO)


@pytest.mark.parametrize("hidden", [[], [6]])
def test_without_and_with_a_hidden_layer(training: Training, hidden: list[int]) -> None:
    training.check_equal(args(hidden=hidden), *TWO)


OPTIMIZERS: dict[str, tuple[dict[str, Any], ...]] = {
    "sgd": ({}, {}, {}),
    "momentum": tuple({"momentum": value} for value in (0.0, 0.5, 0.9)),
    "nesterov": tuple({"momentum": value} for value in (0.1, 0.5, 0.9)),
    "adagrad": tuple({"eps": value} for value in (1e-8, 1e-3, 0.1)),
    "rmsprop": ({"decay": 0.9, "eps": 1e-6}, {"decay": 0.99, "eps": 1e-3}, {"decay": 0.5, "eps": 0.01}),
    "adam": (
        {"betas": (0.9, 0.999)}, {"betas": (0.5, 0.9), "eps": 1e-3}, {"betas": (0, 0.9), "eps": 0.1}
    ),
    "adamw": tuple({"betas": (0.9, 0.99), "weight_decay": value} for value in (0.0, 0.01, 0.5)),
    "lion": ({"betas": (0.9, 0.99)}, {"betas": (0.5, 0.9)}, {"betas": (0.95, 0.98), "weight_decay": 0.5}),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("decays", [(0.0, 1e-3, 0.1), (0.01, 0.01, 0.01)], ids=["apart", "alike"])
def test_weight_decay_of_every_parameter(training: Training, name: str, decays: tuple[float, ...]) -> None:
    adapts = name.startswith(("ad", "rms"))
    trials = [section("optimizer", lr=1e-3 if adapts else 0.02, weight_decay=decay) for decay in decays]
    training.check_equal({"optimizer.name": name, "training.epochs": 2, **args(norm="batch")}, *trials)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("alike", [False, True], ids=["apart", "alike"])
def test_optimizers_with_settings_of_their_own(training: Training, name: str, alike: bool) -> None:
    adapts = name.startswith(("ad", "rms", "lion"))
    rates = (3e-3, 1e-3, 3e-4) if adapts else (0.05, 0.02, 0.01)
    settings = OPTIMIZERS[name][-1:] * 3 if alike else OPTIMIZERS[name]
    trials = [section("optimizer", lr=lr, **each) for lr, each in zip(rates, settings, strict=True)]
    training.check_equal({"optimizer.name": name, "training.epochs": 3}, *trials)


@pytest.mark.parametrize(
    "values",
    [
        [{"l2": 0.0}, {"l2": 1e-3}, {"l2": 0.1}],
        [{"l1": 1e-3}, {"l1": 0.01}, {"l1": 0.0, "l2": 0.1}],
        [{"elastic": 0.01, "elastic_beta": 0.5}, {"elastic": 0.001}, {}],
        [{"max_norm": 0.5}, {"max_norm": 1.0}, {}],
        [{"clip_norm": 0.1}, {"clip_norm": 1.0}, {}],
        [{"clip_value": 0.001}, {"clip_value": 0.1}, {}],
        [{"clip_value": 0.01, "clip_norm": 0.05, "l2": 0.01}, {"clip_norm": 10.0, "max_norm": 0.7}, {}],
        [{"label_smoothing": 0.0}, {"label_smoothing": 0.1}, {"label_smoothing": 0.5}],
    ],
    ids=["l2", "l1", "elastic", "max_norm", "clip_norm", "clip_value", "all", "label_smoothing"],
)  # fmt: skip
@pytest.mark.parametrize("network", [args(hidden=[12], norm="batch"), CNN], ids=["mlp", "cnn"])
def test_regularization(training: Training, values: list[dict[str, Any]], network: dict[str, Any]) -> None:
    trials = [section("regularization", **each) for each in values]
    training.check_equal({**network, LR: 0.02, "training.epochs": 1}, *trials)


SCHEDULES = [
    {"name": "constant"},
    {"name": "constant", "warmup": 2},
    {"name": "step", "every": 1, "factor": 0.3},
    {"name": "multistep", "milestones": [1, 2], "factor": 0.2},
    {"name": "plateau", "patience": 0, "factor": 0.1, "threshold": 0.5},
    {"name": "exponential", "factor": 0.5, "warmup": 1},
    {"name": "inverse_time", "k": 1.0},
    {"name": "cosine", "final": 0.1},
    {"name": "cosine", "warmup": 1},
    {"name": "warm_restarts", "period": 2},
    {"name": "one_cycle"},
    {"name": "one_cycle", "rise": 0.5, "warmup": 1},
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda each: "-".join(map(str, each.values())))
def test_schedules_beside_a_constant_rate(training: Training, schedule: dict[str, Any]) -> None:
    trials: list[dict[str, Any]] = [
        {LR: 0.02, "schedule": each} for each in (schedule, {"name": "constant"}, schedule)
    ]
    trials[2][LR] = 0.05
    training.check_equal({"training.epochs": 4}, *trials)


def test_all_schedules_at_once(training: Training) -> None:
    training.check_equal({LR: 0.05, "training.epochs": 4}, *({"schedule": each} for each in SCHEDULES))


@pytest.mark.parametrize("network", [args(hidden=[10]), CNN], ids=["mlp", "cnn"])
def test_initial_weights_of_their_own(training: Training, network: dict[str, Any]) -> None:
    inits: list[dict[str, Any]] = [
        {"model.init": None},
        {"model.init": {"scheme": "orthogonal", "gain": 0.5}},
        {"model.init": {"scheme": "xavier_uniform"}},
        {"model.init": {"scheme": "normal", "std": 0.1}},
        {"model.init": {"scheme": "zeros"}},
    ]
    training.check_equal({**network, "training.epochs": 1, LR: 0.03}, *inits)


@pytest.mark.parametrize("activation", ["relu", "selu"])
def test_dropout_of_their_own_is_drawn_from_their_own_streams(training: Training, activation: str) -> None:
    shared = {**args(hidden=[12, 12], activation=activation), LR: 0.03}
    training.check_equal(shared, *(args(dropout=p) for p in (0.1, 0.5, 0.1, 0.9)))


@pytest.mark.parametrize(
    ("data", "loss"),
    [
        ("digits", "cross_entropy"),
        ("digits", "hinge"),
        ("binary", "bce"),
        ("multilabel", "bce"),
        ("regression", "mse"),
        ("columns", "mse"),
    ],
)
def test_losses(training: Training, data: str, loss: str) -> None:
    training.check_equal({"loss": loss}, *TWO, data=data)


def test_a_loss_of_the_users_own(training: Training, tmp_path: Path) -> None:
    (tmp_path / "own_loss_of_a_stack.py").write_text(
        "import torch\n\ndef loss(outputs, y):\n"
        "    return (1 - outputs.softmax(1).gather(1, y[:, None])).mean() + outputs.square().mean()\n"
    )
    training.check_equal({"loss": f"{tmp_path / 'own_loss_of_a_stack.py'}:loss"}, *TWO)


@pytest.mark.parametrize(
    "change",
    [
        {"noise": 0.3},
        {"crop": 1, "rotate": 10.0, "brightness": 0.1, "contrast": 0.2, "flip": 0.5, "cutout": 2},
        {"mixup": 0.4},
    ],
    ids=["noise", "pictures", "mixup"],
)
def test_augmentation(training: Training, change: dict[str, Any]) -> None:
    smoothing = "regularization.label_smoothing"
    trials: list[dict[str, Any]] = [{LR: 0.03}, {LR: 0.01, smoothing: 0.1}]
    training.check_equal(section("data.augment", **change), *trials)


@pytest.mark.parametrize("size", ["full", 1, 13, 129, 130])
def test_batches(training: Training, size: int | str) -> None:
    """Of 130 samples: 13 leaves no rest, 129 one sample, which batch normalization leaves out."""
    norm = "none" if size == 1 else "batch"
    trials = [{LR: 2e-3}, {LR: 1e-3}]
    training.check_equal({"training.batch_size": size, **args(hidden=[8], norm=norm)}, *trials)
