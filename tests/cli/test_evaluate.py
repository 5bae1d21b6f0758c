"""``evaluate`` and ``predict`` as typed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Shell


def test_a_run_is_evaluated_and_asked(
    shell: Shell, write: Callable[[str, str], Path], points: Callable[..., Path], small: str, tmp_path: Path
) -> None:
    """One training serves all: each process takes seconds."""
    points(0, 1, 2)
    write("c.yaml", small)
    trained = json.loads(shell("train", "c.yaml", "--json").stdout)
    run = Path(trained["run_dir"]).name
    done = shell("evaluate", run, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["metrics"]["split"] == "validation"
    assert document["metrics"]["accuracy"] == pytest.approx(trained["metrics"]["best_val_accuracy"])
    assert (Path(document["run_dir"]) / "plots" / "confusion.svg").exists()

    again = shell("evaluate", "latest")
    assert again.returncode == 2
    assert "this is a run of evaluate, not of train. Name a training run, which alone keeps a network; " in (
        again.stderr
    )
    assert run in again.stderr

    asked = shell("predict", run, "points.npz")
    assert asked.returncode == 0, asked.stderr
    rows = list(csv.DictReader(io.StringIO(asked.stdout)))
    assert [row["index"] for row in rows] == [str(i) for i in range(60)]
    for row in rows:
        probabilities = {name: float(row[f"probability_{name}"]) for name in "012"}
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert row["prediction"] == max(probabilities, key=lambda name: probabilities[name])

    saved = shell("predict", run, "points.npz", "--output", "out.json")
    assert (saved.stdout, saved.stderr) == ("", "60 predictions written to out.json\n")
    predictions = json.loads((tmp_path / "out.json").read_text())["predictions"]
    assert [p["prediction"] for p in predictions] == [row["prediction"] for row in rows]

    np.savez(tmp_path / "odd.npz", x=np.ones((2, 9)))
    refused = shell("predict", run, "odd.npz", "--output", "odd.csv", "--json")
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["verdict"] == "error"
    assert "a sample has shape (9,), the run was trained on (4,)" in refused.stderr
    assert not (tmp_path / "odd.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evaluate", "nowhere"), "there is no run nowhere"),
        (("predict", "nowhere", "x.npz"), "there is no run nowhere"),
        (("evaluate", "."), "no run directory"),
        (("predict", ".", "x.npz"), "no run directory"),
        (("evaluate", "r", "-S", "seed=1"), "evaluate keeps the settings of its runs"),
        (("predict", "r", "x.npz", "--output", "x.txt"), "--output names a file .csv or .json"),
        (("predict", ".", "x.npz", "--output", "no/x.csv"), "there is no folder"),
    ],
)
def test_bad_input_is_told_in_words_and_leaves_nothing(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = shell(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
