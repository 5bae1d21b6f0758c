"""``runs`` with words that mean nothing, runs that are damaged, and columns that would be called the same."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.cli.run_lookup import find_run
from nnbabysit.core.errors import RunError

MakeRun = Callable[..., Path]
Shell = Callable[..., subprocess.CompletedProcess[str]]

FINDING = {
    "id": "CRV001",
    "name": "learning-rate-too-high",
    "severity": "error",
    "symptom": "the cost rose",
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
    make_run(root, 1, verdict="fail", exit_code=3, words="bold-newt", findings=[FINDING])
    make_run(root, 2, verdict=None, exit_code=None, words="shy-mole")
    (root / "latest").symlink_to("2026-11-20_1405_shy-mole_train")
    return root


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_label_picks_no_runs_to_remove(root: Path, shell: Shell, text: str) -> None:
    done = shell("runs", "rm", "--label", text, "--yes")
    assert done.returncode == 2
    assert "--label needs a text" in done.stderr
    assert len(list(root.glob("2026*"))) == 3


def test_an_empty_word_is_no_run_even_in_a_run_directory(root: Path, shell: Shell) -> None:
    done = shell("runs", "show", "")
    assert done.returncode == 2
    assert "a run has to be named" in done.stderr
    with pytest.raises(RunError):
        find_run("", root / "latest")


def test_a_filter_passes_by_what_cannot_be_removed(root: Path, shell: Shell) -> None:
    (root / "2026-11-20_1404_bold-newt_train" / "config.yaml").unlink()
    done = shell("runs", "rm", "--command", "train", "--yes")
    assert (done.returncode, done.stdout) == (0, "removed 1 run\n")
    assert "passed by runs/2026-11-20_1404_bold-newt_train: this is no run directory" in done.stderr
    assert sorted(path.name for path in root.glob("2026*")) == [
        "2026-11-20_1403_calm-otter_search-coarse",
        "2026-11-20_1404_bold-newt_train",
    ]


def test_quiet_details_are_the_verdict_and_findings_alone(root: Path, shell: Shell) -> None:
    done = shell("runs", "show", "bold-newt", "-q")
    assert done.returncode == 0
    assert done.stdout.startswith("fail")
    assert "CRV001" in done.stdout
    assert not any(word in done.stdout for word in ("metrics", "environment", "files"))


def test_every_column_of_the_csv_has_a_name_of_its_own(root: Path, shell: Shell, make_run: MakeRun) -> None:
    make_run(root, 9, metrics={"seconds": 0.25, "name": 3.0}, words="odd-owl")
    head, first, *_ = csv.reader(io.StringIO(shell("runs", "ls", "--csv", "-n", "1").stdout))
    assert len(set(head)) == len(head)
    row = dict(zip(head, first, strict=True))
    assert (row["metrics.seconds"], row["metrics.name"]) == ("0.25", "3.0")
    assert row["seconds"] != "0.25"


def test_runs_that_do_not_differ_have_no_empty_table(root: Path, shell: Shell) -> None:
    done = shell("runs", "compare", "bold-newt", "bold-newt")
    assert done.returncode == 0
    assert not any(line.split() == ["A", "B"] for line in done.stdout.splitlines())
    assert "no difference" in done.stdout
