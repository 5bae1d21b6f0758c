"""Networks that call a layer more than once go through every gate, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.cli.app import run_command

NETWORKS = Path(__file__).parent / "repeated_calls.py"
STACKED = (
    "SharedActivation", "SharedNorm", "SharedLinear", "Tied", "TwoNames", "OftenerInTraining", "Checkpointed",
    "basic", "bottlenecks",
)  # fmt: skip
ALONE = {"TiedEmbedding": "no stacked twin", "NowAndThen": "draws random numbers", "Pieces": "rearranges"}


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command that must end well; returns what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        code = run_command([*arguments])
        printed = capsys.readouterr()
        assert code == 0, printed.out + printed.err
        return printed.out + printed.err

    return run


def _settings(network: str) -> list[str]:
    settings = {
        "model.name": f"{NETWORKS}:{network}",
        "model.args": "{}",
        "device": "cpu",
        "training": "{epochs: 1, batch_size: 100}",
        "optimizer": "{name: momentum, lr: 0.03}",
        "overfit_tiny": "{epochs: 120, max_loss: 0.2}",
        "sanity.seeds": "2",
        "search.coarse": "{trials: 2, epochs: 1, space: {optimizer.lr: {log_uniform: [0.01, 0.1]}}}",
    }
    return ["digits", *(word for key, value in settings.items() for word in ("-S", f"{key}={value}"))]


QUICK = ("SharedActivation", "SharedNorm")


@pytest.mark.parametrize(
    "network",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in [*STACKED, *ALONE]],
)
def test_every_gate(command: Any, network: str, tmp_path: Path) -> None:
    settings = _settings(network)
    command("sanity", *settings)
    command("overfit-tiny", *settings)
    told = command("search", *settings, "--coarse")
    command("train", *settings)
    train = next(path for path in sorted((tmp_path / "runs").glob("*_train")) if path.is_dir())
    if network in ALONE:
        assert "one by one" in told
    else:
        assert "trials a stack" in told
    np.save(tmp_path / "new.npy", np.zeros((3, 1, 8, 8), dtype="float32"))
    command("evaluate", str(train))
    command("predict", str(train), "new.npy")
    command("export", str(train), "--format", "safetensors")
    command("train", *settings, "-S", f"transfer={{from: {train}, freeze: 1}}")


@pytest.mark.slow
@pytest.mark.parametrize("network", ["SharedActivation", "SharedNorm", "Tied", "bottlenecks"])
def test_an_exported_graph_answers_alike(command: Any, network: str, tmp_path: Path) -> None:
    command("train", *_settings(network))
    train = next(path for path in sorted((tmp_path / "runs").glob("*_train")) if path.is_dir())
    command("export", str(train), "--format", "pt2")


def test_calls_are_told_apart_wherever_their_names_are_shown(command: Any, tmp_path: Path) -> None:
    command("train", *_settings("SharedActivation"))
    command("sanity", *_settings("SharedActivation"))
    train = next(path for path in sorted((tmp_path / "runs").glob("*_train")) if path.is_dir())
    sanity = next(path for path in sorted((tmp_path / "runs").glob("*_sanity")) if path.is_dir())
    events = [json.loads(line) for line in (train / "events.jsonl").read_text().splitlines()]
    epochs = [event for event in events if event["kind"] == "epoch"]
    assert [list(event["dead_units"]) for event in epochs] == [["act", "act (call 2)"]]
    rows = [json.loads(line) for line in (train / "metrics.jsonl").read_text().splitlines()]
    probed = [row["activations"] for row in rows if row["split"] == "batch"]
    assert probed
    assert all(list(reading) == ["act", "act (call 2)"] for reading in probed)
    (table,) = [
        table
        for table in json.loads((sanity / "result.json").read_text())["tables"]
        if table["title"].startswith("Activations")
    ]
    assert [row[0] for row in table["rows"]] == ["first", "act", "second", "act (call 2)", "out"]
    assert "act (call 2)" in (train / "report.html").read_text()
