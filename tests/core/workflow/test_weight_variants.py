"""An average and snapshots beside a long run: the run stays as it was, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

import nnbabysit
from nnbabysit.core.config.loading import to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.evaluation.load_trained import kept_weights, load_trained
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult
from nnbabysit.core.workflow.trained.evaluate import run_evaluate
from nnbabysit.core.workflow.trained.export import run_export
from nnbabysit.core.workflow.trained.networks import load_members

NewRun = Callable[..., Run]
WITH = {"average": {"kind": "ema", "decay": 0.9}, "snapshots": True}


def config_of(training: dict[str, Any] | None = None, **sections: Any) -> Config:
    """A small network with dropout and batch normalization on the digits, in cycles of two epochs."""
    document: dict[str, Any] = {
        "device": "cpu",
        "data": {"source": "digits", "test": 0.2},
        "model": {"name": "mlp", "args": {"hidden": [16], "norm": "batch", "dropout": 0.2}},
        "optimizer": {"name": "momentum", "lr": 0.05},
        "schedule": {"name": "warm_restarts", "period": 2},
        "training": {"epochs": 6, "batch_size": 100, **(training or {})},
    }
    return Config.model_validate({**document, **sections})


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[Callable[[Config], tuple[Run, StepResult]]]:
    """Train in a run directory of its own."""
    opened: list[Run] = []

    def train(config: Config) -> tuple[Run, StepResult]:
        run = Run.create(root=tmp_path, command="train", config_yaml=to_yaml(config))
        opened.append(run)
        return run, run_train(config, run)

    yield train
    for run in opened:
        run.close(None)


Train = Callable[[Config], tuple[Run, StepResult]]


def tensors(run: Path, name: str) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(run / "checkpoints" / f"{name}.safetensors")


def state(run: Path) -> dict[str, Any]:
    document = torch.load(run / "checkpoints" / "last.pt", weights_only=True)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("kind", ["ema", "swa"])
def test_the_training_is_the_same_bit_for_bit(trained: Train, kind: str) -> None:
    plain, without = trained(config_of())
    run, result = trained(config_of({"average": {"kind": kind}, "snapshots": True}))
    assert (plain.checkpoints / "best.safetensors").read_bytes() == (
        run.checkpoints / "best.safetensors"
    ).read_bytes()
    one, other = state(plain.path)["model"], state(run.path)["model"]
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())
    assert result.metrics["test_loss"] == without.metrics["test_loss"]
    average = tensors(run.path, "average")
    assert any(not torch.equal(tensor, average[name]) for name, tensor in one.items())


def test_snapshots_are_the_weights_at_the_ends_of_the_cycles(trained: Train) -> None:
    run, result = trained(config_of({"snapshots": True}))
    assert kept_weights(run.path, "snapshots") == ("snapshot-1", "snapshot-2", "snapshot-3")
    for number, epochs in ((1, 2), (2, 4)):
        short, _ = trained(config_of({"epochs": epochs}))
        last = state(short.path)["model"]
        snapshot = tensors(run.path, f"snapshot-{number}")
        assert all(torch.equal(tensor, last[name]) for name, tensor in snapshot.items())
    assert [entry["epoch"] for entry in result.metrics["snapshots"]] == [2, 4, 6]
    lines, _ = read_lines(run.path / "metrics.jsonl")
    seen = {line["epoch"]: line["accuracy"] for line in lines if line["split"] == "validation"}
    assert [e["val_accuracy"] for e in result.metrics["snapshots"]] == [seen[2], seen[4], seen[6]]


def test_the_numbers_are_those_of_a_plain_mean(trained: Train) -> None:
    config = config_of(WITH)
    run, result = trained(config)
    test = load_dataset(config).test
    assert test is not None
    x, y = test.take(torch.arange(len(test)))

    def said(weights: str) -> torch.Tensor:
        with torch.no_grad():
            probabilities: torch.Tensor = load_trained(run.path, "cpu", weights).model(x).softmax(1)
        return probabilities

    average = said("average")
    together = torch.stack([said(f"snapshot-{k}") for k in (1, 2, 3)]).mean(0)
    for name, probabilities in (("average", average), ("snapshot", together)):
        accuracy = float((probabilities.argmax(1) == y).double().mean())
        assert result.metrics[f"{name}_test_accuracy"] == pytest.approx(accuracy)
        truth = probabilities.gather(1, y[:, None]).log().mean()
        assert result.metrics[f"{name}_test_loss"] == pytest.approx(-float(truth), rel=1e-4)
    assert result.metrics["average_of"] == 6 * 12
    assert f"ema average: test accuracy {result.metrics['average_test_accuracy']:.4f}" in result.summary
    assert [row[0] for row in result.tables[1].rows[1:]] == [
        "ema average",
        "snapshot 1 (epoch 2)",
        "snapshot 2 (epoch 4)",
        "snapshot 3 (epoch 6)",
        "mean of 3 snapshots",
    ]


def test_evaluate_takes_the_weights_that_are_asked_for(trained: Train, tmp_path: Path) -> None:
    run, result = trained(config_of(WITH))

    def evaluated(weights: Any) -> StepResult:
        members = load_members([run.path], device="cpu", weights=weights)
        with Run.create(root=tmp_path, command="evaluate", config_yaml="{}\n") as own:
            return run_evaluate(members, own)

    average = evaluated("average").metrics
    assert average["accuracy"] == pytest.approx(result.metrics["average_test_accuracy"])
    assert average["weights"] == "average"
    snapshots = evaluated("snapshots").metrics
    assert snapshots["ensemble"]["accuracy"] == pytest.approx(result.metrics["snapshot_test_accuracy"])
    assert snapshots["ensemble"]["loss"] == pytest.approx(result.metrics["snapshot_test_loss"], rel=1e-6)
    assert [row["weights"] for row in snapshots["runs"]] == ["snapshot-1", "snapshot-2", "snapshot-3"]


def test_a_program_and_an_export_get_the_weights_that_they_ask_for(trained: Train) -> None:
    run, _ = trained(config_of(WITH))
    for name in ("best", "average", "snapshot-2"):
        loaded = nnbabysit.load(run.path, device="cpu", weights=name).model.state_dict()
        assert all(torch.equal(loaded[key], tensor) for key, tensor in tensors(run.path, name).items())
    with pytest.raises(RunError, match="no snapshots"):
        nnbabysit.load(run.path, weights="snapshot-9")
    with pytest.raises(RunError, match="no weights called"):
        nnbabysit.load(run.path, weights="../data")
    run_export(run.path, ["safetensors"], weights="average")
    exported = safetensors.torch.load_file(run.path / "export" / "model.safetensors")
    average = tensors(run.path, "average")
    (name,) = [key for key in exported if key.endswith("output.weight")]
    assert torch.equal(exported[name], average["output.weight"])


def test_weights_that_were_not_kept_are_told(trained: Train) -> None:
    run, _ = trained(config_of())
    with pytest.raises(RunError, match=r"no average of its weights.*--average ema"):
        load_members([run.path], device="cpu", weights="average")
    with pytest.raises(RunError, match=r"no snapshots of its weights.*--snapshots"):
        load_members([run.path], device="cpu", weights="snapshots")


CHILD = """
import sys, time
from pathlib import Path
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.gates.train.train import run_train

def listen(event):
    if event.kind == "epoch" and event.fields["epoch"] == 5:
        print(run.path, flush=True)
        time.sleep(600)

run = Run.create(root=Path(sys.argv[1]), command="train", config_yaml="{}\\n", listeners=[listen])
run_train(Config.model_validate_json(sys.argv[2]), run)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("average", [{"kind": "ema"}, {"kind": "swa", "start": 0.4}])
def test_a_killed_run_resumes_with_the_same_average_and_snapshots(
    trained: Train, tmp_path: Path, average: dict[str, Any]
) -> None:
    config = config_of({"average": average, "snapshots": True})
    arguments = [sys.executable, "-c", CHILD, str(tmp_path), config.model_dump_json()]
    threads = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=threads) as child:
        assert child.stdout is not None
        path = Path(child.stdout.readline().strip())
        child.send_signal(signal.SIGKILL)
    assert state(path)["epoch"] == 4
    whole, expected = trained(config)
    with Run.open(path) as again:
        result = run_train(config, again, resume=True)
    names = ("best", "average", "snapshot-1", "snapshot-2", "snapshot-3")
    for name in (f"checkpoints/{name}.safetensors" for name in names):
        assert (path / name).read_bytes() == (whole.path / name).read_bytes(), name
    timed = ("seconds", "samples_per_second")
    assert {k: v for k, v in result.metrics.items() if k not in timed} == {
        k: v for k, v in expected.metrics.items() if k not in timed
    }


def test_an_average_with_a_start_keeps_the_length_of_its_run(trained: Train) -> None:
    run, _ = trained(config_of({"average": {"kind": "swa"}}))
    with pytest.raises(RunError, match=r"training\.epochs was 6 and is 8"):
        run_train(config_of({"average": {"kind": "swa"}, "epochs": 8}), run, resume=True)
    longer, _ = trained(config_of({"average": {"kind": "ema"}}))
    result = run_train(config_of({"average": {"kind": "ema"}, "epochs": 8}), longer, resume=True)
    assert result.metrics["average_of"] == 8 * 12


def test_a_run_that_ends_before_its_average_begins_says_so(trained: Train) -> None:
    stopping = {"patience": 1, "min_delta": 0.9}
    run, result = trained(config_of({**WITH, "average": {"kind": "swa"}, "early_stopping": stopping}))
    assert "average_test_accuracy" not in result.metrics
    assert not (run.checkpoints / "average.safetensors").exists()
    lines, _ = read_lines(run.path / "events.jsonl")
    assert "nothing was averaged" in " ".join(line["text"] for line in lines if line["kind"] == "warning")


def test_a_diverged_run_has_no_companions(trained: Train) -> None:
    config = config_of(WITH, model={"name": "mlp"}, optimizer={"name": "sgd", "lr": 1e4})
    run, result = trained(config)
    assert result.verdict == "diverged"
    assert "average_val_loss" not in result.metrics
    assert not (run.checkpoints / "average.safetensors").exists()
