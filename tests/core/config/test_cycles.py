"""Cycles: the epochs that end them are those after which the learning rate starts again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.cycles import cycle_ends
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.training.setup.schedules import Schedule


def config_of(epochs: int, snapshots: bool = True, **schedule: Any) -> Config:
    return Config.model_validate(
        {
            "schedule": {"name": "warm_restarts", **schedule},
            "training": {"epochs": epochs, "snapshots": snapshots},
        }
    )


@pytest.mark.parametrize(
    ("epochs", "schedule", "ends"),
    [
        (12, {"period": 4}, (4, 8, 12)),
        (11, {"period": 4}, (4, 8)),
        (20, {"period": 2, "multiply": 2}, (2, 6, 14)),
        (12, {"period": 4, "warmup": 2}, (6, 10)),
        (3, {"period": 1}, (1, 2, 3)),
        (3, {"period": 4}, ()),
    ],
)
def test_the_learning_rate_starts_again_after_each_end(
    epochs: int, schedule: dict[str, Any], ends: tuple[int, ...]
) -> None:
    config = config_of(epochs, **schedule)
    assert cycle_ends(config) == ends
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    plan = Schedule(config.schedule, optimizer, epochs, 1)
    started = []
    for epoch in range(1, epochs + 1):
        optimizer.step()
        plan.after_step()
        plan.after_epoch(0.0)
        if optimizer.param_groups[0]["lr"] == 1.0 and epoch > config.schedule.warmup:
            started.append(epoch)
    assert tuple(started) == ends


def test_without_snapshots_no_epoch_counts() -> None:
    assert cycle_ends(config_of(12, snapshots=False, period=4)) == ()


def mistakes(folder: Path, text: str, *overrides: str) -> list[str]:
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    try:
        load_config("own.yaml", overrides, cwd=folder)
    except ConfigError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def test_another_schedule_is_refused_at_its_line(tmp_path: Path) -> None:
    text = "training: {snapshots: true}\nschedule:\n  name: cosine\n"
    (found,) = mistakes(tmp_path, text)
    assert found.startswith("own.yaml:3:3")
    assert "cosine has no cycles" in found
    assert "set schedule.name to warm_restarts" in found
    (found,) = mistakes(tmp_path, "training: {snapshots: true}\n")
    assert found.startswith("own.yaml:1:12")
    assert "constant has no cycles" in found


def test_a_run_that_ends_before_its_first_cycle_is_refused(tmp_path: Path) -> None:
    text = "training: {snapshots: true, epochs: 6}\nschedule: {name: warm_restarts, warmup: 2}\n"
    (found,) = mistakes(tmp_path, text)
    assert "ends after epoch 7, the run after 6" in found
    assert mistakes(tmp_path, text, "training.epochs=7") == []
    assert mistakes(tmp_path, text, "training.snapshots=false") == []


def test_other_mistakes_are_told_once(tmp_path: Path) -> None:
    text = "training: {snapshots: true, epochs: many}\nschedule: {name: warm_restarts}\n"
    (found,) = mistakes(tmp_path, text)
    assert "training.epochs" in found
