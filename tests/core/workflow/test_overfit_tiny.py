"""overfit-tiny end to end: what passes, and what a failure says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.record.run import Event, Run
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.result import StepResult


def overfit(tmp_path: Path, *overrides: str, config: str = "digits") -> tuple[StepResult, list[Event]]:
    events: list[Event] = []
    loaded = load_config(config, overrides, cwd=tmp_path).config
    with Run.create(
        root=tmp_path / "runs",
        command="overfit-tiny",
        config_yaml="",
        words="a-test",
        listeners=[events.append],
    ) as run:
        return run_overfit_tiny(loaded, run), events


def test_the_bundled_digits_are_learned_by_heart(tmp_path: Path) -> None:
    result, events = overfit(tmp_path)
    assert result.verdict == "pass"
    assert result.metrics["final_accuracy"] == 1.0
    assert result.metrics["final_loss"] < 0.05
    lines = [event.fields for event in events if event.kind == "tiny"]
    assert len(lines) == result.metrics["epochs"] < 200
    assert [line["accuracy"] for line in lines].count(1.0) >= 1
    assert lines[0]["cost"] == pytest.approx(np.log(10), rel=0.15)


def test_it_ends_with_the_first_epoch_that_passes_unless_all_are_wanted(tmp_path: Path) -> None:
    stopped, told = overfit(tmp_path)
    full, every = overfit(tmp_path, "overfit_tiny.stop_when_passed=false")
    assert (stopped.verdict, full.verdict, full.metrics["epochs"]) == ("pass", "pass", 200)
    epochs = stopped.metrics["epochs"]
    lines = [[event.fields for event in events if event.kind == "tiny"] for events in (told, every)]
    assert lines[0] == lines[1][:epochs]
    before, _ = overfit(tmp_path, f"overfit_tiny.epochs={epochs - 1}")
    assert before.verdict == "fail"


def test_the_notes_example_runs_all_its_epochs(tmp_path: Path) -> None:
    settings = load_config("cifar10", cwd=tmp_path).config.overfit_tiny
    assert (settings.epochs, settings.stop_when_passed) == (200, False)


def test_penalties_and_schedule_are_out_of_the_way(tmp_path: Path) -> None:
    plain = overfit(tmp_path, "regularization.l2=0.0", "schedule={name: constant}")[0].metrics
    assert (
        overfit(tmp_path, "regularization.l2=5.0", "schedule={name: exponential, factor: 0.5}")[0].metrics
        == plain
    )


def test_weight_decay_apart_from_the_gradient_is_a_penalty_too(tmp_path: Path) -> None:
    plain = overfit(tmp_path, "optimizer={name: adamw, weight_decay: 0.0}")[0].metrics
    assert overfit(tmp_path, "optimizer={name: adamw, weight_decay: 50.0}")[0].metrics == plain
    plain = overfit(tmp_path, "optimizer={name: adam, weight_decay: 0.0}", "l2=0")[0].metrics
    assert overfit(tmp_path, "optimizer={name: adam, weight_decay: 50.0}", "l2=0")[0].metrics == plain


@pytest.mark.parametrize("setting", ["dropout", "dropconnect"])
def test_dropout_is_off_and_said_to_be(setting: str, tmp_path: Path) -> None:
    result, events = overfit(tmp_path, f"model.args={{hidden: [100], {setting}: 0.9}}")
    assert result.verdict == "pass"
    notes = [event.fields["text"] for event in events if event.kind == "note"]
    assert "nothing is dropped or drawn at random in 1 layer for this check" in notes


def test_a_learning_rate_too_low_fails_and_the_one_that_was_tried_is_recommended(tmp_path: Path) -> None:
    result, _ = overfit(tmp_path, "optimizer.lr=0.0005")
    assert result.verdict == "fail"
    assert result.metrics["tried"]["x10"]["loss"] < result.metrics["final_loss"]
    (finding,) = result.findings
    assert finding.id == "TIN001"
    assert finding.patch == {"optimizer.lr": pytest.approx(0.005)}


def test_a_network_that_ignores_its_input_is_recognized_by_the_plateau(tmp_path: Path) -> None:
    result, _ = overfit(tmp_path, "model.init={scheme: zeros}")
    assert result.verdict == "fail"
    assert result.metrics["final_loss"] == pytest.approx(result.metrics["constant_loss"], abs=0.02)
    assert "input" in result.findings[0].cause


def test_regression_is_measured_against_the_variance_of_the_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5)).astype(np.float32)
    np.savez(tmp_path / "line.npz", x=x, y=(100 * x[:, :1]).astype(np.float32))
    (tmp_path / "line.yaml").write_text(
        "data: {source: npz, path: line.npz}\nmodel: {name: mlp, args: {hidden: [30]}}\nloss: mse\n"
        "optimizer: {name: adam, lr: 0.05}\n",
        encoding="utf-8",
    )
    result, _ = overfit(tmp_path, config=str(tmp_path / "line.yaml"))
    assert result.metrics["final_accuracy"] is None
    assert result.tables[0].columns == ("epoch", "loss", "lr")
    assert result.metrics["bound"] == pytest.approx(0.05 * result.metrics["constant_loss"])
    assert result.verdict == "pass"
