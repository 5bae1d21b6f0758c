"""A fine search finds the coarse one it continues, and takes no other for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.store import lineage

START = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)


def digits(*overrides: str) -> Config:
    return load_config("digits", overrides, cwd=Path.cwd()).config


def searched(
    root: Path, config: Config, minute: int, *, stage: str = "coarse", finished: bool = True
) -> Path:
    now = START + timedelta(minutes=minute)
    with Run.create(root=root, command=f"search-{stage}", config_yaml=to_yaml(config), now=now) as run:
        note = lineage.note(
            config, stage=stage, study=run.path.name, source=None, grid=False, finished=finished
        )
        run.update_meta(**{lineage.KEY: note})
        return run.path


def test_the_newest_finished_coarse_search_of_this_config_is_found(tmp_path: Path) -> None:
    config = digits()
    searched(tmp_path, config, 0)
    newest = searched(tmp_path, config, 1)
    searched(tmp_path, config, 2, finished=False)
    searched(tmp_path, config, 3, stage="fine")
    searched(tmp_path, digits("name=other"), 4)
    searched(tmp_path, digits("model.args.hidden=[7]"), 5)
    with Run.create(root=tmp_path, command="train", config_yaml=to_yaml(config)):
        pass
    assert lineage.find_coarse(tmp_path, config) == newest


def test_without_any_the_way_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no coarse search of digits to start from") as raised:
        lineage.find_coarse(tmp_path, digits())
    assert "nnbabysit search --coarse" in raised.value.remedy


def test_one_over_other_data_is_refused_and_said(tmp_path: Path) -> None:
    searched(tmp_path, digits("data.validation=0.3"), 0)
    with pytest.raises(RunError, match="over this data, model and space"):
        lineage.find_coarse(tmp_path, digits())


@pytest.mark.parametrize(
    ("override", "matters"),
    [
        ("optimizer.lr=0.5", False),  # the space replaces it
        ("seed=7", False),
        ("search.coarse.trials=3", False),
        ("search.fine.keep=0.5", False),
        ("optimizer.momentum=0.5", True),
        ("training.batch_size=32", True),
        ("loss=hinge", True),
        ("search.coarse.space={optimizer.lr: {uniform: [0.1, 0.2]}}", True),
    ],
)
def test_the_fingerprint_changes_with_what_the_outcome_depends_on(override: str, matters: bool) -> None:
    assert (lineage.fingerprint(digits(override)) != lineage.fingerprint(digits())) == matters


def test_a_run_that_is_no_finished_search_is_refused(tmp_path: Path) -> None:
    unfinished = searched(tmp_path, digits(), 0, finished=False)
    with Run.create(root=tmp_path, command="train", config_yaml="name: x") as train:
        pass
    with pytest.raises(RunError, match="has not finished"):
        lineage.read_note(unfinished)
    with pytest.raises(RunError, match="not a search"):
        lineage.read_note(train.path)
