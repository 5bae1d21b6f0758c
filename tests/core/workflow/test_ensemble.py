"""Ensembles: members are trainings of their own, their mean and what they know together are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.config.loading import load_config, to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run import Event, Run
from nnbabysit.core.training.evaluation.load_trained import load_trained
from nnbabysit.core.workflow.execute import conclude
from nnbabysit.core.workflow.gates.train.ensemble import run_ensemble
from nnbabysit.core.workflow.gates.train.ensemble_members import COMMAND, begun_members, size_of, with_members
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult
from nnbabysit.core.workflow.trained.evaluate import run_evaluate
from nnbabysit.core.workflow.trained.networks import load_members


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])
    monkeypatch.setattr("nnbabysit.core.workflow.execute.write_report", lambda _: None)


def config_of(**sections: Any) -> Config:
    document: dict[str, Any] = {
        "device": "cpu",
        "seed": 3,
        "data": {"source": "digits", "test": 0.2},
        "model": {"name": "mlp", "args": {"hidden": [12], "dropout": 0.1}},
        "optimizer": {"name": "momentum", "lr": 0.05},
        "training": {"epochs": 3, "batch_size": 100},
    }
    return Config.model_validate({**document, **sections})


@dataclass
class Workplace:
    """Makes runs in one folder and closes them in the end."""

    root: Path
    listener: Callable[[Event], None] = lambda event: None
    opened: list[Run] = field(default_factory=list)

    def new_run(self, command: str, config: Config) -> Run:
        return self._kept(
            Run.create(
                root=self.root,
                command=command,
                config_yaml=to_yaml(config),
                words="a-test",
                listeners=[lambda event: self.listener(event)],
            )
        )

    def reopen(self, path: Path) -> Run:
        return self._kept(Run.open(path))

    def _kept(self, run: Run) -> Run:
        self.opened.append(run)
        return run

    def close(self) -> None:
        for run in self.opened:
            run.close(None)

    def ensemble(self, config: Config, run: Run, members: int | None = 3, **more: Any) -> StepResult:
        result = run_ensemble(config, run, members=members, new_run=self.new_run, reopen=self.reopen, **more)
        conclude(run, result)
        return result

    def train(self, config: Config, members: int = 3, **more: Any) -> StepResult:
        return self.ensemble(config, self.new_run(COMMAND, config), members, **more)


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    made = Workplace(tmp_path / "runs")
    yield made
    made.close()


def best(run: Path | str) -> bytes:
    return (Path(run) / "checkpoints" / "best.safetensors").read_bytes()


def test_members_are_trainings_of_their_own_on_the_same_splits(workplace: Workplace) -> None:
    config = config_of()
    result = workplace.train(config)
    members = result.metrics["members"]
    assert (workplace.root / "latest").resolve() == result.run_dir.resolve()
    assert [member["seed"] for member in members] == [3, 4, 5]
    assert len({best(member["run_dir"]) for member in members}) == 3
    for member in members:
        loaded = load_config(str(Path(member["run_dir"]) / "config.yaml"), cwd=workplace.root).config
        assert (loaded.seed, loaded.data.seed) == (member["seed"], 3)
        run = workplace.new_run("train", loaded)
        alone = run_train(loaded, run)
        assert best(run.path) == best(member["run_dir"])
        assert alone.metrics["test_accuracy"] == member["test_accuracy"]
    assert result.next_command == f"nnbabysit evaluate {result.run_dir}"


def test_mean_and_ensemble_are_those_of_a_plain_mean(workplace: Workplace) -> None:
    config = config_of()
    result = workplace.train(config)
    test = load_dataset(config).test
    assert test is not None
    x, y = test.take(torch.arange(len(test)))
    runs = [Path(member["run_dir"]) for member in result.metrics["members"]]
    with torch.no_grad():
        said = torch.stack([load_trained(run, "cpu").model(x).softmax(1) for run in runs]).mean(0)
    assert result.metrics["ensemble_test_accuracy"] == pytest.approx(
        float((said.argmax(1) == y).double().mean())
    )
    truth = -float(said.gather(1, y[:, None]).log().mean())
    assert result.metrics["ensemble_test_loss"] == pytest.approx(truth, rel=1e-5)
    for name in ("val_accuracy", "val_loss", "test_accuracy", "test_loss"):
        alone = [member[name] for member in result.metrics["members"]]
        assert result.metrics[f"mean_{name}"] == pytest.approx(fmean(alone))
    assert [row[1] for row in result.tables[0].rows[-2:]] == ["mean of them", "ensemble"]


def test_evaluate_names_members_mean_and_ensemble(workplace: Workplace) -> None:
    result = workplace.train(config_of())
    runs = [Path(member["run_dir"]) for member in result.metrics["members"]]
    with workplace.new_run("evaluate", config_of()) as run:
        found = run_evaluate(load_members([result.run_dir], device="cpu"), run)
    assert [row["run"] for row in found.metrics["runs"]] == [str(path) for path in runs]
    assert found.metrics["mean"]["accuracy"] == pytest.approx(result.metrics["mean_test_accuracy"])
    ensemble = found.metrics["ensemble"]
    assert ensemble["accuracy"] == pytest.approx(result.metrics["ensemble_test_accuracy"])
    assert ensemble["loss"] == pytest.approx(result.metrics["ensemble_test_loss"], rel=1e-6)
    assert np.sum(ensemble["confusion"]) == ensemble["samples"]
    assert [row[0] for row in found.tables[0].rows[-2:]] == ["mean of them", "ensemble"]
    assert found.summary.startswith("ensemble of 3: accuracy ")
    assert (found.run_dir / "plots" / "confusion.png").exists()
    assert (found.run_dir / "plots" / "reliability-3.png").exists()


@pytest.mark.parametrize(("kind", "epoch"), [("epoch", 1), ("checkpoint", 2)])
def test_an_interrupted_ensemble_goes_on_where_it_was(workplace: Workplace, kind: str, epoch: int) -> None:
    """Ctrl-C comes in the second member, before its first checkpoint or after it."""
    config = config_of()
    whole = workplace.train(config)
    seen: list[int] = []

    def interrupt(event: Event) -> None:
        if event.kind == kind and event.fields["epoch"] == epoch:
            seen.append(epoch)
            if len(seen) == 2:
                raise KeyboardInterrupt

    workplace.listener = interrupt
    run = workplace.new_run(COMMAND, config)
    with pytest.raises(KeyboardInterrupt):
        workplace.ensemble(config, run)
    workplace.close()
    assert (size_of(run.path), len(begun_members(run.path))) == (3, 2)
    result = workplace.ensemble(config, workplace.reopen(run.path), members=None)
    timed = {"steps", "seconds", "members"}
    assert {key: value for key, value in result.metrics.items() if key not in timed} == {
        key: value for key, value in whole.metrics.items() if key not in timed
    }
    for one, other in zip(result.metrics["members"], whole.metrics["members"], strict=True):
        assert best(one["run_dir"]) == best(other["run_dir"])
    assert [path.name for path in with_members([run.path])] == [
        Path(member["run_dir"]).name for member in result.metrics["members"]
    ]


def test_the_time_may_be_over(workplace: Workplace) -> None:
    seconds = iter(range(10_000))
    result = workplace.train(config_of(), max_time=30, clock=lambda: float(next(seconds)))
    assert 1 <= len(result.metrics["members"]) < 3
    assert f"{len(result.metrics['members'])} of 3 members" in result.summary
    assert result.summary.endswith("the time is over")
    assert result.next_command == f"nnbabysit resume {result.run_dir}"
    workplace.close()
    again = workplace.ensemble(config_of(), workplace.reopen(result.run_dir), members=None)
    whole = workplace.train(config_of())
    assert again.metrics["ensemble_test_loss"] == whole.metrics["ensemble_test_loss"]


def test_a_member_that_diverges_ends_it(workplace: Workplace) -> None:
    result = workplace.train(config_of(model={"name": "mlp"}, optimizer={"name": "sgd", "lr": 1e4}))
    assert result.verdict == "diverged"
    assert result.summary.startswith("stopped at member 1 of 3, seed 3: ")
    assert result.metrics["members"] == []
    assert result.metrics["ensemble_test_accuracy"] is None


def test_regression_averages_the_outputs(workplace: Workplace, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 3)).astype("float32")
    np.savez(tmp_path / "line.npz", x=x, y=(x @ np.array([1, -2, 0.5])).astype("float32"))
    config = config_of(
        data={"source": "npz", "path": str(tmp_path / "line.npz"), "test": 0.2},
        loss="mse",
        training={"epochs": 3, "batch_size": 20},
    )
    result = workplace.train(config, members=2)
    test = load_dataset(config).test
    assert test is not None
    inputs, y = test.take(torch.arange(len(test)))
    runs = [Path(member["run_dir"]) for member in result.metrics["members"]]
    with torch.no_grad():
        said = torch.stack([load_trained(run, "cpu").model(inputs).flatten() for run in runs]).mean(0)
    assert result.metrics["ensemble_test_loss"] == pytest.approx(float((said - y).square().mean()), rel=1e-5)
    assert result.metrics["ensemble_test_accuracy"] is None
    assert "test loss" in result.summary


def test_an_ensemble_without_members_is_told(workplace: Workplace) -> None:
    run = workplace.new_run(COMMAND, config_of())
    with pytest.raises(RunError, match="no member of the ensemble has begun"):
        list(with_members([run.path]))
    with pytest.raises(RunError, match="the ensemble had not begun"):
        size_of(run.path)
