"""What people type in place of ``-S optimizer.lr=0.1``: flags, short names, and settings beside CONFIG."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nnbabysit.core.config.loading import load_config

from .conftest import Shell

Write = Callable[[str, str], Path]


def resolved(shell: Shell, *typed: str) -> dict[str, object]:
    """The settings that a command line resolves to."""
    done = shell("config", "show", "digits", "--json", *typed)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert isinstance(document["config"], dict)
    return document["config"]


def test_a_setting_may_stand_beside_the_config(shell: Shell) -> None:
    config = resolved(shell, "epochs=5", "lr=0.25", "-S", "schedule=cosine", "trainer.max_epochs=6")
    assert config["training"]["epochs"] == 6  # type: ignore[index]
    assert config["optimizer"]["lr"] == 0.25  # type: ignore[index]
    assert config["schedule"]["name"] == "cosine"  # type: ignore[index]


def test_a_file_of_that_name_wins(shell: Shell, write: Write) -> None:
    write("epochs=5", "name: from-a-file\n")
    done = shell("config", "show", "epochs=5", "seed=3")
    assert "name: from-a-file" in done.stdout
    assert yaml.safe_load(done.stdout)["seed"] == 3


def test_two_configs_are_one_too_many(shell: Shell) -> None:
    done = shell("data", "digits", "fashion-mnist")
    assert done.returncode == 2
    assert "one CONFIG is taken, not digits and fashion-mnist; a setting is written path=value" in done.stderr


def test_flags_are_settings_and_the_run_names_them_by_their_paths(
    shell: Shell, write: Write, points: Callable[..., Path], small: str, tmp_path: Path
) -> None:
    points(0, 1)
    write("c.yaml", small)
    flags = ("--lr", "0.125", "--epochs", "1", "--batch-size", "20", "--optimizer", "Adam")
    done = shell("train", "c.yaml", *flags, "--json")
    assert done.returncode == 0, done.stderr
    run = Path(json.loads(done.stdout)["run_dir"])
    config = load_config(str(run / "config.yaml"), cwd=tmp_path).config
    assert (config.optimizer.name, config.optimizer.lr) == ("adam", 0.125)
    assert (config.training.epochs, config.training.batch_size) == (1, 20)
    wrong = shell("train", "c.yaml", "--lr", "0")
    assert (wrong.returncode, wrong.stderr) == (2, "error: --lr  must be above 0, got 0.0\n")


def test_trials_are_those_of_both_stages_and_search_takes_them_as_a_flag(
    shell: Shell, write: Write, points: Callable[..., Path], small: str
) -> None:
    points(0, 1)
    space = {"coarse": {"epochs": 1, "space": {"optimizer.lr": {"log_uniform": [1e-3, 1e-1]}}}}
    write("c.yaml", json.dumps({**json.loads(small), "search": space}))
    done = shell("search", "c.yaml", "--trials", "3", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert len(document["metrics"]["trials"]) == 3
    assert "-S search.fine.trials=3" in document["next"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("train", "--learning-rate", "0.1"), "as a setting: optimizer.lr=VALUE"),
        (("search", "--epochs", "3"), "as a setting: training.epochs=VALUE"),
        (("train", "--gradient-accumulation-steps", "4"), "raise training.batch_size"),
    ],
)
def test_a_flag_of_another_tool_is_answered(shell: Shell, typed: tuple[str, ...], said: str) -> None:
    done = shell(*typed)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("named", "advised"),
    [
        ("model.py", "init --from model.py:Digits --data DATA"),
        ("model.py:Net", "init --from model.py:Net --data DATA"),
        ("missing.py", "init --from missing.py:Net --data DATA"),
        ("package.module:Net", "init --from package.module:Net --data DATA"),
    ],
)
def test_python_in_place_of_a_config_is_answered_with_init(
    shell: Shell, write: Write, named: str, advised: str
) -> None:
    write("model.py", "import torch\n\nclass Digits(torch.nn.Module):\n    pass\n")
    done = shell("train", named)
    assert done.returncode == 2
    assert (
        f"this is Python code, not a config; write a config for the network in it with nnbabysit {advised}"
        in (done.stderr)
    )


def test_a_search_over_both_decays_is_refused(shell: Shell) -> None:
    done = shell("search", "digits", "l2=0", "weight_decay=0.001", "--trials", "2")
    assert done.returncode == 2
    assert "search.coarse.space  optimizer.weight_decay: stands beside regularization.l2" in done.stderr


def test_the_bundled_demo_says_so_first_and_last(shell: Shell, write: Write) -> None:
    demo = "the bundled demo, as there is no ./nnbabysit.yaml here"
    done = shell("data")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"nnbabysit data: digits ({demo}), data digits")
    assert lines[-1] == f"this was {demo}; nnbabysit init --from model.py:Net --data DATA begins with yours"
    document = shell("data", "--json")
    assert json.loads(document.stdout)["demo"] is True
    assert document.stderr.splitlines()[-1].startswith(f"this was {demo}")
    assert shell("config", "check").stdout == f"ok: digits ({demo})\n"
    named = shell("data", "digits")
    assert demo not in named.stderr
    write("nnbabysit.yaml", "name: mine\n")
    mine = shell("data", "--json")
    assert "demo" not in json.loads(mine.stdout)
    assert demo not in mine.stderr
