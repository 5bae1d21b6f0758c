"""evaluate and predict as steps: their numbers are those of training, and of scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics

from nnbabysit.core.config.loading import to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.unlabeled import read_samples
from nnbabysit.core.errors import DataError, RunError
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Run
from nnbabysit.core.training.evaluation.load_trained import load_trained
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult
from nnbabysit.core.workflow.trained.evaluate import run_evaluate
from nnbabysit.core.workflow.trained.networks import load_members
from nnbabysit.core.workflow.trained.predict import predict


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])


def trained_on(root: Path, x: Any, y: Any, loss: str, **sections: Any) -> tuple[Path, StepResult]:
    """A run on these samples."""
    if not (root / f"{loss}.npz").exists():
        np.savez(root / f"{loss}.npz", x=x, y=y)
    document = {
        "device": "cpu",
        "loss": loss,
        "data": {"source": "npz", "path": str(root / f"{loss}.npz"), "test": 0.25},
        "model": {"name": "mlp", "args": {"hidden": [8]}},
        "training": {"epochs": 2, "batch_size": 20},
        **sections,
    }
    config = Config.model_validate(document)
    with Run.create(root=root / "runs", command="train", config_yaml=to_yaml(config)) as run:
        return run.path, run_train(config, run)


def evaluated(root: Path, *runs: Path, **choice: Any) -> StepResult:
    members = load_members(runs, device="cpu", **choice)
    with Run.create(root=root / "runs", command="evaluate", config_yaml="{}\n") as run:
        return run_evaluate(members, run)


def warnings_of(result: StepResult) -> list[str]:
    lines, _ = read_lines(result.run_dir / "events.jsonl")
    return [line["text"] for line in lines if line["kind"] == "warning"]


X = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")


def test_the_numbers_are_those_that_training_reported(tmp_path: Path) -> None:
    path, result = trained_on(tmp_path, X, (X[:, 0] > 0) + (X[:, 1] > 1).astype(int), "cross_entropy")
    found = evaluated(tmp_path, path)
    assert found.verdict == "pass"
    assert found.metrics["split"] == "test"
    assert found.metrics["accuracy"] == pytest.approx(result.metrics["test_accuracy"])
    assert found.metrics["loss"] == pytest.approx(result.metrics["test_loss"])
    assert found.metrics["log_loss"] == pytest.approx(result.metrics["test_loss"], rel=1e-5)
    assert found.metrics["runs"][0]["run"] == str(path)
    assert np.sum(found.metrics["confusion"]) == found.metrics["samples"] == 50
    assert [entry["name"] for entry in found.metrics["classes"]] == ["0", "1", "2"]
    assert {p.name for p in (found.run_dir / "plots").glob("*.png")} == {"confusion.png", "reliability.png"}
    assert warnings_of(found) == []
    validation = evaluated(tmp_path, path, split="validation")
    assert validation.metrics["accuracy"] == pytest.approx(result.metrics["best_val_accuracy"])
    assert "were trained on" in warnings_of(evaluated(tmp_path, path, split="train"))[0]


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_other_tasks_have_the_numbers_of_training_too(tmp_path: Path, loss: str) -> None:
    y = (X[:, :2] > 0).astype("float32") if loss == "bce" else X @ np.array([1, 2, 3, 4], "float32")
    path, result = trained_on(tmp_path, X, y, loss)
    found = evaluated(tmp_path, path)
    assert found.metrics["loss"] == pytest.approx(result.metrics["test_loss"])
    if loss == "mse":
        assert found.metrics["mse"] == pytest.approx(result.metrics["test_loss"], rel=1e-5)
        assert found.metrics.keys() >= {"rmse", "mae", "r2"}
        assert (found.run_dir / "plots" / "predicted.png").exists()
    else:
        assert found.metrics["accuracy"] == pytest.approx(result.metrics["test_accuracy"])
        assert np.shape(found.metrics["confusion"]) == (2, 2, 2)


def test_several_runs_stand_side_by_side(tmp_path: Path) -> None:
    y = (X[:, 0] > 0).astype(int)
    one, _ = trained_on(tmp_path, X, y, "cross_entropy")
    two, _ = trained_on(tmp_path, X, y, "cross_entropy", model={"name": "mlp", "args": {"hidden": [16]}})
    other, _ = trained_on(tmp_path, X, y, "cross_entropy", seed=1)
    found = evaluated(tmp_path, one, two)
    short = [path.name.split("_", 2)[2] for path in (one, two)]
    assert [row[0] for row in found.tables[0].rows] == [*short, "mean of them", "ensemble"]
    assert "accuracy" not in found.metrics
    assert warnings_of(found) == []
    assert (found.run_dir / "plots" / "confusion-2.png").exists()
    apart = evaluated(tmp_path, one, other)
    assert "different samples, so they are not averaged" in warnings_of(apart)[0]
    assert "ensemble" not in apart.metrics
    assert [row[0] for row in apart.tables[0].rows] == [path.name.split("_", 2)[2] for path in (one, other)]
    regression, _ = trained_on(tmp_path, X, X[:, 0], "mse")
    with pytest.raises(RunError, match="answers another question"):
        load_members([one, regression], device="cpu")


def test_of_networks_that_all_answer_with_the_common_class_the_one_that_learned_is_named(
    tmp_path: Path,
) -> None:
    y = (X[:, 0] > 1.6).astype(int)
    adam = {"name": "adam", "lr": 0.003}
    less, more = (
        trained_on(tmp_path, X, y, "cross_entropy", optimizer=adam, training=length, seed=seed)[0]
        for seed, length in enumerate(({"epochs": 2, "batch_size": 20}, {"epochs": 8, "batch_size": 20}))
    )
    found = evaluated(tmp_path, less, more)
    assert found.metrics["runs"][0]["accuracy"] == found.metrics["runs"][1]["accuracy"]
    assert f"the best is {more.name}" in found.summary


def test_changed_data_is_warned_of(tmp_path: Path) -> None:
    path, _ = trained_on(tmp_path, X, (X[:, 0] > 0).astype(int), "cross_entropy")
    np.savez(tmp_path / "cross_entropy.npz", x=X + 1, y=(X[:, 0] > 0).astype(int))
    found = evaluated(tmp_path, path)
    assert found.metrics["data_changed"]
    assert "has changed since the run" in warnings_of(found)[0]


def test_other_samples_are_scored_by_path(tmp_path: Path) -> None:
    path, _ = trained_on(tmp_path, X, (X[:, 0] > 0).astype(int), "cross_entropy")
    np.savez(tmp_path / "new.npz", x=X[:30], y=(X[:30, 0] > 0).astype(int))
    found = evaluated(tmp_path, path, data=tmp_path / "new.npz")
    assert found.metrics["data"] == str(tmp_path / "new.npz")
    samples = read_samples(tmp_path / "new.npz", load_trained(path, "cpu").signature)
    said = [int(p.answer[0]) for p in predict(load_trained(path, "cpu"), samples)]
    assert found.metrics["accuracy"] == pytest.approx(metrics.accuracy_score(X[:30, 0] > 0, said))


def test_the_worst_pictures_are_drawn(tmp_path: Path) -> None:
    path, _ = trained_on(tmp_path, X, X[:, 0] > 0, "cross_entropy", data={"source": "digits", "test": 0.2})
    found = evaluated(tmp_path, path)
    assert (found.run_dir / "plots" / "wrong.png").exists()
    worst = [float(row[2]) for row in found.tables[2].rows]
    assert worst == sorted(worst)


def test_predictions_do_not_depend_on_the_batches(tmp_path: Path) -> None:
    path, _ = trained_on(tmp_path, X, (X[:, :2] > 0).astype("float32"), "bce")
    trained = load_trained(path, "cpu")
    data = load_dataset(trained.config)
    np.savez(tmp_path / "x.npz", x=X[:10])
    samples = read_samples(tmp_path / "x.npz", trained.signature)
    whole, parts = (list(predict(trained, samples, size)) for size in (100, 3))
    assert [p.sample for p in parts] == list(range(10))
    for one, other in zip(whole, parts, strict=True):
        assert one.answer == other.answer
        assert one.values == pytest.approx(other.values)
        assert one.answer == tuple(
            name for name, p in zip(data.class_names, one.values, strict=True) if p > 0.5
        )
    expected = torch.sigmoid(trained.model(data.preprocessing.apply(torch.from_numpy(X[:10]))))
    assert [p.values for p in whole] == [pytest.approx(tuple(row)) for row in expected.tolist()]


def test_broken_rows_of_other_samples_can_be_left_out(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "own.csv").write_text("a,t\n" + "".join(f"{i},{i % 2}\n" for i in range(60)))
    (tmp_path / "torn.csv").write_text("a,t\n1,0\n1,2,3\n4,1\n")
    table = {"source": "csv", "path": str(tmp_path / "own.csv"), "target": "t", "test": 0.25}
    path, _ = trained_on(tmp_path, X, X[:, 0], "cross_entropy", data=table)
    with pytest.raises(DataError, match="1 row cannot be read"):
        load_members([path], data=tmp_path / "torn.csv", device="cpu")
    found = evaluated(tmp_path, path, data=tmp_path / "torn.csv", skip_broken=True)
    assert found.metrics["samples"] == 2
    assert any("line 3" in text for text in warnings_of(found))
