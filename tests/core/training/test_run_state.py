"""Progress: what a checkpoint may be continued with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import RunError
from nnbabysit.core.training.checkpoints import load_checkpoint, save_checkpoint
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.run_state import Progress, load_progress, save_progress
from nnbabysit.core.training.setup.setup import assemble


def continued(path: Path, digits: Dataset, before: Any, now: Any) -> Progress:
    assembly, progress = assemble(before, digits), Progress()
    for record in train_epochs(assembly, digits, before):
        progress.add(record)
    save_progress(path, progress, assembly, before)
    return load_progress(path, assemble(now, digits), now)


@pytest.mark.parametrize("schedule", [{"name": "constant"}, {"name": "exponential", "factor": 0.9}])
def test_a_run_may_go_on_for_more_epochs(
    tmp_path: Path, digits: Dataset, make_config: Any, schedule: dict[str, Any]
) -> None:
    short, long = (make_config(schedule=schedule, training={"epochs": n, "batch_size": 500}) for n in (1, 3))
    assert continued(tmp_path / "last.pt", digits, short, long).epoch == 1


@pytest.mark.parametrize("name", ["cosine", "one_cycle"])
def test_a_schedule_with_an_end_may_not_since_it_would_climb_again(
    tmp_path: Path, digits: Dataset, make_config: Any, name: str
) -> None:
    schedule = {"name": name}
    short, long = (make_config(schedule=schedule, training={"epochs": n, "batch_size": 500}) for n in (1, 3))
    with pytest.raises(RunError, match=r"training\.epochs was 1 and is 3"):
        continued(tmp_path / "last.pt", digits, short, long)


def test_a_checkpoint_from_before_a_setting_was_added_goes_on(
    tmp_path: Path, digits: Dataset, make_config: Any
) -> None:
    config, path = make_config(training={"epochs": 1, "batch_size": 500}), tmp_path / "last.pt"
    assembly, progress = assemble(config, digits), Progress()
    for record in train_epochs(assembly, digits, config):
        progress.add(record)
    save_progress(path, progress, assembly, config)
    document = load_checkpoint(path, assembly.device)
    del document["settings"]["data.workers"]
    save_checkpoint(path, document)
    assert load_progress(path, assemble(config, digits), config).epoch == 1
    changed = make_config(data={"source": "digits", "test": 0.2, "workers": 2})
    with pytest.raises(RunError, match=r"data\.workers was 0 and is 2"):
        load_progress(path, assemble(config, digits), changed)
