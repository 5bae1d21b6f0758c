"""Training on targets far from 0, and going on with data that is no longer the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult

X = np.random.default_rng(0).normal(size=(300, 3)).astype("float32")


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnbabysit.core.workflow.gates.train.train.write_run_plots", lambda *_: [])


def config_of(path: Path, **sections: Any) -> Config:
    document = {
        "device": "cpu",
        "data": {"source": "npz", "path": str(path)},
        "model": {"name": "mlp", "args": {"hidden": [16]}},
        "optimizer": {"name": "adam", "lr": 0.001},
        "training": {"epochs": 2, "batch_size": 20},
    }
    return Config.model_validate({**document, **sections})


def trained(config: Config, root: Path) -> StepResult:
    with Run.create(root=root / "runs", command="train", config_yaml="{}\n") as run:
        return run_train(config, run)


def test_targets_far_from_0_are_named_as_the_reason(tmp_path: Path) -> None:
    """The rate is right for standardized targets; these have mean 150 and deviation 80."""
    path = tmp_path / "far.npz"
    np.savez(path, x=X, y=150 + 80 * X[:, 0])
    result = trained(config_of(path, loss="mse", training={"epochs": 15, "batch_size": 20}), tmp_path)
    assert result.findings[0].id == "CUR009"
    assert not {"CUR003", "CUR004", "CUR007", "CUR008"} & {finding.id for finding in result.findings}
    assert result.findings[0].patch == {}
    np.savez(path, x=X, y=X[:, 0])
    standardized = config_of(path, loss="mse", training={"epochs": 15, "batch_size": 20})
    assert "CUR009" not in {finding.id for finding in trained(standardized, tmp_path).findings}


def test_a_run_does_not_go_on_with_other_classes(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.csv"
    rows = "".join(f"{x},{'pqr'[i % 3]}\n" for i, x in enumerate(X[:, 0]))
    path.write_text(f"a,t\n{rows}")
    config = config_of(path, data={"source": "csv", "path": str(path), "target": "t"})
    folder = trained(config, tmp_path).run_dir
    signature = (folder / "checkpoints" / SIGNATURE_FILE).read_bytes()
    path.write_text(f"a,t\n{rows}".replace("r\n", "s\n"))  # the same numbers, and so the same fingerprint
    with (
        Run.open(folder) as again,
        pytest.raises(RunError, match="since the run began, it has other classes"),
    ):
        run_train(config, again, resume=True)
    assert (folder / "checkpoints" / SIGNATURE_FILE).read_bytes() == signature


def test_a_run_that_goes_on_with_other_samples_says_so(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=X, y=np.arange(300) % 3)
    folder = trained(config_of(path), tmp_path).run_dir
    np.savez(path, x=X + 1, y=np.arange(300) % 3)
    with Run.open(folder) as again:
        run_train(config_of(path, training={"epochs": 3, "batch_size": 20}), again, resume=True)
    lines, _ = read_lines(folder / "events.jsonl")
    assert [line["text"] for line in lines if line["kind"] == "warning"] == [
        "the data has changed since the run began: its fingerprint is another one"
    ]
