"""Whose fault it is: a failing hook of ours is our bug; the user's line stays the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import nnbabysit
from nnbabysit.cli.app import run_command
from nnbabysit.core.training.probes import dead_units as activations

MODEL = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.act, self.first, self.out = nn.ReLU(), nn.Linear(64, 12), nn.Linear(12, 10)

    def forward(self, x):
        if self.training and len(x) == 77:
            raise ValueError("seventy-seven")
        try:
            return self.out(self.act(self.first(x.flatten(1))))
        except Exception as error:  # the user's network must not swallow what is ours
            raise RuntimeError("swallowed") from error
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"{tmp_path.name}.py"  # a name of its own, since modules stay loaded
    path.write_text(MODEL)
    return f"{path}:Net"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("The size of tensor a (64) must match")

    monkeypatch.setattr(activations, "fired", fail)
    monkeypatch.setattr(activations, "fired", fail)


@pytest.mark.usefixtures("broken")
def test_a_failing_hook_is_our_bug(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["train", "digits", "-S", f"model.name={model}", "-S", "model.args={}", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["message"].startswith("this is a bug in nnbabysit (HookError: a hook failed, RuntimeError: ")
    assert error["where"] == ""
    (log,) = Path("runs").glob("*_train/log.txt")
    told = log.read_text()
    assert "Traceback" in told
    assert "core/training/probes/dead_units.py" in told


@pytest.mark.usefixtures("broken")
def test_from_python_as_well_and_there_it_is_an_exception(model: str) -> None:
    with pytest.raises(RuntimeError, match="this is a bug in nnbabysit") as caught:
        nnbabysit.train(model, "digits", set={"training.epochs": 1})
    assert isinstance(caught.value.__cause__, RuntimeError)
    (run,) = Path("runs").glob("*_train")
    error = json.loads((run / "result.json").read_text())["error"]
    assert error["message"].startswith("this is a bug in nnbabysit")
    assert error["where"] == ""
    assert "core/training/probes/dead_units.py" in (run / "log.txt").read_text()


def test_the_users_line_stays_the_users(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["-S", f"model.name={model}", "-S", "model.args={}", "-S", "training.batch_size=77"]
    assert run_command(["train", "digits", *settings, "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    line = 1 + next(i for i, text in enumerate(MODEL.splitlines()) if "seventy-seven" in text)
    assert error["message"] == "ValueError: seventy-seven"
    assert error["where"] == f"{model.partition(':')[0]}:{line}"
    assert error["remedy"].startswith("Your own code raised")
