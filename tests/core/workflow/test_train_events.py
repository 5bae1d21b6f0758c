"""Events of a training: how long the rest takes, by a clock set by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.loop.records import StepRecord
from nnbabysit.core.workflow.gates.train.events import TrainEvents


@dataclass
class Clock:
    """Seconds that a test sets."""

    now: float = 0.0
    told: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


def step(number: int) -> StepRecord:
    nothing = torch.zeros(())
    return StepRecord(
        step=number, epoch=1, loss=nothing, logits=nothing, y=nothing, lr=0.1, samples=64, last_in_epoch=False
    )


@pytest.mark.parametrize(("start_epoch", "number"), [(1, 30), (3, 230)])
def test_the_time_left_is_that_of_the_steps_left_at_the_pace_of_this_session(
    tmp_path: Path, start_epoch: int, number: int
) -> None:
    clock = Clock()

    def listen(event: Any) -> None:
        if event.kind == "progress":
            clock.told.append(event.fields)

    listener: Callable[[Any], None] = listen
    config = load_config("digits", ["training.epochs=5"], cwd=tmp_path).config
    run = Run.create(root=tmp_path, command="train", config_yaml="{}\n", listeners=(listener,))
    events = TrainEvents(run, config, steps_per_epoch=100, start_epoch=start_epoch, clock=clock)
    clock.now = 6.0  # 30 steps in 6 seconds: 5 a second
    events.step(step(number))
    run.close(0)
    assert clock.told[0]["eta"] == pytest.approx((500 - number) / 5)
    assert clock.told[0]["samples_per_second"] == pytest.approx(64 / 6)
