"""Wiring checks on networks whose answers are known on paper."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.optimizer import SGD
from nnbabysit.core.config.schema.root import Regularization
from nnbabysit.core.config.schema.schedule import Constant
from nnbabysit.core.training.probes.wiring import batch_dependence, first_steps
from nnbabysit.core.training.setup.clipping import Limits
from nnbabysit.core.training.setup.losses import build_objective
from nnbabysit.core.training.setup.optimizers import build_optimizer
from nnbabysit.core.training.setup.penalties import Penalty
from nnbabysit.core.training.setup.schedules import Schedule
from nnbabysit.core.training.setup.setup import Assembly


def assembly_of(model: nn.Module) -> Assembly:
    optimizer = build_optimizer(SGD(name="sgd", lr=0.1), model.parameters())
    return Assembly(
        model=model,
        objective=build_objective("cross_entropy", "classification"),
        optimizer=optimizer,
        schedule=Schedule(Constant(), optimizer, epochs=1, steps=1),
        penalty=Penalty(0.0, 0.0, []),
        limits=Limits(Regularization(), model),
        device=torch.device("cpu"),
    )


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(16, 4, generator=generator), torch.arange(16) % 3


class Detached(nn.Module):
    """The first layer is cut off from the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(x).detach())
        return logits


class Mixing(nn.Module):
    """Subtracts the mean over the batch, as a transposed dimension would."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(x - x.mean(0))
        return logits


def test_every_parameter_of_a_sound_network_gets_a_gradient_and_moves() -> None:
    motions = first_steps(assembly_of(nn.Linear(4, 3)), *batch())
    assert set(motions) == {"weight", "bias"}
    assert all(m.gradient is not None and m.gradient > 0 and m.change > 0 for m in motions.values())


def test_the_gradient_norm_of_one_step_is_that_of_plain_autograd() -> None:
    model = nn.Linear(4, 3)
    x, y = batch()
    nn.functional.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
    assert model.weight.grad is not None
    expected = float(model.weight.grad.norm())
    assert first_steps(assembly_of(model), x, y, steps=1)["weight"].gradient == pytest.approx(expected)


def test_a_detached_layer_gets_no_gradient_and_does_not_move() -> None:
    motions = first_steps(assembly_of(Detached()), *batch())
    assert motions["body.weight"].gradient is None
    assert motions["body.weight"].change == 0
    assert motions["head.weight"].change > 0


def test_a_layer_behind_a_head_of_zeros_moves_after_the_first_step() -> None:
    head = nn.Linear(8, 3)
    nn.init.zeros_(head.weight)
    model = nn.Sequential(nn.Linear(4, 8), head)
    x, y = batch()
    assert first_steps(assembly_of(model), x, y, steps=1)["0.weight"].gradient == 0
    assert (first_steps(assembly_of(model), x, y)["0.weight"].gradient or 0) > 0


def test_a_gradient_that_is_not_finite_is_reported_as_such() -> None:
    model = nn.Linear(4, 3)
    x, y = batch()
    x[3, 2] = math.inf
    gradient = first_steps(assembly_of(model), x, y)["weight"].gradient
    assert gradient is not None
    assert not math.isfinite(gradient)


def test_samples_of_a_sound_network_do_not_depend_on_their_neighbors() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    assert batch_dependence(model, batch()[0]) < 1e-5


def test_mixing_over_the_batch_is_seen() -> None:
    assert batch_dependence(Mixing(), batch()[0]) > 0.01


class Summing(nn.Module):
    """Each sample knows those before it in the batch, or those after it."""

    def __init__(self, flipped: bool) -> None:
        super().__init__()
        self.flipped = flipped

    def forward(self, x_BD: Tensor) -> Tensor:
        return x_BD.flip(0).cumsum(0).flip(0) if self.flipped else x_BD.cumsum(0)


@pytest.mark.parametrize("flipped", [False, True])
def test_neighbors_are_seen_on_either_side_of_a_sample(flipped: bool) -> None:
    assert batch_dependence(Summing(flipped), batch()[0]) > 0.01
