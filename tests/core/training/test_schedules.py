"""Schedules against values known by hand, epoch by epoch and step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter

from nnbabysit.core.config.schema import schedule as settings_of
from nnbabysit.core.training.setup.schedules import Schedule

SCHEDULES: TypeAdapter[Any] = TypeAdapter(settings_of.Schedule)


def _optimizer(lr: float = 1.0) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)


def _schedule(
    document: dict[str, Any], optimizer: torch.optim.Optimizer, epochs: int, steps: int
) -> Schedule:
    return Schedule(SCHEDULES.validate_python(document), optimizer, epochs=epochs, steps=steps)


def _lr(optimizer: torch.optim.Optimizer) -> float:
    return float(optimizer.param_groups[0]["lr"])


def _walk(
    document: dict[str, Any], *, epochs: int = 5, steps: int = 3, losses: Sequence[float] = ()
) -> list[float]:
    """Learning rate of every step."""
    optimizer = _optimizer()
    schedule = _schedule(document, optimizer, epochs, steps)
    seen = []
    for epoch in range(epochs):
        for _ in range(steps):
            seen.append(_lr(optimizer))
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch(losses[epoch] if losses else 1.0)
    return seen


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"name": "constant"}, [1.0, 1.0, 1.0, 1.0, 1.0]),
        ({"name": "step", "every": 2, "factor": 0.5}, [1.0, 1.0, 0.5, 0.5, 0.25]),
        ({"name": "multistep", "milestones": [1, 4], "factor": 0.1}, [1.0, 0.1, 0.1, 0.1, 0.01]),
        ({"name": "exponential", "factor": 0.9}, [1.0, 0.9, 0.81, 0.729, 0.6561]),
        ({"name": "inverse_time", "k": 1.0}, [1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        ({"name": "cosine", "final": 0.2}, [1.0, 0.88284, 0.6, 0.31716, 0.2]),
        ({"name": "warm_restarts", "period": 2}, [1.0, 0.5, 1.0, 0.5, 1.0]),
        ({"name": "warm_restarts", "period": 1, "multiply": 2, "final": 0.5}, [1.0, 1.0, 0.75, 1.0, 0.92678]),
    ],
)
def test_schedules_reach_their_values_epoch_by_epoch(document: dict[str, Any], expected: list[float]) -> None:
    by_step = _walk(document, steps=3)
    assert by_step[::3] == pytest.approx(expected, rel=1e-4)
    assert by_step[2::3] == by_step[::3], "within an epoch it does not move"


def test_a_cosine_of_one_epoch_keeps_the_learning_rate() -> None:
    assert _walk({"name": "cosine"}, epochs=1, steps=1) == [1.0]


def test_plateau_drops_when_the_validation_loss_stands_still() -> None:
    losses = [1.0, 0.9, 0.9, 0.9, 0.9, 0.5]
    seen = _walk({"name": "plateau", "patience": 1, "factor": 0.1}, epochs=6, steps=1, losses=losses)
    # epochs 3 and 4 bring nothing: one is waited for, after the second it drops
    assert seen == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.1, 0.1])


def test_plateau_survives_a_loss_that_is_no_number() -> None:
    seen = _walk({"name": "plateau", "patience": 0}, epochs=3, steps=1, losses=[1.0, math.nan, 1.0])
    assert seen == pytest.approx([1.0, 1.0, 0.1])


def test_one_cycle_rises_to_the_peak_and_falls_to_its_end_step_by_step() -> None:
    document = {"name": "one_cycle", "rise": 0.3, "start": 0.1, "final": 0.01}
    seen = _walk(document, epochs=10, steps=2)
    peak = 0.3 * 20 - 1
    assert seen[0] == pytest.approx(0.1)
    assert seen.index(max(seen)) == peak
    assert max(seen) == pytest.approx(1.0)
    assert seen[-1] == pytest.approx(0.01)
    middle = 0.1 + 0.9 * (1 - math.cos(math.pi * 2 / peak)) / 2
    assert seen[2] == pytest.approx(middle)


@pytest.mark.parametrize(("rise", "epochs"), [(0.1, 10), (0.5, 2), (0.25, 4), (0.3, 1)])
def test_one_cycle_that_rises_for_one_step_or_less_begins_near_its_peak(rise: float, epochs: int) -> None:
    seen = _walk({"name": "one_cycle", "rise": rise, "final": 0.01}, epochs=epochs, steps=1)
    assert seen[0] == pytest.approx(1.0)
    assert seen[1:] == sorted(seen[1:], reverse=True)
    assert seen[-1] == pytest.approx(0.01 if epochs > 1 else 1.0)


@pytest.mark.parametrize("name", ["constant", "exponential", "cosine", "warm_restarts", "plateau"])
def test_warm_up_is_a_straight_line_in_front_of_any(name: str) -> None:
    seen = _walk({"name": name, "warmup": 2}, epochs=6, steps=3)
    assert seen[:7] == pytest.approx([1 / 7, 2 / 7, 3 / 7, 4 / 7, 5 / 7, 6 / 7, 1.0])
    alone = _walk({"name": name}, epochs=4, steps=3)
    assert seen[6:] == pytest.approx(alone)


def test_warm_up_ends_at_the_start_of_one_cycle() -> None:
    document = {"name": "one_cycle", "start": 0.1}
    seen = _walk({**document, "warmup": 1}, epochs=3, steps=4)
    assert seen[:5] == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1])
    assert seen[4:] == pytest.approx(_walk(document, epochs=2, steps=4))


def test_warm_up_longer_than_the_run_only_rises() -> None:
    assert _walk({"name": "cosine", "warmup": 9}, epochs=1, steps=2) == pytest.approx([1 / 19, 2 / 19])


@pytest.mark.parametrize("name", [name for name in SCHEDULES.json_schema()["discriminator"]["mapping"]])
@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_a_restored_schedule_goes_on_bit_for_bit(name: str, cut: int) -> None:
    document = {"name": name, "warmup": 2, **({"patience": 0} if name == "plateau" else {})}
    if name == "multistep":
        document["milestones"] = [1, 2]
    whole = _walk(document, epochs=6, steps=3)

    optimizer = _optimizer()
    schedule = _schedule(document, optimizer, 6, 3)
    _train(schedule, optimizer, cut)
    states = optimizer.state_dict(), schedule.state_dict()
    optimizer = _optimizer()
    schedule = _schedule(document, optimizer, 6, 3)
    optimizer.load_state_dict(states[0])
    schedule.load_state_dict(states[1])
    assert _train(schedule, optimizer, 6 - cut) == whole[3 * cut :]


def _train(schedule: Schedule, optimizer: torch.optim.Optimizer, epochs: int) -> list[float]:
    seen = []
    for _ in range(epochs):
        for _ in range(3):
            seen.append(_lr(optimizer))
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch(1.0)
    return seen


def test_each_parameter_group_keeps_its_own_learning_rate() -> None:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (1.0, 0.1)]
    optimizer = torch.optim.SGD(groups)
    schedule = _schedule({"name": "one_cycle", "start": 0.5, "warmup": 1}, optimizer, 3, 2)
    for _ in range(2):
        optimizer.step()
        schedule.after_step()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.5, 0.05])


@pytest.mark.parametrize(
    "document",
    [
        {"name": "cosine", "final": 0.2},
        {"name": "cosine", "final": 0.2, "warmup": 1},
        {"name": "warm_restarts", "period": 2, "final": 0.5},
        {"name": "warm_restarts", "period": 1, "multiply": 2, "final": 0.5},
        {"name": "exponential", "factor": 0.9},
        {"name": "one_cycle"},
    ],
)
def test_a_group_with_a_tenth_of_the_rate_keeps_a_tenth_of_it(document: dict[str, Any]) -> None:
    """The slow twin is the schedule of one group alone, which torch's own scheduler makes."""
    optimizer = _optimizer()
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.1})
    schedule = _schedule(document, optimizer, epochs=5, steps=3)
    seen = []
    for _ in range(5):
        for _ in range(3):
            seen.append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch(1.0)
    expected = _walk(document)
    assert [first for first, _ in seen] == pytest.approx(expected)
    assert [second for _, second in seen] == pytest.approx([lr / 10 for lr in expected])
