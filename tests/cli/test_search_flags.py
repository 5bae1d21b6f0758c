"""search: what it refuses in one sentence, before torch is loaded, and what --repeat and --grid leave."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from .test_bad_input import Shell, check_refusal

Write = Callable[[str, str], Path]

BAD_AXES = [
    ("optimizer.lr: {uniform: [0.1, 0.1]}", "uniform needs a low end below the high end, got [0.1, 0.1]"),
    ("optimizer.lr: {uniform: [1, 0.1]}", "uniform needs a low end below the high end, got [1, 0.1]"),
    ("training.batch_size: {int: [8, 8]}", "int needs a low end below the high end, got [8, 8]"),
    ("optimizer.lr: {log_uniform: [0, 1]}", "log_uniform needs both ends above 0, got [0, 1]"),
    ("optimizer.lr: {log_uniform: [-1, 1]}", "log_uniform needs both ends above 0, got [-1, 1]"),
    ("optimizer.learning: {uniform: [0, 1]}", "there is no setting optimizer.learning"),
    ("model.args.hidden: {choice: []}", "expected at least one value, got a list of 0"),
]
NAMES = ["empty", "inverted", "empty-int", "log-of-zero", "log-of-negative", "no-such-path", "no-choices"]

GRID = "search.coarse.space={model.args.hidden: {choice: [[5], [6], [7]]}, training.epochs: {choice: [1, 2]}}"


@pytest.mark.parametrize("command", [("config", "check"), ("search", "--coarse")], ids=["check", "search"])
@pytest.mark.parametrize(("axis", "words"), BAD_AXES, ids=NAMES)
def test_an_axis_that_cannot_be_searched_is_refused_with_its_line(
    shell: Shell, tmp_path: Path, write: Write, axis: str, words: str, command: tuple[str, str]
) -> None:
    write("own.yaml", f"name: own\nsearch:\n  coarse:\n    space:\n      {axis}\n")
    check_refusal(shell(*command, "own.yaml"), tmp_path, "own.yaml:5:", words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--repeat", "-1"), ("--repeat",)),
        (("--repeat", "many"), ("--repeat", "valid integer")),
        (("-S", "search.repeat=-1"), ("search.repeat", "-1")),
        (("-S", "search.top=0"), ("search.top", "0")),
        (("-S", "search.sampler=halton"), ("search.sampler", "halton")),
        (("--grid", "-S", GRID, "-S", "search.coarse.trials=5"), ("coarse.trials", "needs 6", "are 5")),
        (
            ("-S", "search.sampler=grid", "-S", GRID, "-S", "search.coarse.trials=5"),
            ("search.coarse.trials", "Set trials to at least 6", "search without a grid"),
        ),
        (
            ("--fine", "--grid", "-S", GRID.replace("coarse", "fine"), "-S", "search.fine.trials=5"),
            ("search.fine.trials", "needs 6"),
        ),
        (("-S", "search.coarse.space={}"), ("search.coarse.space", "nothing to search")),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_refused(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    check_refusal(shell("search", "digits", "--device", "cpu", *arguments), tmp_path, *words)


def test_a_grid_that_does_not_fit_is_refused_before_torch_is_loaded(tmp_path: Path) -> None:
    line = ["search", "digits", "--grid", "-S", GRID, "-S", "search.coarse.trials=5"]
    script = (
        "import sys\n"
        "from nnbabysit.cli.app import run_command\n"
        f"assert run_command({line!r}) == 2\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


SMALL = (
    "--device",
    "cpu",
    "-S",
    "search.coarse.trials=9",
    "-S",
    "search.coarse.epochs=1",
    "-S",
    "search.top=2",
)


def test_repeat_trains_the_best_again_and_its_winner_is_the_one_to_train(
    shell: Shell, tmp_path: Path
) -> None:
    done = shell("search", "digits", *SMALL, "--repeat", "3", "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)["metrics"]
    assert [one["seeds"] for one in metrics["repeats"]] == [[1, 2, 3]] * 2
    assert metrics["best"]["index"] == metrics["repeats"][0]["index"]
    assert done.stderr.count("again trial ") == 6
    kept = yaml.safe_load((tmp_path / "runs" / "latest" / "config.yaml").read_text(encoding="utf-8"))
    assert kept["search"]["repeat"] == 3
    trained = shell("train", "--best-of", "runs/latest", "-S", "training.epochs=1", "--json")
    assert trained.returncode == 0, trained.stderr
    config = yaml.safe_load((tmp_path / "runs" / "latest" / "config.yaml").read_text(encoding="utf-8"))
    assert config["optimizer"]["lr"] == metrics["best"]["params"]["optimizer.lr"]


def test_grid_is_a_setting_of_the_run(shell: Shell, tmp_path: Path) -> None:
    done = shell("search", "digits", *SMALL, "--grid", "--json")
    assert done.returncode == 0, done.stderr
    rates = {trial["params"]["optimizer.lr"] for trial in json.loads(done.stdout)["metrics"]["trials"]}
    assert len(rates) == 3
    kept = yaml.safe_load((tmp_path / "runs" / "latest" / "config.yaml").read_text(encoding="utf-8"))
    assert kept["search"]["sampler"] == "grid"
