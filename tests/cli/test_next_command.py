"""The next command, quoted for a shell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnbabysit.cli import commands as _commands  # noqa: F401 -- each declares what it is
from nnbabysit.cli.next_command import interrupted_step, next_command, resume_command, typed
from nnbabysit.cli.options import Options
from nnbabysit.cli.render.result import shown_path
from nnbabysit.cli.setting_flags import AverageKind
from nnbabysit.cli.typer_app import COMMANDS
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.engine import Finding
from nnbabysit.core.workflow.result import StepResult, Verdict

CONFIG = Config(seed=3)
OPTIONS = Options(config="my digits.yaml", set=["optimizer.lr=1e-2"], seed=3)


def result(
    command: str, verdict: Verdict = "pass", patch: dict[str, Any] | None = None, **more: Any
) -> StepResult:
    findings = (
        Finding(
            id="X001",
            name="x",
            severity="warning",
            symptom="",
            evidence={},
            cause="",
            remedy="",
            patch=patch or {},
        ),
    )
    return StepResult(
        command=command,
        verdict=verdict,
        summary="",
        run_dir=Path("runs/a"),
        **{"metrics": {}, "findings": findings if patch else (), **more},
    )


def test_what_was_typed_is_repeated() -> None:
    options = Options(config="a.yaml", name="wide", device="cpu", runs_dir=Path("/data/runs"))
    assert typed(options) == ["a.yaml", "--name", "wide", "--device", "cpu", "--runs-dir", "/data/runs"]
    assert typed(Options()) == []


def test_after_a_yes_comes_the_next_gate_with_the_same_config_quoted_for_a_shell() -> None:
    found = next_command(
        result("sanity", next_command="nnbabysit overfit-tiny"), COMMANDS["sanity"], (), OPTIONS, CONFIG
    )
    assert found == "nnbabysit overfit-tiny 'my digits.yaml' -S optimizer.lr=1e-2 --seed 3"


def test_after_a_no_comes_the_same_gate_with_the_patch() -> None:
    failed = result("sanity", "fail", {"model.init.std": 0.01, "schedule": {"name": "constant"}})
    assert next_command(failed, COMMANDS["sanity"], (), Options(), CONFIG) == (
        'nnbabysit sanity -S model.init.std=0.01 -S \'schedule={"name": "constant"}\''
    )


def test_a_value_of_the_patch_replaces_the_one_that_was_typed() -> None:
    failed = result("sanity", "fail", {"optimizer.lr": 0.1})
    options = Options(set=["seed=1", "optimizer.lr=1e-2"])
    assert next_command(failed, COMMANDS["sanity"], (), options, CONFIG) == (
        "nnbabysit sanity -S seed=1 -S optimizer.lr=0.1"
    )


def test_a_search_s_winner_is_trained_with_the_config_of_the_search(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    found = result("search", next_command=f"nnbabysit train --best-of {tmp_path / 'runs' / 'b'}")
    assert (
        next_command(found, COMMANDS["search"], ("--fine",), OPTIONS, CONFIG)
        == "nnbabysit train --best-of runs/b"
    )


def test_after_a_training_comes_its_evaluation_or_the_patch() -> None:
    assert (
        next_command(result("train"), COMMANDS["train"], (), OPTIONS, CONFIG) == "nnbabysit evaluate runs/a"
    )
    patched = next_command(
        result("train", patch={"regularization.l2": 0.01}), COMMANDS["train"], (), Options(), CONFIG
    )
    assert patched == "nnbabysit train -S regularization.l2=0.01"


def test_after_a_training_that_failed_without_a_patch_comes_the_first_gate() -> None:
    options = replace(OPTIONS, average=AverageKind.EMA)
    assert next_command(result("train", "diverged"), COMMANDS["train"], (), options, CONFIG) == (
        "nnbabysit sanity 'my digits.yaml' -S optimizer.lr=1e-2 --seed 3"
    )


def test_after_babysit_comes_the_evaluation_of_what_it_trained_or_the_patch() -> None:
    steps = [{"command": "search", "run_dir": "runs/c"}, {"command": "train", "run_dir": "runs/t"}]
    options, babysit = Options(config="digits"), COMMANDS["babysit"]
    done = result("babysit", metrics={"steps": steps})
    found = next_command(done, babysit, (), options, CONFIG, searched=Path("runs/c"))
    assert found == "nnbabysit evaluate runs/t"
    done = result("babysit", metrics={"steps": steps}, patch={"regularization.l2": 0.01})
    found = next_command(done, babysit, (), options, CONFIG, searched=Path("runs/c"))
    assert found == "nnbabysit train --best-of runs/c digits -S regularization.l2=0.01"


def test_a_training_with_a_checkpoint_and_a_search_with_a_study_can_be_resumed(tmp_path: Path) -> None:
    for command, kept in (("train", "checkpoints/last.pt"), ("search", "study.db")):
        run = tmp_path / command
        run.mkdir()
        assert resume_command(COMMANDS[command], run) == ""
        (run / kept).parent.mkdir(exist_ok=True)
        (run / kept).touch()
        assert resume_command(COMMANDS[command], run).startswith("nnbabysit resume ")
        assert resume_command(COMMANDS["sanity"], run) == ""


def test_an_interrupted_step_of_babysit_is_resumed_or_run_again_with_the_best_of_the_search(
    tmp_path: Path, make_run: Callable[..., Path]
) -> None:
    commands = ("babysit", "sanity", "search-coarse", "train")
    runs = [make_run(tmp_path, number, command=command) for number, command in enumerate(commands)]
    options = Options(config="digits", average=AverageKind.EMA)
    assert interrupted_step(runs[:2], options) == ("sanity", "nnbabysit sanity digits")
    assert interrupted_step(runs[:3], options) == ("search --coarse", "nnbabysit search --coarse digits")
    assert interrupted_step(runs, options) == (
        "train",
        f"nnbabysit train --best-of {shown_path(runs[2])} digits --average ema",
    )
    (runs[2] / "study.db").touch()
    assert interrupted_step(runs[:3], options)[1] == f"nnbabysit resume {shown_path(runs[2])}"


def test_a_resumed_training_is_repeated_with_the_config_of_its_run() -> None:
    found = next_command(
        result("train", patch={"optimizer.lr": 0.1}), COMMANDS["resume"], (), Options(), CONFIG
    )
    assert found == "nnbabysit train runs/a/config.yaml -S optimizer.lr=0.1"
    assert (
        next_command(result("train"), COMMANDS["resume"], (), Options(), CONFIG)
        == "nnbabysit evaluate runs/a"
    )


def test_wider_ranges_of_a_search_are_nothing_for_a_training() -> None:
    found = result("train", patch={"search.coarse.space": {"optimizer.lr": {"log_uniform": [1e-7, 1.0]}}})
    assert next_command(found, COMMANDS["train"], (), Options(), CONFIG) == "nnbabysit evaluate runs/a"
