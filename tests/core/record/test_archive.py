"""Finding runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run import Run, find_runs, read_config_yaml, read_meta, status


def make(root: Path, name: str, command: str, second: int) -> Path:
    now = datetime(2026, 11, 20, 14, 3, second, tzinfo=UTC)
    with Run.create(root=root, command=command, config_yaml="", name=name, now=now) as run:
        return run.path


def test_runs_are_found_newest_first_also_within_a_minute(tmp_path: Path) -> None:
    second = make(tmp_path, "a", "train", 20)
    first = make(tmp_path, "b", "search --coarse", 10)
    third = make(tmp_path, "c_train", "search --coarse", 30)
    assert find_runs(tmp_path) == [third, second, first]
    assert find_runs(tmp_path, command="search --coarse") == [third, first]
    assert find_runs(tmp_path, command="train") == [second]


def test_other_things_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    path = make(tmp_path, "a", "train", 0)
    (tmp_path / "README.md").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "meta.json").write_text("{")
    assert find_runs(tmp_path) == [path]


def test_a_missing_folder_has_no_runs(tmp_path: Path) -> None:
    assert find_runs(tmp_path / "nowhere") == []


def test_reading_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="this is no run directory"):
        read_config_yaml(tmp_path)
    with pytest.raises(RunError, match="there is no such run"):
        status(tmp_path / "nowhere")


def test_a_foreign_meta_json_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(RunError, match=r"meta\.json is damaged or not ours: it has no schema_version"):
        read_meta(tmp_path)
