"""Optimisers against their formulas, schedules against their values."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from nnbabysit.core.config import optimization as settings_of
from nnbabysit.core.training.optimisation import build_optimizer, build_schedule

OPTIMIZERS: TypeAdapter[Any] = TypeAdapter(settings_of.Optimizer)
SCHEDULES: TypeAdapter[Any] = TypeAdapter(settings_of.Schedule)


def _walk(document: dict[str, Any], steps: int = 3) -> Tensor:
    """Minimise x² / 2 from x = 1; the gradient is x."""
    x = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer = build_optimizer(OPTIMIZERS.validate_python(document), [x])
    for _ in range(steps):
        optimizer.zero_grad()
        (x * x / 2).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return x.detach()


def test_sgd_steps_against_the_gradient() -> None:
    assert float(_walk({"name": "sgd", "lr": 0.1})) == pytest.approx(0.9**3)


def test_momentum_follows_the_formula_of_the_notes() -> None:
    x, v = 1.0, 0.0
    for _ in range(3):
        v = 0.9 * v + x
        x -= 0.1 * v
    assert float(_walk({"name": "momentum", "lr": 0.1, "momentum": 0.9})) == pytest.approx(x)


def test_nesterov_looks_ahead() -> None:
    x, v = 1.0, 0.0
    for _ in range(3):
        gradient = x
        v = 0.9 * v + gradient
        x -= 0.1 * (gradient + 0.9 * v)
    assert float(_walk({"name": "nesterov", "lr": 0.1})) == pytest.approx(x)


def test_rmsprop_divides_by_the_running_root_mean_square() -> None:
    x, s = 1.0, 0.0
    for _ in range(3):
        s = 0.99 * s + 0.01 * x * x
        x -= 0.01 * x / (s**0.5 + 1e-7)
    assert float(_walk({"name": "rmsprop", "lr": 0.01, "decay": 0.99})) == pytest.approx(x, rel=1e-5)


def test_the_first_step_of_adam_is_the_learning_rate() -> None:
    assert float(_walk({"name": "adam", "lr": 0.1}, steps=1)) == pytest.approx(0.9, rel=1e-5)


def test_adamw_also_shrinks_the_weight() -> None:
    step = _walk({"name": "adamw", "lr": 0.1, "weight_decay": 0.5}, steps=1)
    assert float(step) == pytest.approx(0.95 - 0.1, rel=1e-5)


def test_frozen_parameters_are_left_out() -> None:
    frozen = torch.nn.Parameter(torch.ones(1), requires_grad=False)
    free = torch.nn.Parameter(torch.ones(1))
    optimizer = build_optimizer(OPTIMIZERS.validate_python({"name": "sgd"}), [frozen, free])
    assert [id(p) for group in optimizer.param_groups for p in group["params"]] == [id(free)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"name": "constant"}, [1.0, 1.0, 1.0, 1.0, 1.0]),
        ({"name": "step", "every": 2, "factor": 0.5}, [1.0, 1.0, 0.5, 0.5, 0.25]),
        ({"name": "exponential", "factor": 0.9}, [1.0, 0.9, 0.81, 0.729, 0.6561]),
        ({"name": "cosine", "final": 0.2}, [1.0, 0.88284, 0.6, 0.31716, 0.2]),
    ],
)
def test_schedules_reach_their_values_epoch_by_epoch(document: dict[str, Any], expected: list[float]) -> None:
    x = torch.nn.Parameter(torch.ones(1))
    optimizer = build_optimizer(OPTIMIZERS.validate_python({"name": "sgd", "lr": 1.0}), [x])
    schedule = build_schedule(SCHEDULES.validate_python(document), optimizer, epochs=5)
    seen = []
    for _ in range(5):
        seen.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    assert seen == pytest.approx(expected, rel=1e-4)


def test_a_cosine_of_one_epoch_keeps_the_learning_rate() -> None:
    optimizer = build_optimizer(
        OPTIMIZERS.validate_python({"name": "sgd", "lr": 1.0}), [torch.nn.Parameter(torch.ones(1))]
    )
    build_schedule(SCHEDULES.validate_python({"name": "cosine"}), optimizer, epochs=1)
    assert optimizer.param_groups[0]["lr"] == 1.0
