"""``log.txt`` of a run: every line once, from the command line and from Python, whatever the outcome."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnbabysit
from nnbabysit.core.record.event_log import from_document
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.report.event_lines import line_of
from tests.cli.conftest import ENVIRONMENT, Shell

SEARCH = {"trials": 5, "epochs": 1, "space": {"optimizer.lr": {"log_uniform": [1e-3, 1e-1]}}}
TRIAL = re.compile(r"\((\d+) / 5\)")
SMALL = {"training.epochs": 1, "training.batch_size": 20, "model.args": {"hidden": [4]}, "device": "cpu"}
SMALL |= {"overfit_tiny.epochs": 3, "sanity.seeds": 1, "search.coarse": SEARCH}
SETTINGS = [f"--set={key}={json.dumps(value)}" for key, value in SMALL.items()]


def lines_of(run: Path) -> list[str]:
    """Lines without their times."""
    text = (run / "log.txt").read_text(encoding="utf-8")
    return [line.partition(" ")[2] for line in text.splitlines()]


def check_whole(run: Path) -> None:
    """The log holds the line of each event that has one, in their order, once."""
    events, _ = read_lines(run / "events.jsonl")
    told = [line_of(from_document(event)) for event in events]
    assert lines_of(run) == [line for line in told if line]
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    assert lines_of(run)[-1] == f"{result['verdict']}: {result['summary']}"


def trials_in(run: Path) -> list[int]:
    return [int(found[1]) for line in lines_of(run) if (found := TRIAL.search(line))]


@pytest.fixture
def data() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    x = np.random.default_rng(0).normal(size=(120, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


def test_a_search_from_the_command_line_has_each_trial_once(shell: Shell, tmp_path: Path) -> None:
    done = shell("search", "digits", "--coarse", *SETTINGS)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs").glob("*_search-coarse")
    assert sorted(trials_in(run)) == [1, 2, 3, 4, 5]
    check_whole(run)


def test_so_has_one_from_python(data: Any, tmp_path: Path) -> None:
    script = tmp_path / "search.py"
    script.write_text(
        f"import nnbabysit\nresult = nnbabysit.search(data='digits', set={SMALL!r})\nprint(result.run_dir)\n"
    )
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=tmp_path, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    run = Path(done.stdout.strip())
    assert sorted(trials_in(run)) == [1, 2, 3, 4, 5]
    check_whole(run)


def test_a_search_that_goes_on_tells_no_trial_twice(shell: Shell, tmp_path: Path) -> None:
    cut = shell("search", "digits", "--coarse", *SETTINGS, "--max-time", "0.001")
    assert cut.returncode == 3, cut.stdout + cut.stderr
    (run,) = (tmp_path / "runs").glob("*_search-coarse")
    assert any(line.startswith("fail: the time limit") for line in lines_of(run))
    done = shell("resume", str(run))
    assert done.returncode == 0, done.stderr
    assert sorted(trials_in(run)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("step", ["sanity", "overfit_tiny", "search", "train"])
def test_every_step_from_python_leaves_its_log(
    step: str, data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = getattr(nnbabysit, step)(data=data, set=SMALL)
    check_whole(result.run_dir)


def test_what_ended_a_step_is_the_last_line(
    data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    losses = tmp_path / "losses_that_end_a_step.py"
    losses.write_text(
        "calls = 0\n\ndef late(z, y):\n    global calls\n    calls += 1\n"
        "    if calls > 20:\n        raise ValueError('late')\n    return z.square().mean()\n"
    )
    with pytest.raises(nnbabysit.NnbabysitError, match="late"):
        nnbabysit.train(data=data, set={**SMALL, "training.epochs": 50, "loss": f"{losses}:late"})
    (run,) = (tmp_path / "runs").glob("*_train")
    assert lines_of(run)[-1].startswith("error: ")
    assert lines_of(run)[-1].endswith("the loss raised ValueError: late")


def test_a_training_that_diverges_says_so(data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = nnbabysit.train(data=data, set={**SMALL, "optimizer.lr": 1e30})
    assert result.verdict == "diverged"
    check_whole(result.run_dir)


def test_a_whole_babysitting_has_each_line_once(shell: Shell, tmp_path: Path) -> None:
    shell("babysit", "digits", *SETTINGS)
    runs = [path for path in (tmp_path / "runs").iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(runs) > 2
    for run in runs:
        check_whole(run)
