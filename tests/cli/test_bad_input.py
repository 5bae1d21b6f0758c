"""Bad input gives one clear sentence, the right exit code, no traceback, and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shell = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[[str, str], Path]
Points = Callable[..., Path]


def check_refusal(
    done: subprocess.CompletedProcess[str], folder: Path, *sentence: str, exit_code: int = 2
) -> None:
    """The sentence names all these words; exit code as documented; stdout empty; nothing half-written."""
    assert done.returncode == exit_code, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert all(part in errors[0] for part in sentence), errors[0]
    assert "Traceback" not in done.stdout + done.stderr
    assert "bug in nnbabysit" not in done.stderr
    assert done.stdout == ""
    assert not (folder / "runs").exists()


def test_a_missing_config_is_named(shell: Shell, tmp_path: Path) -> None:
    check_refusal(shell("train", "nope.yaml"), tmp_path, "nope.yaml", "there is no such file")


def test_a_folder_as_config_is_refused(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    check_refusal(shell("train", "folder.yaml"), tmp_path, "folder.yaml")


def test_a_misspelt_bundled_name_gets_a_suggestion(shell: Shell, tmp_path: Path) -> None:
    check_refusal(shell("sanity", "digit"), tmp_path, "did you mean digits?")


def test_a_config_that_is_no_text_is_refused(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01" * 10)
    check_refusal(shell("sanity", "binary.yaml"), tmp_path, "binary.yaml")


def test_every_mistake_of_a_config_is_listed_with_its_line(
    shell: Shell, tmp_path: Path, write: Write
) -> None:
    write("bad.yaml", "optimizer:\n  name: adamw\n  weigth_decay: 1\ntraining:\n  epochs: many\n")
    done = shell("train", "bad.yaml")
    check_refusal(done, tmp_path, "2 mistakes in the config")
    assert "bad.yaml:3:3  optimizer.weigth_decay: unknown key, did you mean weight_decay?" in done.stderr
    assert "bad.yaml:5:" in done.stderr


def test_a_wrong_type_on_the_command_line_is_named(shell: Shell, tmp_path: Path) -> None:
    check_refusal(shell("sanity", "-S", "optimizer.lr=fast"), tmp_path, "optimizer.lr", "expected a number")


def test_zero_trials_are_refused(shell: Shell, tmp_path: Path) -> None:
    check_refusal(
        shell("search", "--coarse", "-S", "search.coarse.trials=0"), tmp_path, "search.coarse.trials"
    )


def test_a_choice_that_is_none_is_told_without_the_words_of_a_library(shell: Shell, tmp_path: Path) -> None:
    check_refusal(
        shell("evaluate", "latest", "--split", "half"),
        tmp_path,
        "error: Invalid value for '--split': 'half' is not one of 'train', 'validation', 'test'.",
    )


def test_a_flag_is_named_instead_of_the_setting_behind_it(shell: Shell, tmp_path: Path) -> None:
    check_refusal(shell("sanity", "--device", "abacus"), tmp_path, "error: --device", "'abacus'")


def test_runs_under_a_file_are_refused_before_torch_is_imported(shell: Shell, tmp_path: Path) -> None:
    done = shell("sanity", "--runs-dir", "/dev/null/runs")
    check_refusal(done, tmp_path, "/dev/null is not a folder", "--runs-dir")


def test_a_run_that_does_not_exist_cannot_be_resumed(shell: Shell, tmp_path: Path) -> None:
    check_refusal(shell("resume", "no-such-run"), tmp_path, "there is no run no-such-run")


def test_fine_without_a_coarse_run_says_what_to_do_first(shell: Shell, tmp_path: Path) -> None:
    check_refusal(shell("search", "--fine"), tmp_path, "search --coarse")


def test_a_missing_data_file_is_named(shell: Shell, tmp_path: Path, write: Write, small: str) -> None:
    write("small.yaml", small)
    check_refusal(shell("data", "small.yaml"), tmp_path, "points.npz")


@pytest.mark.parametrize(
    ("labels", "words"),
    [((0, 1, -3), ("-3",)), ((0, 2), ("1",))],
    ids=["label out of range", "empty class"],
)
def test_labels_that_cannot_be_trained_on_are_named(
    shell: Shell,
    tmp_path: Path,
    write: Write,
    points: Points,
    small: str,
    labels: tuple[Any],
    words: tuple[str],
) -> None:
    points(*labels)
    write("small.yaml", small)
    check_refusal(shell("sanity", "small.yaml"), tmp_path, "points.npz", *words)


def test_a_batch_larger_than_the_data_names_both_numbers(
    shell: Shell, tmp_path: Path, write: Write, points: Points, small: str
) -> None:
    points(0, 1)
    write("small.yaml", small)
    done = shell("train", "small.yaml", "-S", "training.batch_size=46")
    check_refusal(done, tmp_path, "training.batch_size", "46", "45")


MODEL = """
import torch

class Raises(torch.nn.Module):
    def __init__(self):
        raise ValueError("out of cheese")

class Wide(torch.nn.Sequential):
    def __init__(self):
        super().__init__(torch.nn.Flatten(), torch.nn.Linear(4, 7))
"""


@pytest.mark.parametrize(
    ("model", "exit_code", "words"),
    [
        ("./model.py:Missing", 2, ("Missing",)),
        ("./absent.py:Net", 2, ("absent.py",)),
        ("./model.py:Raises", 1, ("out of cheese", "model.py")),
        ("./model.py:Wide", 2, ("7", "2")),
    ],
)
def test_a_model_that_cannot_be_used_is_named(
    shell: Shell,
    tmp_path: Path,
    write: Write,
    points: Points,
    small: str,
    model: str,
    exit_code: int,
    words: tuple[str],
) -> None:
    points(0, 1)
    write("model.py", MODEL)
    document = json.loads(small)
    document["model"] = {"name": model}
    write("own.yaml", json.dumps(document))
    check_refusal(shell("sanity", "own.yaml"), tmp_path, *words, exit_code=exit_code)


def test_with_json_the_error_is_the_one_document_on_stdout(shell: Shell, tmp_path: Path) -> None:
    done = shell("train", "nope.yaml", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 2
    assert document["verdict"] == "error"
    assert document["command"] == "train"
    assert document["run_dir"] is None
    assert (document["metrics"], document["findings"]) == ({}, [])
    assert "there is no such file" in document["error"]["message"]
    assert not (tmp_path / "runs").exists()


def test_with_json_a_usage_error_is_a_document_too(shell: Shell) -> None:
    done = shell("sanity", "--json", "--sead", "3")
    assert done.returncode == 2
    assert "--sead" in json.loads(done.stdout)["error"]["message"]
    assert "--seed" in done.stderr


LIGHT = [
    ["--help"],
    ["train", "--help"],
    ["--version"],
    ["trian"],
    ["sanity", "--sead"],
    ["config", "check", "digits"],
    ["config", "show", "digits", "-S", "seed=1"],
    ["train", "digits", "-S", "optimizer.lr=fast"],
    ["train", "nope.yaml"],
    ["resume", "nope"],
    ["sanity", "--runs-dir", "/dev/null/runs"],
]


def test_help_and_errors_import_nothing_heavy(tmp_path: Path) -> None:
    """One process per command line would say nothing more: what is loaded stays loaded."""
    script = (
        "import sys, json\n"
        "from nnbabysit.cli.app import run_command\n"
        f"for line in json.loads({json.dumps(json.dumps(LIGHT))!s}):\n"
        "    run_command(line)\n"
        "    heavy = {'torch', 'numpy', 'optuna', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "    assert not heavy, (line, heavy)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_help_imports_no_pydantic_and_no_yaml(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from nnbabysit.cli.app import run_command\n"
        "assert run_command(['--help']) == 0\n"
        "assert not {'pydantic', 'yaml', 'rich', 'torch'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_network_that_exits_is_the_users_code_and_not_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the same process: SystemExit must not get past ``run_command`` with an exit code of its own."""
    from nnbabysit.cli.app import run_command

    (tmp_path / "exits.py").write_text("def net():\n    raise SystemExit(3)\n", encoding="utf-8")
    (tmp_path / "exits.yaml").write_text("model: {name: ./exits.py:net}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run_command(["sanity", "exits.yaml"]) == 1
    assert "exits.py:2: SystemExit: 3. Your own code raised" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
