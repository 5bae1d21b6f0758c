"""``train --ensemble``, ``--average`` and ``--snapshots`` as typed, and asking what they leave."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.cli import commands as _commands  # noqa: F401 -- each declares what it is
from nnbabysit.cli.config_origin import load
from nnbabysit.cli.next_command import next_command, typed
from nnbabysit.cli.options import Options
from nnbabysit.cli.setting_flags import AverageKind
from nnbabysit.cli.typer_app import COMMANDS
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.workflow.result import StepResult
from tests.cli.conftest import ENVIRONMENT, Shell


def test_an_ensemble_is_trained_evaluated_and_asked(
    shell: Shell, write: Callable[[str, str], Path], points: Callable[..., Path], small: str, tmp_path: Path
) -> None:
    """One ensemble serves all: each process takes seconds."""
    points(0, 1, 2)
    write("c.yaml", small)
    done = shell("train", "c.yaml", "--ensemble", "2", "--average", "ema")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("==")] == [
        "== train --seed 0",
        "== train --seed 1",
    ]
    assert "pass: ensemble of 2 members: validation accuracy" in done.stdout
    (name,) = [path.name for path in (tmp_path / "runs").iterdir() if path.name.endswith("_train-ensemble")]
    assert f"next  nnbabysit evaluate runs/{name}" in done.stdout
    trained = json.loads((tmp_path / "runs" / name / "result.json").read_text())
    words = {Path(member["run_dir"]).name.split("_")[2] for member in trained["metrics"]["members"]}
    assert words == {name.split("_")[2] + end for end in ("", "-2")} or len(words) == 2
    page = (tmp_path / "runs" / name / "report.html").read_text()
    assert "<h2>Members</h2>" in page
    assert "mean of them" in page
    assert "train --seed 1" in page

    evaluated = shell("evaluate", name, "--json")
    assert evaluated.returncode == 0, evaluated.stderr
    metrics = json.loads(evaluated.stdout)["metrics"]
    assert metrics["ensemble"]["accuracy"] == pytest.approx(trained["metrics"]["ensemble_val_accuracy"])
    assert metrics["mean"]["accuracy"] == pytest.approx(trained["metrics"]["mean_val_accuracy"])

    member = Path(trained["metrics"]["members"][0]["run_dir"]).name
    asked = {
        weights: shell("predict", member, "points.npz", "--weights", weights)
        for weights in ("best", "average")
    }
    rows = {weights: list(csv.DictReader(io.StringIO(done.stdout))) for weights, done in asked.items()}
    assert len(rows["average"]) == 60
    assert rows["average"] != rows["best"]
    refused = shell("evaluate", member, "--weights", "snapshots")
    assert refused.returncode == 2
    assert "keeps no snapshots of its weights. Train with --snapshots" in refused.stderr


CHILD = """
import os, signal, sys
from nnbabysit.cli.app import run_command
from nnbabysit.core.workflow.gates.train import events as train_events

tell, told = train_events.TrainEvents.epoch, []

def epoch(self, record):
    tell(self, record)
    told.append(record.epoch)
    if told == [1, 2, 1, 2]:  # the second member's last epoch, before its checkpoint
        os.kill(os.getpid(), signal.SIGINT)

train_events.TrainEvents.epoch = epoch
sys.exit(run_command(sys.argv[1:]))
"""


def test_an_interrupted_ensemble_says_how_to_go_on(
    shell: Shell, write: Callable[[str, str], Path], points: Callable[..., Path], small: str, tmp_path: Path
) -> None:
    points(0, 1)
    write("c.yaml", small)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, "train", "c.yaml", "--ensemble", "3"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGINT, done.stderr
    (path,) = (tmp_path / "runs").glob("*_train-ensemble")
    assert f"Continue with nnbabysit resume runs/{path.name}" in done.stderr
    resumed = shell("resume", "latest", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming from epoch 1 of 2" in resumed.stderr
    assert len(json.loads(resumed.stdout)["metrics"]["members"]) == 3
    assert len(list((tmp_path / "runs").glob("*_train"))) == 3


def test_flags_are_settings_of_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = Options(
        config="digits", average=AverageKind.SWA, snapshots=True, set=["schedule.name=warm_restarts"]
    )
    training = load("digits", options).config.training
    assert training.average is not None
    assert (training.average.kind, training.snapshots) == ("swa", True)
    assert options.flags == {"training.average.kind": "--average", "training.snapshots": "--snapshots"}
    assert typed(options)[-3:] == ["--average", "swa", "--snapshots"]
    (tmp_path / "c.yaml").write_text("training: {average: {kind: ema, decay: 0.5}}\n")
    average = load("c.yaml", Options(average=AverageKind.SWA)).config.training.average
    assert average is not None
    assert (average.kind, average.decay) == ("swa", 0.5)


def test_snapshots_without_cycles_are_told_where_they_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("name: mine\n")
    with pytest.raises(ConfigError) as told:
        load("c.yaml", Options(snapshots=True))
    (mistake,) = told.value.mistakes
    assert mistake.where == "--snapshots"
    assert "constant has no cycles" in mistake.message
    (tmp_path / "c.yaml").write_text("schedule: {name: cosine}\n")
    with pytest.raises(ConfigError) as told:
        load("c.yaml", Options(snapshots=True))
    assert told.value.mistakes[0].where.startswith("c.yaml:1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "digits", "--ensemble", "1"), "greater than or equal to 2|range x>=2"),
        (("train", "digits", "--average", "mean"), "'mean' is not one of 'ema', 'swa'"),
        (("train", "digits", "--snapshots"), "schedule.name: exponential has no cycles"),
        (("evaluate", "r", "--weights", "last"), "'last' is not one of"),
    ],
)
def test_bad_values_are_told_and_leave_nothing(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = shell(*arguments)
    assert done.returncode == 2
    assert any(alternative in done.stderr for alternative in words.split("|"))  # as Typer words it
    assert list(tmp_path.iterdir()) == []


def test_after_an_ensemble_comes_its_evaluation_or_going_on_with_it() -> None:
    for word in ("evaluate", "resume"):
        result = StepResult(
            command="train",
            verdict="pass",
            summary="",
            run_dir=Path("runs/a"),
            metrics={},
            next_command=f"nnbabysit {word} runs/a",
        )
        options = Options(config="digits", seed=1, max_time=5.0)
        found = next_command(result, COMMANDS["train"], ("--ensemble", "3"), options, Config())
        assert found == f"nnbabysit {word} runs/a"
