"""Removing runs: whole, never while they run, and nothing but runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.lock import RunLock
from nnbabysit.core.record.removal import DOOMED, check_removable, remove

MakeRun = Callable[..., Path]


def test_a_run_goes_and_latest_points_to_the_newest_that_is_left(tmp_path: Path, make_run: MakeRun) -> None:
    old, new = make_run(tmp_path, 0), make_run(tmp_path, 1)
    latest = tmp_path / "latest"
    latest.symlink_to(new.name)
    remove(new)
    assert latest.resolve() == old
    remove(old)
    assert list(tmp_path.iterdir()) == []


def test_links_in_a_run_are_not_followed(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path / "runs")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.txt").touch()
    (path / "plots").symlink_to(outside, target_is_directory=True)
    remove(path)
    assert not path.exists()
    assert (outside / "precious.txt").exists()


def test_a_run_in_use_is_refused(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path)
    lock = RunLock(path)
    lock.acquire("now")
    try:
        with pytest.raises(RunError, match="this run is in use"):
            remove(path)
    finally:
        lock.release()
    assert (path / "meta.json").exists()
    remove(path)
    assert not path.exists()


def test_what_is_no_run_stays(tmp_path: Path, make_run: MakeRun) -> None:
    run = make_run(tmp_path, 0)
    link = tmp_path / "link"
    link.symlink_to(run.name)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "meta.json").write_text(json.dumps({"schema_version": 1}), encoding="utf-8")
    (foreign / "config.yaml").touch()
    bare = make_run(tmp_path, 1)
    (bare / "config.yaml").unlink()
    newer = make_run(tmp_path, 2, schema_version=3)
    for path in (link, foreign, bare, newer, tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RunError):
            check_removable(path)
        with pytest.raises(RunError):
            remove(path)
    assert {path.name for path in tmp_path.iterdir()} == {
        run.name,
        "link",
        "foreign",
        bare.name,
        newer.name,
    }


def test_an_interrupted_removal_is_finished_by_the_next(tmp_path: Path, make_run: MakeRun) -> None:
    one, two = make_run(tmp_path, 0), make_run(tmp_path, 1)
    one.rename(tmp_path / f"{DOOMED}{one.name}")
    remove(two)
    assert list(tmp_path.iterdir()) == []
