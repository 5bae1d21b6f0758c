"""What the notes say about initial weights (CS231n, lecture 6; Géron, chapter 11)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.probes.layer_statistics import layer_statistics
from tests.claims.conftest import Build, Note, deep, hidden_outputs


def test_zero_initialization_keeps_all_units_of_a_layer_equal(
    build: Build, digits: Dataset, note: Note
) -> None:
    spread, accuracy = {}, {}
    for scheme in ("zeros", "he_normal"):
        model = {"name": "mlp", "args": {"hidden": [32], "activation": "sigmoid"}, "init": {"scheme": scheme}}
        config, assembly = build(model=model, optimizer={"name": "momentum", "lr": 0.1})
        *_, last = train_epochs(assembly, digits, config)
        weight = next(m.weight.detach() for m in assembly.model.modules() if isinstance(m, nn.Linear))
        assert float(weight.norm()) > 0.1, "the weights moved"
        spread[scheme] = float(weight.std(0).norm() / weight.norm())
        assert last.validation.accuracy is not None
        accuracy[scheme] = last.validation.accuracy
    note(spread_zeros=spread["zeros"], spread_he=spread["he_normal"])
    note(accuracy_zeros=accuracy["zeros"], accuracy_he=accuracy["he_normal"])
    assert spread["zeros"] < 1e-5
    assert spread["he_normal"] > 0.05
    assert accuracy["zeros"] < 0.5 < 0.9 < accuracy["he_normal"]


@pytest.mark.parametrize(
    ("scheme", "std", "first", "last"),
    [
        ("normal", 0.01, (0.02, 0.2), (0.0, 1e-6)),
        ("normal", 1.0, (0.9, 1), (0.9, 1)),
        ("xavier_normal", 1, (0.4, 0.8), (0.15, 0.8)),
    ],
    ids=["small", "large", "xavier"],
)
def test_the_spread_of_a_deep_tanh_network(
    build: Build,
    digits: Dataset,
    note: Note,
    scheme: str,
    std: float,
    first: tuple[float, float],
    last: tuple[float, float],
) -> None:
    _, assembly = build(model=deep("tanh", scheme, std=std))
    outputs = hidden_outputs(assembly.model, digits.train.take(torch.arange(500))[0], (nn.Tanh,))
    spreads = [float(out.std()) for out in outputs]
    saturated = float((outputs[-1].abs() > 0.99).float().mean())
    note(std_layer_1=spreads[0], std_layer_10=spreads[-1], saturated_layer_10=saturated)
    assert first[0] <= spreads[0] <= first[1]
    assert last[0] <= spreads[-1] <= last[1]
    if std == 1.0 and scheme == "normal":
        assert saturated > 0.8
    else:
        assert saturated < 0.05


@pytest.mark.parametrize(("scheme", "expected"), [("xavier_normal", 0.5), ("he_normal", 1.0)])
def test_relu_halves_the_variance_under_xavier_and_keeps_it_under_he(
    build: Build, digits: Dataset, note: Note, scheme: str, expected: float
) -> None:
    _, assembly = build(model=deep("relu", scheme, width=500))
    outputs = hidden_outputs(assembly.model, digits.train.take(torch.arange(500))[0], (nn.Linear,))
    hidden = [float(out.square().mean()) for out in outputs[1:-1]]  # square layers alone: fan-in is fan-out
    per_layer = (hidden[-1] / hidden[0]) ** (1 / (len(hidden) - 1))
    note(variance_per_layer=per_layer)
    assert per_layer == pytest.approx(expected, rel=0.12)


def test_batch_normalization_trains_what_was_badly_initialized(
    build: Build, digits: Dataset, note: Note
) -> None:
    accuracy = {}
    for norm in ("none", "batch"):
        model = deep("relu", "normal", width=50, depth=8)
        model["args"]["norm"] = norm
        config, assembly = build(model=model, training={"epochs": 8, "batch_size": 50})
        *_, last = train_epochs(assembly, digits, config)
        assert last.validation.accuracy is not None
        accuracy[norm] = last.validation.accuracy
    note(accuracy_without=accuracy["none"], accuracy_with=accuracy["batch"])
    assert accuracy["none"] < 0.2
    assert accuracy["batch"] > 0.9


def test_gradients_of_sigmoid_vanish_with_depth_and_those_of_relu_do_not(
    build: Build, digits: Dataset, note: Note
) -> None:
    x, y = digits.train.take(torch.arange(500))
    shrinkage = {}
    for activation, scheme in (("sigmoid", "xavier_normal"), ("relu", "he_normal")):
        _, assembly = build(model=deep(activation, scheme))
        layers = [
            each
            for each in layer_statistics(assembly.model, assembly.objective, x, y)
            if each.kind == "Linear"
        ]
        shrinkage[activation] = layers[0].gradient / layers[-2].gradient
    note(sigmoid_first_to_last=shrinkage["sigmoid"], relu_first_to_last=shrinkage["relu"])
    assert shrinkage["sigmoid"] < 0.25**8, "at most a quarter passes each of the nine sigmoids between"
    assert shrinkage["relu"] > 0.1
