"""Making a run directory: named, exclusive, and whole or not at all."""

from __future__ import annotations

import os
import resource
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from nnbabysit.core.errors import DiskError, RunError, UserError
from nnbabysit.core.record import directory, names
from nnbabysit.core.record import run as run_module
from nnbabysit.core.record.run import Run, read_config_yaml, read_meta

NOW = datetime(2026, 11, 20, 14, 3, 21, tzinfo=UTC)


def make(root: Path, name: str | None = "brave-otter", command: str = "train") -> Run:
    return Run.create(
        root=root, command=command, config_yaml="seed: 0\n", name=name, now=NOW, folder=root.parent
    )


def test_a_run_directory_is_named_by_minute_words_and_command(tmp_path: Path) -> None:
    with make(tmp_path / "runs") as run:
        assert run.path == tmp_path / "runs" / "2026-11-20_1403_brave-otter_train"
        assert sorted(entry.name for entry in run.path.iterdir()) == [
            ".lock",
            ".lock.holder",
            "config.yaml",
            "meta.json",
        ]
        assert read_config_yaml(run.path) == "seed: 0\n"


def test_the_start_is_in_utc_whatever_the_time_zone(tmp_path: Path) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-9)))
    with Run.create(root=tmp_path, command="data", config_yaml="", words="calm-owl", now=there) as run:
        assert run.path.name == "2026-11-20_1403_calm-owl_data"
        assert read_meta(run.path)["start"] == "2026-11-20T14:03:21.000Z"


def test_without_a_name_other_words_are_tried_until_one_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = iter(["calm-owl", "calm-owl", "keen-newt"])
    monkeypatch.setattr(names, "two_words", lambda: next(words))
    with make(tmp_path, None) as first, make(tmp_path, None) as second:
        assert "calm-owl" in first.path.name
        assert "keen-newt" in second.path.name


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    with make(tmp_path) as first, make(tmp_path) as second, make(tmp_path) as third:
        parts = [run.path.name.split("_")[2] for run in (first, second, third)]
    assert parts == ["brave-otter", "brave-otter-2", "brave-otter-3"]


def test_a_name_that_leaves_the_folder_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot name a run"):
        make(tmp_path / "runs", "../../x")
    assert list(tmp_path.iterdir()) == []


def test_latest_points_to_the_newest(tmp_path: Path) -> None:
    with make(tmp_path, "one"), make(tmp_path, "two") as second:
        assert (tmp_path / "latest").is_symlink()
        assert (tmp_path / "latest").resolve() == second.path
        assert sorted(entry.name for entry in tmp_path.iterdir())[-1] == "latest"


def test_a_file_system_without_links_does_without_latest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **settings: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with make(tmp_path) as run:
        assert [entry.name for entry in tmp_path.iterdir()] == [run.path.name]


def test_a_file_of_the_users_called_latest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "latest").write_text("mine")
    with make(tmp_path):
        assert (tmp_path / "latest").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_one_sentence_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: int = 0o777) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refuse)
    root = tmp_path / "runs"
    with pytest.raises(RunError) as caught:
        make(root)
    remedy = "See that you may write there, or choose another folder with --runs-dir or --output"
    assert str(caught.value) == f"{root}: cannot be written: Permission denied. {remedy}"


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunError, match="this is a file"):
        make(tmp_path / "runs")
    with pytest.raises(RunError, match="Not a directory"):
        make(tmp_path / "runs" / "deeper")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        with pytest.raises(DiskError):
            make(tmp_path / "deep" / "runs")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_half_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(folder: Path) -> None:
        raise KeyboardInterrupt

    with make(tmp_path, "earlier") as earlier:
        monkeypatch.setattr(run_module, "git_state", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, "later")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [earlier.path.name, "latest"]
    assert (tmp_path / "latest").resolve() == earlier.path


def test_a_hundred_runs_of_a_name_in_one_minute_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_ATTEMPTS", 1)
    with make(tmp_path), pytest.raises(RunError, match="1 runs of this name"):
        make(tmp_path)
