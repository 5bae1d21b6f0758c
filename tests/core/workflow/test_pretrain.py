"""pretrain, and what follows from it: training from its weights, killed and resumed, and the gates before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Event, Listener, Run
from nnbabysit.core.record.training_events import EpochEvent
from nnbabysit.core.workflow.gates.pretrain import load_inputs, run_pretrain
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.gates.train.train import run_train

NewRun = Callable[..., Run]
BEST = "checkpoints/best.safetensors"


def config_of(**sections: Any) -> Config:
    """A small network on the digits, of which a tenth keeps its labels."""
    document: dict[str, Any] = {
        "device": "cpu",
        "data": {"source": "digits", "test": 0.2, "labels": 0.1},
        "model": {"name": "mlp", "args": {"hidden": [24, 8], "norm": "batch"}},
        "training": {"epochs": 4, "batch_size": 23},
        "pretrain": {"epochs": 3, "optimizer": {"name": "adam", "lr": 3e-3}},
    }
    return Config.model_validate({**document, **sections})


@pytest.fixture
def new_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewRun]:
    """Creates run directories and closes them in the end; curves are not drawn."""
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])
    opened: list[Run] = []

    def new(*listeners: Listener) -> Run:
        run = Run.create(root=tmp_path, command="train", config_yaml="{}\n", listeners=listeners)
        opened.append(run)
        return run

    yield new
    for run in opened:
        run.close(None)


@pytest.fixture
def source(new_run: NewRun) -> Path:
    """A run of pretrain."""
    run = new_run()
    run_pretrain(config_of(), run)
    return run.path


def notes(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, NoteEvent)]


@pytest.mark.parametrize("kind", ["autoencoder", "denoising", "stacked"])
def test_the_encoder_it_leaves_is_what_a_network_starts_from(new_run: NewRun, kind: str) -> None:
    events: list[Event] = []
    config = config_of(pretrain={"kind": kind, "epochs": 6, "optimizer": {"name": "adam", "lr": 0.02}})
    run = new_run(events.append)
    result = run_pretrain(config, run)
    assert result.verdict == "pass"
    assert result.metrics["reconstruction_loss"] < result.metrics["mean_loss"]
    assert result.metrics["explained"] == pytest.approx(
        1 - result.metrics["reconstruction_loss"] / result.metrics["mean_loss"]
    )
    assert result.metrics["epochs"] == (12 if kind == "stacked" else 6)
    assert "learns from 1150 inputs, no labels" in notes(events)[0]
    assert {"curves.png", "reconstructions.svg"} <= {path.name for path in (run.path / "plots").iterdir()}
    assert result.next_command.startswith(f"nnbabysit train -S transfer.from={run.path} ")
    saved = safetensors.torch.load((run.path / BEST).read_bytes())
    told: list[Event] = []
    follower = new_run(told.append)
    run_train(config_of(transfer={"from": str(run.path), "freeze": "all"}), follower)
    assert [text for text in notes(told) if "data.labels" in text] == [
        "data.labels is 0.1: 115 of 1150 training samples are used with their labels"
    ]
    assert any("reused hidden1, norm1, hidden2, norm2" in text for text in notes(told))
    kept = safetensors.torch.load((follower.path / BEST).read_bytes())
    assert kept.keys() - saved.keys() == {"output.weight", "output.bias"}
    assert all(torch.equal(kept[name], tensor) for name, tensor in saved.items())  # frozen


def test_the_same_seed_gives_the_same_encoder(new_run: NewRun, source: Path) -> None:
    again, other = new_run(), new_run()
    run_pretrain(config_of(), again)
    run_pretrain(config_of(seed=1), other)
    assert (again.path / BEST).read_bytes() == (source / BEST).read_bytes()
    assert (other.path / BEST).read_bytes() != (source / BEST).read_bytes()


def test_a_stage_leaves_the_layers_below_alone(new_run: NewRun) -> None:
    kept: list[dict[str, torch.Tensor]] = []

    def look(event: Event) -> None:
        if isinstance(event, NoteEvent) and event.text.startswith("hidden2: epochs 4 to 6"):
            kept.append(safetensors.torch.load((run.path / BEST).read_bytes()))

    run = new_run(look)
    run_pretrain(config_of(pretrain={"kind": "stacked", "epochs": 3}), run)
    before, after = kept[0], safetensors.torch.load((run.path / BEST).read_bytes())
    changed = {name.partition(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"hidden2", "norm2"}


def test_a_stage_that_learns_nothing_is_told(new_run: NewRun) -> None:
    slow = {"kind": "stacked", "epochs": 1, "optimizer": {"name": "sgd", "lr": 1e-9}}
    result = run_pretrain(config_of(pretrain=slow), new_run())
    assert result.verdict == "fail"
    assert result.summary.endswith("; hidden1 learned too little: raise pretrain.epochs or its learning rate")


def test_labels_decide_nothing(new_run: NewRun, source: Path) -> None:
    run = new_run()
    run_pretrain(config_of(data={"source": "digits", "test": 0.2}), run)
    assert (run.path / BEST).read_bytes() == (source / BEST).read_bytes()
    assert len(load_inputs(config_of()).train) == 1150


def test_a_rate_that_is_far_too_high_is_told(new_run: NewRun) -> None:
    result = run_pretrain(config_of(pretrain={"optimizer": {"name": "sgd", "lr": 1e6}}), new_run())
    assert result.verdict == "diverged"


@pytest.mark.parametrize("epoch", [2, 3])
def test_a_transfer_that_is_killed_resumes_bit_identically(new_run: NewRun, source: Path, epoch: int) -> None:
    """Killed before and behind the epoch in which frozen layers are unfrozen."""
    config = config_of(transfer={"from": str(source), "unfreeze_after": 2})

    def stop(event: Event) -> None:
        if event.kind == "epoch" and event.fields["epoch"] == epoch:
            raise KeyboardInterrupt

    whole, cut = new_run(), new_run(stop)
    run_train(config, whole)
    with pytest.raises(KeyboardInterrupt):
        run_train(config, cut)
    cut.close(130)
    with Run.open(cut.path) as again:
        run_train(config, again, resume=True)
    assert metrics(whole.path) == metrics(cut.path)
    one, other = (torch.load(run.path / "checkpoints" / "last.pt", weights_only=True) for run in (whole, cut))
    assert all(torch.equal(tensor, other["model"][name]) for name, tensor in one["model"].items())
    assert one["optimizer"]["param_groups"] == other["optimizer"]["param_groups"]
    assert len(one["optimizer"]["param_groups"]) == 2
    frozen = safetensors.torch.load((source / BEST).read_bytes())
    assert not torch.equal(one["model"]["hidden1.weight"], frozen["hidden1.weight"])


def metrics(path: Path) -> list[dict[str, Any]]:
    lines, _ = read_lines(path / "metrics.jsonl")
    return [{key: value for key, value in line.items() if key != "time"} for line in lines]


def test_another_transfer_cannot_be_resumed(new_run: NewRun, source: Path) -> None:
    run = new_run()
    run_train(config_of(transfer={"from": str(source)}), run)
    with pytest.raises(RunError, match=r"transfer\.freeze was all and is none"):
        run_train(config_of(transfer={"from": str(source), "freeze": "none"}), run, resume=True)


def test_layers_that_are_let_go_are_told_and_watched(new_run: NewRun, source: Path) -> None:
    events: list[Event] = []
    run = new_run(events.append)
    run_train(config_of(transfer={"from": str(source), "unfreeze_after": 2}), run)
    assert notes(events)[-1] == ("transfer: no longer frozen, at 0.1 × lr: hidden1, norm1, hidden2, norm2")
    watched = {event.epoch: set(event.update_ratios) for event in events if isinstance(event, EpochEvent)}
    assert watched[2] == {"output.weight"}
    assert watched[3] == {"output.weight", "hidden1.weight", "hidden2.weight"}


def test_sanity_does_not_mind_what_is_frozen_on_purpose(new_run: NewRun, source: Path) -> None:
    result = run_sanity(config_of(transfer={"from": str(source)}), new_run())
    assert result.verdict == "pass"
    assert result.findings == ()


def test_sanity_does_not_compare_a_trained_top_with_guessing(new_run: NewRun, source: Path) -> None:
    trained, events = new_run(), list[Event]()
    optimizer = {"name": "adam", "lr": 0.01}
    run_train(config_of(training={"epochs": 10, "batch_size": 23}, optimizer=optimizer), trained)
    again = config_of(transfer={"from": str(trained.path)})
    result = run_sanity(again, new_run(events.append))
    assert result.metrics["initial_loss"] < 1  # chance-level loss 2.3
    assert result.verdict == "pass"
    assert any("not compared with chance level" in str(event.fields.get("text")) for event in events)
