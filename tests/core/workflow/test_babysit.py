"""babysit: all gates in order, and the first no ends it."""

from __future__ import annotations

import json
from pathlib import Path

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.record.run import Run, status
from nnbabysit.core.workflow.gates.babysit import run_babysit
from nnbabysit.core.workflow.result import StepResult

SHORT = (
    "search.coarse.trials=6",
    "search.coarse.epochs=1",
    "search.fine.trials=4",
    "search.fine.epochs=2",
    "training.epochs=5",
)


def babysit(tmp_path: Path, *overrides: str) -> StepResult:
    config = load_config("digits", [*SHORT, *overrides], cwd=tmp_path).config

    def new_run(command: str, config: Config) -> Run:
        return Run.create(
            root=tmp_path / "runs", command=command, config_yaml=to_yaml(config), words="a-test"
        )

    with new_run("babysit", config) as run:
        return run_babysit(config, run, new_run=new_run)


def test_all_steps_run_in_order_and_leave_ended_runs(tmp_path: Path) -> None:
    result = babysit(tmp_path)
    assert result.verdict == "pass"
    steps = result.metrics["steps"]
    assert [s["command"] for s in steps] == ["data", "sanity", "overfit-tiny", "search", "search", "train"]
    assert {status(Path(step["run_dir"])) for step in steps} == {"ended"}
    assert result.metrics["test_accuracy"] > 0.8


def test_training_uses_the_winner_of_the_fine_search(tmp_path: Path) -> None:
    steps = babysit(tmp_path).metrics["steps"]
    fine = json.loads((Path(steps[4]["run_dir"]) / "result.json").read_text(encoding="utf-8"))
    trained = load_config(str(Path(steps[5]["run_dir"]) / "config.yaml"), cwd=tmp_path).config
    assert trained.optimizer.lr == fine["metrics"]["best"]["params"]["optimizer.lr"]


def test_the_first_gate_that_says_no_ends_it_with_its_findings(tmp_path: Path) -> None:
    result = babysit(tmp_path, "model.init={scheme: normal, std: 1.0}")
    assert result.verdict == "fail"
    assert [step["command"] for step in result.metrics["steps"]] == ["data", "sanity"]
    assert result.summary.startswith("stopped at sanity")
    assert any(finding.id == "INI001" for finding in result.findings)
    assert not [path for path in (tmp_path / "runs").iterdir() if path.name.endswith("_train")]


def test_without_a_search_space_training_follows_the_tiny_set(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(
        "data: {test: 0.2}\noptimizer: {name: momentum, lr: 0.05}\ntraining: {epochs: 3}\n", encoding="utf-8"
    )
    config = load_config(str(path), cwd=tmp_path).config

    def new_run(command: str, config: Config) -> Run:
        return Run.create(
            root=tmp_path / "runs", command=command, config_yaml=to_yaml(config), words="a-test"
        )

    with new_run("babysit", config) as run:
        steps = run_babysit(config, run, new_run=new_run).metrics["steps"]
    assert [step["command"] for step in steps] == ["data", "sanity", "overfit-tiny", "train"]
