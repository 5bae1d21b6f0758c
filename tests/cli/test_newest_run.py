"""Commands that look at a run take the newest one that fits when none is named, and say which."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.cli.app import run_command
from nnbabysit.cli.run_lookup import newest_run
from nnbabysit.core.errors import RunError

MakeRun = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two trainings with weights, one that has none yet, an ensemble and a search, in this order."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs"
    commands = ("train", "train", "train-ensemble", "train", "search-coarse")
    runs = [make_run(folder, number, command=command) for number, command in enumerate(commands)]
    for run in runs[:2]:
        (run / "checkpoints").mkdir()
        (run / "checkpoints" / "best.safetensors").touch()
    return folder


def test_the_newest_that_fits_is_taken_and_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert newest_run(root).name.endswith("_search-coarse")
    assert newest_run(root, trained=True).name.endswith("1405_calm-otter_train-ensemble")
    assert newest_run(root, trained=True, ensembles=False).name.endswith("1404_calm-otter_train")
    assert capsys.readouterr().err.splitlines()[-1] == (
        "no RUN was named: the newest training is taken, runs/2026-11-20_1404_calm-otter_train"
    )


def test_none_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"there is no trained network here yet\. nnbabysit train trains one"):
        newest_run(tmp_path / "runs", trained=True)


@pytest.mark.parametrize(
    ("typed", "taken"), [(["report"], "1407"), (["runs", "show"], "1407"), (["evaluate"], "1405")]
)
def test_a_command_without_a_run(
    root: Path, typed: list[str], taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command(typed)
    assert f"is taken, runs/2026-11-20_{taken}" in capsys.readouterr().err


def test_predict_takes_one_word_for_the_samples(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["predict", "samples.npz"]) == 2
    assert "is taken, runs/2026-11-20_1404" in capsys.readouterr().err
    assert run_command(["predict", "2026-11-20_1403_calm-otter_train"]) == 2
    assert "this is a run; the samples to predict are missing" in capsys.readouterr().err


def test_runs_alone_lists_them_and_compare_is_runs_compare(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["runs"]) == 0
    alone = capsys.readouterr().out
    assert run_command(["runs", "ls"]) == 0
    assert capsys.readouterr().out == alone != ""
    names = sorted(path.name for path in root.iterdir())[:2]
    assert run_command(["compare", *names, "--json"]) == 0
    short = json.loads(capsys.readouterr().out)
    assert run_command(["runs", "compare", *names, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == short
