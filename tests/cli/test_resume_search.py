"""kill -9 in the middle of a search, then resume: the set of trials of a search that nobody killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.record.run import status

from ..program import run_program

SEARCH = ("search", "--coarse", "digits", "--device", "cpu", "-S", "search.coarse.trials=10")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def _finished(arguments: tuple[str, ...], folder: Path) -> dict[str, Any]:
    done = run_program((*arguments, "--json"), folder, ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("after", [1, 6])
def test_a_killed_search_goes_on_to_the_same_trials(tmp_path: Path, after: int) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    expected = _finished(SEARCH, whole)["metrics"]
    with subprocess.Popen(
        [sys.executable, "-m", "nnbabysit", *SEARCH],
        cwd=cut,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        seen = 0
        for line in process.stderr:
            seen += line.startswith("val_acc")
            if seen == after:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    run = (cut / "runs" / "latest").resolve()
    assert status(run) == "crashed"
    document = _finished(("resume", "latest"), cut)
    assert Path(document["run_dir"]) == run
    assert status(run) == "ended"
    assert _outcomes(document["metrics"]) == _outcomes(expected)
    assert document["metrics"]["best"] == expected["best"]


def _outcomes(metrics: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        tuple(trial[key] for key in ("index", "params", "value", "state", "reason", "good"))
        for trial in metrics["trials"]
    ]
