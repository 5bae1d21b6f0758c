"""``runs`` as people type it: a real process, real run directories, what is on which stream."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.core.record.lock import RunLock

MakeRun = Callable[..., Path]
Shell = Callable[..., subprocess.CompletedProcess[str]]

FINDING = {
    "id": "CRV001",
    "name": "learning-rate-too-high",
    "severity": "error",
    "symptom": "the cost rose [/red] <b>",
    "evidence": {"ratio": 3.5},
    "cause": "steps too long",
    "remedy": "lower optimizer.lr",
    "patch": {"optimizer.lr": 0.01},
}


@pytest.fixture
def root(tmp_path: Path, make_run: MakeRun) -> Path:
    """Three runs: a search, a failed training, and a training that crashed."""
    root = tmp_path / "runs"
    make_run(root, 0, command="search-coarse", metrics={"best": {"value": 0.8}}, words="calm-otter")
    make_run(
        root,
        1,
        verdict="fail",
        exit_code=3,
        metrics={"best_val_accuracy": 0.5, "best_val_loss": 2.0},
        words="bold-newt",
        findings=[FINDING],
        lr=0.5,
    )
    make_run(root, 2, verdict=None, exit_code=None, words="shy-mole", name="mine", threads=4)
    (root / "latest").symlink_to("2026-11-20_1405_shy-mole_train")
    return root


def test_a_piped_list_has_every_run_in_full_and_the_note_on_stderr(root: Path, shell: Shell) -> None:
    done = shell("runs", "ls", "--sort", "run")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["run", "outcome", "age", "result", "command", "name"] or "age" not in lines[0]
    assert [line[0] for line in lines[1:]] == [
        "2026-11-20_1403_calm-otter_search-coarse",
        "2026-11-20_1404_bold-newt_train",
        "2026-11-20_1405_shy-mole_train",
    ]
    assert [line[1] for line in lines[1:]] == ["pass", "fail", "crashed"]
    assert "val_acc 0.5" in done.stdout
    assert done.stderr.startswith("3 runs")


def test_columns_in_which_all_agree_are_told_once(root: Path, shell: Shell) -> None:
    done = shell("runs", "ls", "--command", "train")
    assert "command" not in done.stdout
    assert "all of them: " in done.stderr
    assert "command train" in done.stderr
    assert "command" in shell("runs", "ls", "--command", "train", "--all").stdout


def test_filters_order_and_metrics(root: Path, shell: Shell) -> None:
    quiet = shell("runs", "ls", "-q", "--command", "train", "--verdict", "fail", "--since", "2026-11-20")
    assert quiet.stdout == "2026-11-20_1404_bold-newt_train\n"
    assert shell("runs", "ls", "-q", "-n", "1").stdout == "2026-11-20_1405_shy-mole_train\n"
    assert shell("runs", "ls", "-q", "--status", "crashed").stdout == "2026-11-20_1405_shy-mole_train\n"
    shown = shell("runs", "ls", "--metric", "best_val_loss", "--sort", "best_val_accuracy").stdout
    assert "best_val_loss  best_val_accuracy" in shown.splitlines()[0]
    assert shown.splitlines()[1].startswith("2026-11-20_1404_bold-newt_train")


def test_json_and_csv_hold_everything(root: Path, shell: Shell) -> None:
    shell("runs", "label", "bold-newt", "=HYPERLINK(1)")
    document = json.loads(shell("runs", "ls", "--json").stdout)
    assert document["command"] == "runs ls"
    assert [run["outcome"] for run in document["runs"]] == ["crashed", "fail", "pass"]
    assert document["runs"][1]["label"] == "=HYPERLINK(1)"
    assert document["runs"][1]["metrics"] == {"best_val_accuracy": 0.5, "best_val_loss": 2.0}
    rows = list(csv.DictReader(io.StringIO(shell("runs", "ls", "--csv").stdout)))
    assert [row["run"].split("_")[2] for row in rows] == ["shy-mole", "bold-newt", "calm-otter"]
    assert rows[1]["label"] == "'=HYPERLINK(1)"
    assert (rows[1]["best_val_loss"], rows[0]["best_val_loss"]) == ("2.0", "")


def test_no_runs_is_no_mistake(tmp_path: Path, shell: Shell) -> None:
    for arguments, words in (
        (["--runs-dir", "nowhere"], "there are no runs in nowhere\n"),
        (["--runs-dir", "."], "there are no runs in .\n"),
    ):
        done = shell("runs", "ls", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", words)
    assert json.loads(shell("runs", "ls", "--json").stdout)["runs"] == []
    assert shell("runs", "ls", "--csv").stdout.startswith("run,command,outcome,")


def test_a_filter_that_nothing_passes_says_so(root: Path, shell: Shell) -> None:
    done = shell("runs", "ls", "--verdict", "diverged")
    assert (done.returncode, done.stdout) == (0, "")
    assert "none of the 3 runs in runs is so" in done.stderr


def test_a_foreign_folder_is_named_and_the_rest_is_listed(root: Path, shell: Shell) -> None:
    (root / "holiday\x1b[31m").mkdir()
    done = shell("runs", "ls", "-q")
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == "skipped runs/holiday: this is no run directory: it has no meta.json\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ls", "--since", "yesterday"], "neither a length of time such as 12h or 2d nor a date"),
        (["ls", "--verdict", "good"], "pass"),
        (["ls", "--sort", "best_val_acuracy"], "no run has a metric best_val_acuracy. Did you mean"),
        (["ls", "--metric", "zzz"], "no run has a metric zzz. Known are best.value"),
        (["ls", "--json", "--csv"], "--json cannot be combined with --csv"),
        (["ls", "--runs-dir", "runs/latest/meta.json"], "this is not a folder"),
        (["show", "nobody"], "there is no run nobody"),
        (["show", "."], "this is no run directory: it has no meta.json"),
        (["show", "a\x00b"[:1] + "/../../etc"], "there is no run"),
        (["compare", "latest"], "two runs or more are needed"),
        (["compare", "latest", "nobody"], "there is no run nobody"),
        (["label", "latest"], "give either TEXT or --remove"),
        (["label", "latest", "a\nb"], "cannot be a label"),
        (["label", "latest", "x", "--remove"], "give either TEXT or --remove"),
        (["rm"], "name the runs, or pick them"),
        (["rm", "latest", "--verdict", "fail"], "name the runs, or pick them"),
        (["rm", "latest"], "nobody can be asked whether to remove this run. Give --yes"),
        (["rm", "--verdict", "fail"], "nobody can be asked"),
        (["rm", "bold-newt", "nobody", "--yes"], "there is no run nobody"),
        (["rm", ".", "--yes"], "this is no run directory"),
    ],
)
def test_bad_input_is_one_sentence_and_removes_nothing(
    root: Path, shell: Shell, arguments: list[str], words: str
) -> None:
    done = shell("runs", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list(root.iterdir())) == 4


def test_show_tells_verdict_findings_changes_and_what_to_type(root: Path, shell: Shell) -> None:
    shell("runs", "label", "bold-newt_train", "too fast")
    done = shell("runs", "show", "bold-newt_train")
    assert done.returncode == 0, done.stderr
    for words in (
        "fail: it ended with fail\n",
        "label too fast\n",
        "train digits, started 2026-11-20 14:04 UTC",
        "took 30s",
        "error     CRV001 learning-rate-too-high\n",
        "the cost rose [/red] <b>",
        "best_val_loss      2.000\n",
        "0.5 (default 0.001)",
        "config.yaml",
        "next  nnbabysit train digits --seed 1\n",
    ):
        assert words in done.stdout
    document = json.loads(shell("runs", "show", "bold-newt", "--json").stdout)
    assert document["run"]["changed"]["optimizer.lr"] == 0.5
    assert document["run"]["findings"] == [FINDING]


def test_a_crashed_training_with_a_checkpoint_can_be_resumed(root: Path, shell: Shell) -> None:
    assert "next" not in shell("runs", "show", "latest").stdout
    checkpoint = root / "latest" / "checkpoints" / "last.pt"
    checkpoint.parent.mkdir()
    checkpoint.touch()
    assert "nnbabysit resume runs/2026-11-20_1405_shy-mole_train\n" in shell("runs", "show", "latest").stdout


def test_compare_shows_only_what_differs(root: Path, shell: Shell) -> None:
    done = shell("runs", "compare", "bold-newt", "shy-mole")
    assert "A  2026-11-20_1404_bold-newt_train\nB  2026-11-20_1405_shy-mole_train\n" in done.stdout
    assert [line.split() for line in done.stdout.splitlines() if "optimizer.lr" in line] == [
        ["optimizer.lr", "0.5", "0.1"]
    ]
    assert "batch_size" not in done.stdout
    assert "batch_size" in shell("runs", "compare", "bold-newt", "shy-mole", "--all").stdout
    rows = list(
        csv.DictReader(io.StringIO(shell("runs", "compare", "bold-newt", "shy-mole", "--csv").stdout))
    )
    assert [row["config.optimizer.lr"] for row in rows] == ["0.5", "0.1"]
    document = json.loads(shell("runs", "compare", "bold-newt", "shy-mole", "--json").stdout)
    assert {"section": "environment", "key": "threads", "values": [1, 4], "differs": True} in document[
        "differences"
    ]


def test_several_runs_of_one_name_are_told_apart(root: Path, make_run: MakeRun, shell: Shell) -> None:
    make_run(root, 9, command="data", words="bold-newt")
    done = shell("runs", "show", "bold-newt")
    assert done.returncode == 2
    assert (
        "several runs are called bold-newt: 2026-11-20_1404_bold-newt_train, 2026-11-20_1412" in done.stderr
    )
    assert shell("runs", "show", "bold-newt_data").returncode == 0


def test_removing_the_latest_lets_latest_point_to_the_next(root: Path, shell: Shell) -> None:
    dry = shell("runs", "rm", "latest", "--dry-run")
    assert (dry.returncode, dry.stdout) == (0, "would remove 1 run\n")
    done = shell("runs", "rm", "latest", "--yes")
    assert (done.returncode, done.stdout) == (0, "removed 1 run\n")
    assert sorted(path.name for path in root.iterdir()) == [
        "2026-11-20_1403_calm-otter_search-coarse",
        "2026-11-20_1404_bold-newt_train",
        "latest",
    ]
    assert (root / "latest").resolve().name == "2026-11-20_1404_bold-newt_train"
    document = json.loads(shell("runs", "rm", "--command", "train", "--yes", "--json").stdout)
    assert [Path(path).name for path in document["removed"]] == ["2026-11-20_1404_bold-newt_train"]


def test_a_running_run_is_refused_by_name_and_passed_by_by_a_filter(root: Path, shell: Shell) -> None:
    lock = RunLock((root / "latest").resolve())
    lock.acquire("now")
    try:
        assert "running" in shell("runs", "ls").stdout
        named = shell("runs", "rm", "bold-newt", "latest", "--yes")
        assert named.returncode == 2
        assert "this run is in use" in named.stderr
        picked = shell("runs", "rm", "--command", "train", "--yes")
        assert picked.stdout == "removed 1 run\n"
        assert "passed by runs/2026-11-20_1405_shy-mole_train: it is running" in picked.stderr
    finally:
        lock.release()
    assert (root / "2026-11-20_1405_shy-mole_train" / "meta.json").exists()


def test_a_link_that_leads_elsewhere_is_not_followed(
    root: Path, tmp_path: Path, make_run: MakeRun, shell: Shell
) -> None:
    other = make_run(tmp_path / "elsewhere", 5)
    (root / "away").symlink_to(other, target_is_directory=True)
    done = shell("runs", "rm", "away", "--yes")
    assert done.returncode == 2
    assert "this link leads to another folder" in done.stderr
    assert other.exists()
    assert shell("runs", "rm", str(other), "--yes").returncode == 0


@pytest.mark.parametrize(("typed", "left"), [("n\n", 4), ("\n", 4), ("y\n", 3)])
def test_at_a_terminal_it_asks_and_only_yes_removes(root: Path, typed: str, left: int) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nnbabysit", "runs", "rm", "bold-newt"],
        cwd=root.parent,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    os.write(master, typed.encode())
    out, _ = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 0
    assert out == (b"removed 1 run\n" if left == 3 else b"removed nothing\n")
    assert len(list(root.iterdir())) == left
