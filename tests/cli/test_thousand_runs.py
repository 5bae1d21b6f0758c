"""A thousand runs are listed in under a second, start-up included, without torch."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MakeRun = Callable[..., Path]
TRIAL = {
    "params": {"optimizer.lr": 0.0786, "regularization.l2": 0.0014},
    "value": 0.8854,
    "state": "complete",
    "reason": "",
    "seconds": 0.019,
    "good": False,
}
METRICS = {
    "train": {
        "best_val_accuracy": 0.9479,
        "best_val_loss": 0.1904,
        "best_epoch": 2,
        "final_train_accuracy": 0.9313,
        "test_accuracy": 0.9554,
        "epochs": 20,
        "steps": 360,
        "parameters": 7510,
        "seconds": 0.7,
    },
    "search-coarse": {"trials": [TRIAL] * 100, "best": TRIAL, "space": {}, "seconds": 60.0},
    "sanity": {"initial_loss": 2.3074, "expected_loss": 2.3026, "regularized_loss": 9.1},
    "overfit-tiny": {"final_loss": 0.0003, "final_accuracy": 1.0, "epochs": 200},
}
ENDS = (("pass", 0), ("pass", 0), ("fail", 3), ("diverged", 4), (None, None))


def processor_seconds() -> float:
    """User and system seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture
def thousand(tmp_path: Path, make_run: MakeRun) -> Path:
    """A thousand runs of four commands, as the commands leave them."""
    for number in range(1000):
        command = list(METRICS)[number % len(METRICS)]
        verdict, exit_code = ENDS[number % len(ENDS)]
        folder = make_run(
            tmp_path / "runs",
            number,
            command=command,
            verdict=verdict,
            exit_code=exit_code,
            metrics=METRICS[command],
            seed=number,
        )
        if exit_code is None:  # a killed process leaves its note, so that the lock is really tried
            (folder / ".lock.holder").write_text('{"pid": 1}', encoding="utf-8")
        if number % 3 == 0:
            (folder / "label.txt").write_text(f"try {number}\n", encoding="utf-8")
    return tmp_path


def test_a_thousand_runs_are_listed_without_torch(thousand: Path) -> None:
    script = (
        "import sys\n"
        "from nnbabysit.cli.app import run_command\n"
        "assert run_command(['runs', 'ls', '--json', *sys.argv[1:]]) == 0\n"
        "heavy = {'torch', 'numpy', 'yaml', 'optuna', 'rich', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )

    def listed(*arguments: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=thousand,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return len(json.loads(done.stdout)["runs"])

    assert listed() == 1000
    assert listed("--status", "crashed") == 200
    assert listed("--command", "train", "--verdict", "fail") == 50
    assert listed("--label", "try 99") == sum(number % 3 == 0 for number in (99, *range(990, 1000)))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["--sort", "best_val_accuracy"], ["--csv"]])
def test_it_takes_less_than_a_second(thousand: Path, arguments: list[str]) -> None:
    """Processor time of the whole process, median of five: neighbors do not count."""
    seconds = []
    for _ in range(5):
        start = processor_seconds()
        subprocess.run(
            [sys.executable, "-m", "nnbabysit", "runs", "ls", *arguments],
            cwd=thousand,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        seconds.append(processor_seconds() - start)
    assert statistics.median(seconds) < 1.0
