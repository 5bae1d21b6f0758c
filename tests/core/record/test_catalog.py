"""Listing runs: the outcome of them, filters, order, and what is no run."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.catalog import (
    Filter,
    check_metrics,
    numeric_metrics,
    read_catalog,
    sorted_runs,
)
from nnbabysit.core.record.label import write_label
from nnbabysit.core.record.lock import RunLock
from nnbabysit.core.record.run_reader import RecordedRun, flattened

MakeRun = Callable[..., Path]


def names(entries: list[RecordedRun]) -> list[str]:
    return [entry.path.name.split("_")[1] for entry in entries]


def test_the_newest_is_first_and_a_missing_folder_has_none(tmp_path: Path, make_run: MakeRun) -> None:
    for number in (1, 0, 2):
        make_run(tmp_path, number)
    assert names(list(read_catalog(tmp_path).runs)) == ["1405", "1404", "1403"]
    assert read_catalog(tmp_path / "nowhere").runs == ()


def test_outcome_is_derived_from_lock_and_exit_code(tmp_path: Path, make_run: MakeRun) -> None:
    cases = {
        "pass": make_run(tmp_path, 0),
        "diverged": make_run(tmp_path, 1, verdict="diverged", exit_code=4),
        "crashed": make_run(tmp_path, 2, verdict=None, exit_code=None),
        "interrupted": make_run(tmp_path, 3, verdict="error", exit_code=130),
        "ended": make_run(tmp_path, 4, verdict=None, exit_code=0),
    }
    assert {expected: RecordedRun(path).outcome for expected, path in cases.items()} == {
        key: key for key in cases
    }
    lock = RunLock(cases["crashed"])
    lock.acquire("now")
    try:
        assert RecordedRun(cases["crashed"]).outcome == "running"
    finally:
        lock.release()
    assert RecordedRun(cases["crashed"]).outcome == "crashed"


def test_the_note_of_a_killed_owner_does_not_make_a_run_running(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path, verdict=None, exit_code=None)
    (path / ".lock.holder").write_text('{"pid": 1}', encoding="utf-8")
    assert RecordedRun(path).status == "crashed"


def test_a_resumed_run_has_no_verdict_before_it_ends(tmp_path: Path, make_run: MakeRun) -> None:
    entry = RecordedRun(make_run(tmp_path, verdict="fail", exit_code=None))
    assert (entry.verdict, entry.outcome) == ("", "crashed")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), ["1406", "1405", "1404", "1403"]),
        (Filter(commands=["search"]), ["1405", "1404"]),
        (Filter(commands=["search-fine", "train"]), ["1406", "1405"]),
        (Filter(commands=["sear"]), []),
        (Filter(verdicts=["fail"]), ["1404"]),
        (Filter(statuses=["crashed"]), ["1403"]),
        (Filter(since=datetime(2026, 11, 20, 14, 5, tzinfo=UTC)), ["1406", "1405"]),
        (Filter(before=datetime(2026, 11, 20, 14, 5, tzinfo=UTC)), ["1404", "1403"]),
        (Filter(label="BASE"), ["1406"]),
        (Filter(verdicts=["pass"], commands=["search"]), ["1405"]),
    ],
)
def test_every_filter_must_let_a_run_pass(
    tmp_path: Path, make_run: MakeRun, wanted: Filter, found: list[str]
) -> None:
    make_run(tmp_path, 0, command="data", verdict=None, exit_code=None)
    make_run(tmp_path, 1, command="search-coarse", verdict="fail", exit_code=3)
    make_run(tmp_path, 2, command="search-fine")
    write_label(make_run(tmp_path, 3), "baseline")
    assert names([entry for entry in read_catalog(tmp_path).runs if wanted.matches(entry)]) == found


def test_the_best_comes_first_and_runs_without_the_metric_last(tmp_path: Path, make_run: MakeRun) -> None:
    make_run(tmp_path, 0, metrics={"best_val_accuracy": 0.9, "best_val_loss": 0.3, "seconds": 5})
    make_run(tmp_path, 1, metrics={"best_val_accuracy": 0.7, "best_val_loss": 0.1})
    make_run(tmp_path, 2, metrics={"best_val_accuracy": "nan", "best_val_loss": 0.2})
    make_run(tmp_path, 3, verdict=None, exit_code=None)
    entries = read_catalog(tmp_path).runs
    assert names(sorted_runs(entries, "best_val_accuracy")) == ["1403", "1404", "1406", "1405"]
    assert names(sorted_runs(entries, "best_val_accuracy", reverse=True)) == ["1404", "1403", "1406", "1405"]
    assert names(sorted_runs(entries, "best_val_loss"))[:3] == ["1404", "1405", "1403"]
    assert names(sorted_runs(entries, "start", reverse=True))[0] == "1403"
    assert names(sorted_runs(entries, "outcome"))[0] == "1406"
    assert names(sorted_runs(entries, "seconds"))[-1] == "1406"
    with pytest.raises(
        RunError, match=r"no run has a metric best_val_acuracy. Did you mean best_val_accuracy"
    ):
        sorted_runs(entries, "best_val_acuracy")
    assert sorted_runs([], "anything") == []


def test_metrics_have_dotted_names_and_records_are_counted(tmp_path: Path, make_run: MakeRun) -> None:
    metrics = {"best": {"value": 0.9, "params": {"optimizer.lr": 0.1}}, "trials": [{}, {}], "stage": "fine"}
    entry = RecordedRun(make_run(tmp_path, metrics=metrics, command="search-fine"))
    assert entry.numbers == {
        "best.value": 0.9,
        "best.params.optimizer.lr": 0.1,
        "trials": 2,
        "stage": "fine",
    }
    assert entry.key_metric == ("best.value", 0.9)
    assert numeric_metrics([entry]) == ["best.params.optimizer.lr", "best.value", "trials"]
    check_metrics(["stage"], [entry])
    with pytest.raises(RunError, match=r"no run has a metric lr. Did you mean best.params.optimizer.lr"):
        check_metrics(["lr"], [entry])
    assert flattened({"a": {}, "b": [1, 2]}) == {"a": {}, "b": [1, 2]}


def test_non_finite_metrics_come_back_as_numbers(tmp_path: Path, make_run: MakeRun) -> None:
    found = RecordedRun(make_run(tmp_path, metrics={"final_loss": "inf"})).key_metric
    assert found is not None
    assert math.isinf(found[1])


def test_what_is_no_run_is_named_and_does_not_hide_the_others(tmp_path: Path, make_run: MakeRun) -> None:
    good = make_run(tmp_path, 0)
    make_run(tmp_path, 1, schema_version=99)
    bad = {
        "foreign": None,
        "torn": "{",
        "a_list": "[]",
        "no_start": json.dumps({"schema_version": 1, "command": "train"}),
        "bad_start": json.dumps({"schema_version": 1, "command": "train", "start": "yesterday"}),
        "endless": json.dumps({"schema_version": "inf", "command": "train"}),
    }
    for name, text in bad.items():
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "meta.json").write_text(text, encoding="utf-8")
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary" / "meta.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "README.md").touch()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "latest").symlink_to(good.name)
    catalog = read_catalog(tmp_path)
    assert [entry.path for entry in catalog.runs] == [good]
    skipped = {Path(error.where).name for error in catalog.skipped}
    assert skipped == {*bad, "binary", "2026-11-20_1404_calm-otter_train"}
    newer = next(error for error in catalog.skipped if "1404" in error.where)
    assert "newer nnbabysit (format 99" in newer.message


def test_damaged_results_and_odd_exit_codes_are_survived(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path, exit_code=[0])
    (path / "result.json").write_text("{", encoding="utf-8")
    (path / "config.yaml").write_bytes(b"\xff")
    entry = RecordedRun(path)
    assert (entry.outcome, entry.numbers, entry.experiment, entry.key_metric) == ("crashed", {}, "", None)
    (path / "config.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(RunError, match=r"config\.yaml is damaged"):
        _ = RecordedRun(path).settings


def test_a_file_is_no_folder_of_runs(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match="this is not a folder"):
        read_catalog(tmp_path / "runs")


def test_listing_imports_nothing_heavy(tmp_path: Path, make_run: MakeRun) -> None:
    make_run(tmp_path)
    script = (
        "import sys; from pathlib import Path\n"
        "from nnbabysit.core.record.catalog import read_catalog\n"
        "entry, = read_catalog(Path(sys.argv[1])).runs\n"
        "assert entry.outcome == 'pass' and entry.experiment == 'digits' and not entry.numbers\n"
        "heavy = {'torch', 'numpy', 'pydantic', 'yaml', 'filelock'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
