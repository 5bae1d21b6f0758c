"""``report`` as a real process: where pages are written, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Shell

Write = Callable[[str, str], Path]


@pytest.fixture
def runs(shell: Shell, write: Write, points: Callable[..., Path], small: str, tmp_path: Path) -> Path:
    """Two trainings and a sanity check."""
    points(0, 1)
    write("small.yaml", small)
    for name, arguments in (("one", ["train"]), ("two", ["train", "--seed", "1"]), ("three", ["sanity"])):
        done = shell(arguments[0], "small.yaml", *arguments[1:], "--name", name)
        assert done.returncode in (0, 3), done.stderr
    return tmp_path / "runs"


def test_every_command_leaves_a_report_and_report_writes_it_anew(shell: Shell, runs: Path) -> None:
    pages = sorted(runs.glob("*/report.html"))
    assert len([page for page in pages if page.parent.name != "latest"]) == 3
    page = next(page for page in pages if "one_train" in str(page))
    before = page.read_bytes()
    page.unlink()
    done = shell("report", "one_train")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"runs/{page.parent.name}/report.html\n"
    assert page.read_text().count("<h1>") == 1
    assert len(page.read_bytes()) == pytest.approx(len(before), abs=200)


def test_several_runs_side_by_side_in_the_current_folder(shell: Shell, runs: Path) -> None:
    done = shell("report", "one_train", "two_train", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["run_dir"]) == (0, "pass", None)
    assert document["page"] == str(runs.parent / "report.html")
    assert len(document["runs"]) == 2
    assert "2 runs side by side" in (runs.parent / "report.html").read_text()


def test_bad_input_is_told_in_one_sentence_with_exit_code_2(shell: Shell, runs: Path, write: Write) -> None:
    mine = write("mine.html", "<p>mine</p>")
    for arguments, words in (
        (["nowhere"], "there is no run nowhere"),
        (["."], "this is no run directory: it has no meta.json"),
        (["one_train", "three_sanity"], "nothing in common"),
        (["one_train", "--output", "mine.html"], "this file is not a report and is not overwritten"),
        (["one_train", "--output", "no/such/page.html"], "cannot be written"),
    ):
        done = shell("report", *arguments)
        assert done.returncode == 2, done
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    assert mine.read_text() == "<p>mine</p>"
