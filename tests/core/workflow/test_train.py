"""The long run: what it writes, when it stops, and that resuming leaves no trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Event, Listener, Run
from nnbabysit.core.record.training_events import EpochEvent
from nnbabysit.core.training.loop.records import Score
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.loop.yardstick import Merit, Yardstick
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult

NewRun = Callable[..., Run]


def config_of(**sections: Any) -> Config:
    """A small network with dropout and batch normalization on the digits."""
    document: dict[str, Any] = {
        "device": "cpu",
        "data": {"source": "digits", "test": 0.2},
        "model": {"name": "mlp", "args": {"hidden": [16], "norm": "batch", "dropout": 0.2}},
        "optimizer": {"name": "momentum", "lr": 0.05},
        "schedule": {"name": "exponential", "factor": 0.9},
        "training": {"epochs": 4, "batch_size": 100},
    }
    return Config.model_validate({**document, **sections})


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[NewRun]:
    """Creates run directories and closes them in the end."""
    opened: list[Run] = []

    def new(*listeners: Listener) -> Run:
        run = Run.create(root=tmp_path, command="train", config_yaml="{}\n", listeners=listeners)
        opened.append(run)
        return run

    yield new
    for run in opened:
        run.close(None)


@pytest.fixture
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plots take nine tenths of a short run, and most tests are about something else."""
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])


def rows(path: Path) -> list[dict[str, Any]]:
    """Metrics without their times."""
    lines, torn = read_lines(path / "metrics.jsonl")
    assert not torn
    return [{key: value for key, value in line.items() if key != "time"} for line in lines]


def state(path: Path) -> dict[str, Any]:
    """The last checkpoint."""
    document = torch.load(path / "checkpoints" / "last.pt", weights_only=True)
    assert isinstance(document, dict)
    return document


def assert_same_training(one: Path, other: Path) -> None:
    """Weights, optimizer, best weights and metrics of two runs are equal, bit for bit."""
    a, b = state(one), state(other)
    for name, tensor in a["model"].items():
        assert torch.equal(tensor, b["model"][name]), name
    for slot, values in a["optimizer"]["state"].items():
        assert torch.equal(values["momentum_buffer"], b["optimizer"]["state"][slot]["momentum_buffer"])
    best = "checkpoints/best.safetensors"
    assert (one / best).read_bytes() == (other / best).read_bytes()
    assert rows(one) == rows(other)


class Interrupt:
    """Presses Ctrl-C when an event of a kind comes for an epoch."""

    def __init__(self, kind: str, epoch: int) -> None:
        """Wait for an event ``kind`` of ``epoch``."""
        self.kind = kind
        self.epoch = epoch

    def __call__(self, event: Event) -> None:
        if event.kind == self.kind and event.fields["epoch"] == self.epoch:
            raise KeyboardInterrupt


def test_a_run_learns_and_writes_everything(new_run: NewRun) -> None:
    events: list[Event] = []
    run = new_run(events.append)
    result = run_train(config_of(training={"epochs": 8, "batch_size": 50}), run)
    assert result.verdict == "pass"
    assert result.metrics["test_accuracy"] > 0.9
    best = max(event.val_accuracy or 0.0 for event in events if isinstance(event, EpochEvent))
    assert result.metrics["best_val_accuracy"] == best
    assert result.metrics["epochs"] == 8
    assert f"{result.metrics['test_accuracy']:.4f}" in result.summary
    written = {str(path.relative_to(run.path)) for path in run.path.rglob("*")}
    assert {
        "checkpoints/last.pt",
        "checkpoints/best.safetensors",
        "checkpoints/data.safetensors",
        "plots/curves.png",
        "plots/updates.svg",
    } <= written
    assert [event.kind for event in events if event.kind in ("start", "epoch", "checkpoint")] == [
        "start", *["epoch", "checkpoint"] * 8
    ]  # fmt: skip
    shown = next(event.fields for event in events if event.kind == "epoch")
    assert {
        "train_loss",
        "val_loss",
        "lr",
        "update_ratio",
        "gradient_norm",
        "samples_per_second",
        "eta",
    } <= shown.keys()


@pytest.mark.parametrize(("kind", "epoch"), [("checkpoint", 2), ("epoch", 3), ("metric", 3)])
@pytest.mark.usefixtures("no_plots")
def test_an_interrupted_run_resumes_bit_identically(new_run: NewRun, kind: str, epoch: int) -> None:
    config = config_of()
    whole, cut = new_run(), new_run(Interrupt(kind, epoch))
    expected = run_train(config, whole)
    with pytest.raises(KeyboardInterrupt):
        run_train(config, cut)
    assert state(cut.path)["epoch"] == 2
    cut.close(130)
    with Run.open(cut.path) as again:
        result = run_train(config, again, resume=True)
    assert_same_training(whole.path, cut.path)
    timed = ("seconds", "samples_per_second")
    assert {k: v for k, v in result.metrics.items() if k not in timed} == {
        k: v for k, v in expected.metrics.items() if k not in timed
    }


CHILD = """
import sys, time
from pathlib import Path
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.gates.train.train import run_train

def listen(event):
    if event.kind == "epoch" and event.fields["epoch"] == 3:
        print(run.path, flush=True)
        time.sleep(600)

run = Run.create(root=Path(sys.argv[1]), command="train", config_yaml="{}\\n", listeners=[listen])
run_train(Config.model_validate_json(sys.argv[2]), run)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.usefixtures("no_plots")
def test_a_killed_run_resumes_bit_identically(new_run: NewRun, tmp_path: Path) -> None:
    config = config_of()
    arguments = [sys.executable, "-c", CHILD, str(tmp_path), config.model_dump_json()]
    threads = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=threads) as child:
        assert child.stdout is not None
        path = Path(child.stdout.readline().strip())
        child.send_signal(signal.SIGKILL)
    assert rows(path)[-1]["epoch"] == 3
    whole = new_run()
    run_train(config, whole)
    with Run.open(path) as again:
        run_train(config, again, resume=True)
    assert_same_training(whole.path, path)


@pytest.mark.usefixtures("no_plots")
def test_a_finished_run_can_be_resumed_for_more_epochs(new_run: NewRun) -> None:
    whole, short = new_run(), new_run()
    run_train(config_of(), whole)
    run_train(config_of(training={"epochs": 2, "batch_size": 100}), short)
    run_train(config_of(), short, resume=True)
    assert_same_training(whole.path, short.path)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"optimizer": {"name": "momentum", "lr": 0.1}}, "optimizer.lr was 0.05 and is 0.1"),
        ({"seed": 1}, "seed was 0 and is 1"),
    ],
)
@pytest.mark.usefixtures("no_plots")
def test_a_changed_config_cannot_be_resumed(new_run: NewRun, sections: dict[str, Any], words: str) -> None:
    run = new_run()
    run_train(config_of(training={"epochs": 1, "batch_size": 100}), run)
    with pytest.raises(RunError, match=words):
        run_train(config_of(**sections), run, resume=True)


@pytest.mark.usefixtures("no_plots")
def test_resuming_without_a_checkpoint_says_so(new_run: NewRun) -> None:
    with pytest.raises(RunError, match="no checkpoint"):
        run_train(config_of(), new_run(), resume=True)


def test_a_cost_that_runs_away_ends_the_run_as_diverged(new_run: NewRun) -> None:
    run = new_run()
    result = run_train(config_of(model={"name": "mlp"}, optimizer={"name": "sgd", "lr": 1e4}), run)
    assert result.verdict == "diverged"
    assert result.exit_code == 4
    assert result.metrics["test_accuracy"] is None
    assert "at epoch 1, step 10" in result.summary
    assert (run.path / "plots" / "curves.png").exists()


@pytest.mark.usefixtures("no_plots")
def test_early_stopping_waits_for_its_patience(new_run: NewRun) -> None:
    training = {"epochs": 30, "batch_size": 100, "early_stopping": {"patience": 2, "min_delta": 0.5}}
    result = run_train(config_of(training=training), new_run())
    assert result.metrics["epochs"] == 3
    assert "stopped early after epoch 3: no improvement in 2 epochs" in result.summary


@pytest.mark.usefixtures("no_plots")
def test_max_time_finishes_the_epoch_and_its_checkpoint(new_run: NewRun) -> None:
    ticks = count()
    run = new_run()
    result = run_train(config_of(), run, max_time=1, clock=lambda: float(next(ticks)))
    assert result.metrics["epochs"] == 1
    assert "time limit of 1 s reached" in result.summary
    assert state(run.path)["epoch"] == 1


@pytest.mark.usefixtures("no_plots")
def test_the_best_weights_are_the_first_of_equals(new_run: NewRun) -> None:
    """With a learning rate near 0 nothing changes after the first epoch."""
    config = config_of(model={"name": "mlp"}, optimizer={"name": "sgd", "lr": 1e-12})
    assert run_train(config, new_run()).metrics["best_epoch"] == 1


@pytest.mark.usefixtures("no_plots")
def test_regression_is_judged_by_its_loss(new_run: NewRun, tmp_path: Path) -> None:
    result = _regression(new_run(), tmp_path)
    assert result.verdict == "pass"
    assert result.metrics["best_val_accuracy"] is None
    assert result.metrics["test_accuracy"] is None
    assert result.metrics["test_loss"] < 0.2
    assert "best validation loss" in result.summary
    assert result.tables[0].columns == ("epoch", "train loss", "val loss", "lr")


def _regression(run: Run, folder: Path) -> StepResult:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 3)).astype("float32")
    y = (x @ np.array([1.0, -2.0, 0.5]) + 0.1 * generator.normal(size=400)).astype("float32")
    np.savez(folder / "line.npz", x=x, y=y)
    config = config_of(
        data={"source": "npz", "path": str(folder / "line.npz"), "test": 0.2},
        model={"name": "mlp", "args": {"hidden": [16]}},
        loss="mse",
        optimizer={"name": "momentum", "lr": 0.02},
        training={"epochs": 20, "batch_size": 20},
    )
    return run_train(config, run)


@pytest.mark.usefixtures("no_plots")
def test_the_test_split_is_looked_at_once_and_with_the_best_weights(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, torch.Tensor]] = []

    def watched(model: torch.nn.Module, *arguments: Any) -> Score:
        seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return evaluate(model, *arguments)

    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.evaluate", watched)
    epochs: list[Score] = []

    def merit(_: Yardstick, score: Score) -> Merit:
        """The first epoch is the best."""
        epochs.extend([score] if score not in epochs else [])
        return Merit.of_value(-epochs.index(score))

    monkeypatch.setattr(Yardstick, "merit", merit)
    run = new_run()
    result = run_train(config_of(), run)
    assert result.metrics["best_epoch"] == 1
    (tested,) = seen
    best = safetensors.torch.load_file(run.checkpoints / "best.safetensors")
    assert all(torch.equal(tested[name], tensor) for name, tensor in best.items())
