"""A loss of the user's own that compares samples: no command shows classes or an accuracy for its outputs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.cli.app import run_command

TRIPLET = """
import torch

def triplet(z, y):
    assert len(y) <= 40, "asked about more than a batch"
    d, same = torch.cdist(z, z), y[:, None] == y
    return torch.relu(d.masked_fill(~same, 0).amax(1) - d.masked_fill(same, 1e9).amin(1) + 0.5).mean()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a loss and a run that was trained on it."""
    folder = tmp_path_factory.mktemp("triplet")
    (folder / "loss_of_triplets.py").write_text(TRIPLET)
    np.save(folder / "new.npy", np.zeros((2, 1, 8, 8), dtype="float32"))
    settings = {
        "loss": f"{folder}/loss_of_triplets.py:triplet",
        "training": "{epochs: 2, batch_size: 40}",
        "optimizer": "{name: adam, lr: 0.003}",
        "schedule": "{name: warm_restarts, period: 1}",
        "device": "cpu",
    }
    words = [word for key, value in settings.items() for word in ("-S", f"{key}={value}")]
    assert run_command(["train", "digits", *words, "--snapshots", "--runs-dir", str(folder / "runs")]) == 0
    return folder


@pytest.fixture
def run(folder: Path) -> str:
    return str(next(path for path in (folder / "runs").glob("*_train") if not path.is_symlink()))


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run_command([*arguments]) == 0
    return capsys.readouterr().out


def test_training_is_judged_by_the_loss(run: str) -> None:
    result = json.loads((Path(run) / "result.json").read_text())
    assert result["metrics"]["best_val_accuracy"] is None
    assert result["metrics"]["test_accuracy"] is None
    assert "accuracy" not in result["summary"]
    assert "nan" not in result["summary"]
    log = (Path(run) / "log.txt").read_text()
    assert log.count("there is no accuracy, the loss alone counts") == 1
    assert "acc " not in log


def test_evaluate_shows_the_loss_alone(folder: Path, run: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(_printed(capsys, "evaluate", run, "--json", "--runs-dir", str(folder / "evaluated")))
    trained = json.loads((Path(run) / "result.json").read_text())
    assert told["metrics"]["loss"] == pytest.approx(trained["metrics"]["test_loss"], rel=1e-5)
    assert not {"accuracy", "classes", "confusion", "mse"} & told["metrics"].keys()
    assert told["summary"].startswith("loss ")
    both = _printed(capsys, "evaluate", run, run, "--runs-dir", str(folder / "evaluated"))
    assert "ensemble" not in both


def test_predict_gives_numbers(folder: Path, run: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(_printed(capsys, "predict", run, str(folder / "new.npy")))))
    assert list(rows[0]) == ["index", *(f"prediction_{i}" for i in range(10))]
    assert rows[0]["prediction_3"] == rows[1]["prediction_3"]


def test_an_exported_file_has_no_probabilities(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    _printed(capsys, "export", run, "--format", "safetensors")
    import safetensors

    with safetensors.safe_open(Path(run) / "export" / "model.safetensors", "pt") as file:
        card = json.dumps(file.metadata())
    assert "probabilities" not in card
    assert "values" in card
