"""Probes against the slow, obvious computation; and that they leave no trace."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.training.batching import default_probe_interval
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.steps import train_steps
from nnbabysit.core.training.probes.activations import Activations
from nnbabysit.core.training.probes.dead_units import dead_units, fired
from nnbabysit.core.training.probes.gradient_norm import GradientNorm
from nnbabysit.core.training.probes.step_probes import standard_probes
from nnbabysit.core.training.probes.update_ratio import UpdateRatio
from nnbabysit.core.training.probes.weight_norms import WeightNorms
from nnbabysit.core.training.setup.setup import assemble


def test_weights_are_bit_identical_with_and_without_probes(digits: Dataset, make_config: Any) -> None:
    config = make_config(training={"epochs": 2, "batch_size": 100})
    watched, alone = assemble(config, digits), assemble(config, digits)
    probes = standard_probes(watched.model)
    a = list(train_epochs(watched, digits, config, probes=probes, probe_every=1))
    b = list(train_epochs(alone, digits, config))
    assert [record.train for record in a] == [record.train for record in b]
    for name, tensor in alone.model.state_dict().items():
        assert torch.equal(watched.model.state_dict()[name], tensor), name


def test_probes_run_on_the_first_and_last_step_and_at_most_on_every_fifth(
    digits: Dataset, make_config: Any
) -> None:
    assembly = assemble(make_config(), digits)
    probes = standard_probes(assembly.model)
    steps = list(train_steps(assembly, digits.train, epoch=1, seed=0, batch_size=100, probes=probes))
    assert [step.step for step in steps if step.probes] == [1, 6, 11, 12]
    assert default_probe_interval(600) == 60
    assert not any(module._forward_hooks for module in assembly.model.modules())


def test_the_update_ratio_is_that_of_the_weights_before_and_after(digits: Dataset, make_config: Any) -> None:
    assembly = assemble(make_config(), digits)
    before = {name: weight.detach().clone() for name, weight in assembly.model.named_parameters()}
    probe = UpdateRatio(assembly.model)
    step = next(train_steps(assembly, digits.train, epoch=1, seed=0, batch_size=100, probes=[probe]))
    after = dict(assembly.model.named_parameters())
    ratios = step.probes["update_ratios"]
    assert len(ratios) == 2
    for name, ratio in ratios.items():
        expected = (after[name].detach() - before[name]).norm() / before[name].norm()
        assert ratio == pytest.approx(float(expected), rel=1e-5)


def test_the_update_ratio_of_plain_sgd_is_known_on_paper() -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, 2.0)
    probe = UpdateRatio(layer)
    probe.before_step()
    with torch.no_grad():
        layer.weight.sub_(0.02)
    assert probe.after_step()["weight"] == pytest.approx(0.01)


def test_weight_norms_are_those_after_the_step(digits: Dataset, make_config: Any) -> None:
    assembly = assemble(make_config(), digits)
    probe = WeightNorms(assembly.model)
    step = next(train_steps(assembly, digits.train, epoch=1, seed=0, batch_size=100, probes=[probe]))
    norms = step.probes["weight_norms"]
    weights = {n: w.detach() for n, w in assembly.model.named_parameters() if w.ndim == 2}
    assert norms == pytest.approx({n: float(w.square().sum().sqrt()) for n, w in weights.items()})


def test_a_network_without_matrices_has_no_weight_norms() -> None:
    assert WeightNorms(nn.BatchNorm1d(2)).after_step() == {}


def test_a_matrix_of_zeros_has_no_ratio() -> None:
    layer = nn.Linear(2, 2, bias=False)
    nn.init.zeros_(layer.weight)
    probe = UpdateRatio(layer)
    probe.before_step()
    assert probe.after_step() == {}


def test_the_gradient_norm_is_that_of_all_gradients_together() -> None:
    layer = nn.Linear(2, 1)
    layer.weight.grad = torch.tensor([[3.0, 0.0]])
    layer.bias.grad = torch.tensor([4.0])
    probe = GradientNorm(layer)
    probe.before_step()
    assert probe.after_step() == pytest.approx(5.0)


def test_dead_units_and_moments_of_a_known_layer() -> None:
    relu = nn.ReLU(inplace=True)
    model = nn.Sequential(relu)
    probe = Activations(model)
    probe.attach()
    model(torch.tensor([[-1.0, 2.0, 0.0, 1.0], [-1.0, 0.0, -3.0, 5.0]]))
    probe.before_step()
    reading = probe.after_step()["0"]
    assert reading["dead"] == pytest.approx(0.5)
    assert reading["mean"] == pytest.approx(1.0)
    assert reading["std"] == pytest.approx(torch.tensor([0.0, 2, 0, 1, 0, 0, 0, 5]).std(correction=0).item())


def test_a_layer_called_twice_reads_twice() -> None:
    relu = nn.ReLU()

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = relu

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.relu(self.relu(x) - 1))

    model = Twice()
    probe = Activations(model)
    probe.attach()
    model(torch.ones(2, 3))
    probe.before_step()
    reading = probe.after_step()
    assert {name: value["dead"] for name, value in reading.items()} == {"relu": 0.0, "relu (call 2)": 1.0}


def test_a_unit_of_an_image_layer_is_a_channel() -> None:
    values = torch.zeros(2, 3, 4, 4)
    values[0, 1, 2, 2] = 1
    assert fired(values).tolist() == [[False, True, False], [False, False, False]]
    assert fired(torch.zeros(2, 5, 7)).shape == (2, 7)


def test_units_with_a_bias_far_below_zero_are_dead(digits: Dataset, make_config: Any) -> None:
    model = assemble(make_config(model={"name": "mlp", "args": {"hidden": [8]}}), digits).model
    assert dead_units(model, digits.train) == {"activation1": 0.0}
    with torch.no_grad():
        dict(model.named_parameters())["hidden1.bias"][:6] = -1e4
    assert dead_units(model, digits.train) == {"activation1": 0.75}
    assert dead_units(model, digits.train, samples=10) == {"activation1": 0.75}


def test_a_unit_that_serves_one_class_is_alive_although_the_split_is_stored_class_by_class() -> None:
    linear = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        linear.weight.copy_(torch.eye(2))
    x = torch.tensor([[1.0, -1.0]]).repeat(2000, 1)
    x[1000:] *= -1
    model = nn.Sequential(linear, nn.ReLU())
    assert dead_units(model, ArraySplit(x, torch.zeros(2000)), samples=1000) == {"1": 0.0}
