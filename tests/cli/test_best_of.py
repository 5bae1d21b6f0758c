"""A search's winner is trained; what was typed comes first, and changes are shown against what ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.cli.app import run_command
from nnbabysit.cli.execution import Session
from nnbabysit.cli.options import Options
from nnbabysit.cli.typer_app import COMMANDS
from nnbabysit.core.diagnosis.engine import Finding
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.trial import Trial
from nnbabysit.core.workflow.result import StepResult

BEST = {"optimizer.lr": 0.25, "regularization.l2": 0.002}


@pytest.fixture(autouse=True)
def _found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = Trial(index=2, params=dict(BEST), value=0.9, state="complete")
    monkeypatch.setattr("nnbabysit.core.search.store.study.best_trial", lambda run_dir: (found, run_dir))


def session_of(*overrides: str) -> Session:
    options = Options(config="digits", set=list(overrides), quiet=True)
    session = Session(COMMANDS["train"], options, source="digits", flags=())
    session.load()
    session.take_best_of(Path("runs/a"))
    return session


def test_the_best_values_replace_those_of_the_file() -> None:
    config = session_of().config
    assert (config.optimizer.lr, config.regularization.l2) == (0.25, 0.002)


@pytest.mark.parametrize("typed", ["optimizer.lr=0.03", "optimizer={name: momentum, lr: 0.03}"])
def test_a_value_that_was_typed_stays(typed: str) -> None:
    config = session_of(typed).config
    assert (config.optimizer.lr, config.regularization.l2) == (0.03, 0.002)


def test_a_change_after_babysit_starts_from_what_its_training_ran_with(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding(
        id="X001",
        name="x",
        severity="warning",
        symptom="s",
        evidence={},
        cause="c",
        remedy="r",
        patch={"optimizer.lr": 0.025},
    )

    def workflow(
        config: Any, run: Run, *, dataset: Any, new_run: Any, took: Callable[[Path], None]
    ) -> StepResult:
        run.event(NoteEvent(text="working"))
        took(Path("runs/b"))
        return StepResult(
            command="babysit",
            verdict="pass",
            summary="so it is",
            run_dir=run.path,
            metrics={},
            findings=(finding,),
        )

    monkeypatch.setattr("nnbabysit.core.workflow.gates.babysit.run_babysit", workflow)
    assert run_command(["babysit", "digits"]) == 0
    shown = capsys.readouterr().out
    assert "change    --best-of runs/b  optimizer.lr: 0.25 → 0.025" in shown
    assert "next  nnbabysit train --best-of runs/b digits -S optimizer.lr=0.025" in shown
