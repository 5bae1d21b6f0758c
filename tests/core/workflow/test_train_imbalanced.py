"""A training on two classes of which one is rare: who answers with the common one alone must not win."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.formatting import loss_text
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.execute.executor import SequentialExecutor
from nnbabysit.core.search.execute.placement import Placement
from nnbabysit.core.search.execute.stacked_executor import StackedExecutor
from nnbabysit.core.search.execute.trial_spec import TrialSpec
from nnbabysit.core.search.trial import PlannedTrial, Trial, ranked
from nnbabysit.core.training.checkpoints import load_checkpoint, save_checkpoint
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult

RNG = np.random.default_rng(0)
Y = np.arange(1500) % 25 == 0
X = RNG.normal(size=(1500, 20)).astype("float32")
X[:, :4] += 1.8 * Y[:, None]


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])
    monkeypatch.setattr("nnbabysit.core.workflow.gates.search.search.write_run_plots", lambda *_: [])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rare.npz"
    np.savez(path, x=X, y=Y.astype("int64"))
    return path


def config_of(path: Path, **sections: Any) -> Config:
    document: dict[str, Any] = {
        "device": "cpu",
        "data": {"source": "npz", "path": str(path), "validation": 0.3},
        "model": {"name": "mlp", "args": {"hidden": [16]}},
        "optimizer": {"name": "adam", "lr": 0.0005},
        "training": {"epochs": 30, "batch_size": 50, "early_stopping": {"patience": 5}},
    }
    return Config.model_validate({**document, **sections})


def trained(config: Config, root: Path) -> StepResult:
    with Run.create(root=root / "runs", command="train", config_yaml="{}\n") as run:
        return run_train(config, run)


def test_the_trained_network_wins_over_the_untrained_one(path: Path, tmp_path: Path) -> None:
    result = trained(config_of(path), tmp_path)
    assert result.metrics["epochs"] == 30, "the loss fell to the end"
    assert result.metrics["best_epoch"] > 20
    assert result.metrics["best_val_accuracy"] > 0.95
    assert "CUR007" not in {finding.id for finding in result.findings}


def test_the_verdict_says_that_the_rare_class_is_never_predicted(path: Path, tmp_path: Path) -> None:
    training = {"epochs": 8, "batch_size": 50}
    result = trained(config_of(path, training=training), tmp_path)
    words = "all 450 validation samples are called class 0: recall of class 1 is 0"
    assert words in result.summary
    assert "is not above the most frequent answer's, 0.96" in result.summary
    assert result.verdict == "pass"
    well = trained(config_of(path, training=training, optimizer={"name": "adam", "lr": 0.02}), tmp_path)
    assert "validation samples" not in well.summary
    assert "ANS001" not in {finding.id for finding in well.findings}


def test_a_checkpoint_of_an_older_version_goes_on(path: Path, tmp_path: Path) -> None:
    """It held one number where there is a merit now; its accuracy need not be bettered any more."""
    config = config_of(path, training={"epochs": 2, "batch_size": 50, "early_stopping": {"patience": 3}})
    with Run.create(root=tmp_path / "runs", command="train", config_yaml="{}\n") as run:
        run_train(config, run)
        last = run.checkpoints / "last.pt"
        document = load_checkpoint(last, "cpu")  # type: ignore[arg-type]
        save_checkpoint(last, {**document, "watched": 0.96, "best_epoch": 1, "waited": 1})
        longer = config_of(path, training={"epochs": 9, "batch_size": 50, "early_stopping": {"patience": 3}})
        result = run_train(longer, run, resume=True)
    assert result.metrics["epochs"] == 9
    assert result.metrics["best_epoch"] == 9


def trials_of(*rates: float) -> list[PlannedTrial]:
    return [PlannedTrial(index=index, params={"optimizer.lr": rate}) for index, rate in enumerate(rates)]


def order(trials: list[Trial]) -> list[int]:
    return [trial.index for trial in ranked(trials)]


def test_stacks_and_the_plain_loop_rank_alike(path: Path) -> None:
    config = config_of(path)
    data = load_dataset(config)
    planned = trials_of(1e-5, 1e-2, 1e-3, 1e-4, 3e-2)
    loop = SequentialExecutor(TrialSpec(config, data, 4))
    stacks = StackedExecutor(TrialSpec(config, data, 4, 5), placement=Placement(8, 1, 1))
    alone = [trial for group in loop.run(planned) for trial in group]
    together = [trial for group in stacks.run(planned) for trial in group]
    assert order(alone) == order(together)
    assert {trial.index: trial.by_loss for trial in together}[0]
    assert order(alone)[-1] == 0, "right as often as the common class occurs, and the least trained"


def test_a_search_names_the_trial_that_learned(path: Path, tmp_path: Path) -> None:
    space = {"optimizer.lr": {"log_uniform": [1e-5, 1e-2]}}
    search = {"coarse": {"trials": 6, "epochs": 2, "space": space}}
    config = config_of(path, search=search)
    with Run.create(root=tmp_path / "runs", command="search", config_yaml="{}\n") as run:
        result = run_search(config, run, stage="coarse", grid=True)
    best = result.metrics["best"]
    assert best["by_loss"] is True
    assert best["loss"] == min(trial["loss"] for trial in result.metrics["trials"])
    assert best["params"]["optimizer.lr"] == pytest.approx(1e-2)
    assert f"(val_loss {loss_text(best['loss'])}, by which it is ranked" in result.summary
    table = next(table for table in result.tables if table.title.startswith("Best 6"))
    assert table.columns[:3] == ("trial", "val_acc", "val_loss")
