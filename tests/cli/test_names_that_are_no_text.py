"""Names of files that are not UTF-8, as an archive from another system leaves them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import ENVIRONMENT
from tests.program import run_program_as_text

Run = Callable[..., subprocess.CompletedProcess[str]]
CONFIG = """\
device: cpu
data: {source: npz, path: p.npz, validation: 0.25}
model: {args: {hidden: [4]}}
training: {epochs: 1, batch_size: 10}
search: {coarse: {trials: 2, epochs: 1, space: {optimizer.lr: {log_uniform: [0.001, 0.1]}}}}
"""


def latin(name: str) -> str:
    """A name whose letters beyond ASCII are Latin-1, as Python holds it."""
    return os.fsdecode(name.encode("latin-1"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder whose name is not UTF-8, as are those of its config and its data."""
    folder = tmp_path / latin("projét")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    for name in ("p.npz", latin("pé.npz")):
        np.savez(folder / name, x=x, y=np.arange(60) % 2)
    np.savez(folder / latin("né.npz"), x=x)
    (folder / latin("cé.yaml")).write_text(CONFIG, encoding="utf-8")
    return folder


@pytest.fixture
def run(project: Path) -> Run:
    """The command line in the project, with runs in a folder of a plain name."""

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = run_program_as_text(arguments, project, ENVIRONMENT)
        assert "bug in nnbabysit" not in done.stderr
        assert "Traceback" not in done.stderr
        return done

    return start


def test_every_command_works_in_a_folder_of_such_a_name(run: Run) -> None:
    config = latin("cé.yaml")
    assert run("train", config).returncode == 0
    predicted = run("predict", "latest", latin("né.npz"), "-o", latin("oé.csv"))
    assert predicted.returncode == 0, predicted.stderr
    for arguments in (("evaluate", "latest"), ("report", "latest"), ("runs", "show", "latest")):
        assert run(*arguments).returncode == 0, arguments
    assert run("search", "--coarse", config).returncode == 0


def test_such_a_path_is_read_from_a_flag_and_comes_back_from_the_config_of_the_run(
    run: Run, project: Path, tmp_path: Path
) -> None:
    runs = str(tmp_path / "runs")
    done = run("data", latin("cé.yaml"), "-S", f"data.path={latin('pé.npz')}", "--runs-dir", runs)
    assert done.returncode in (0, 3), done.stderr
    (folder,) = Path(runs).glob("*_data")
    shown = run("config", "show", str(folder / "config.yaml"), "--json")
    assert r"p\udce9.npz" in shown.stdout
    assert run("config", "check", str(folder / "config.yaml")).returncode == 0
    run("data", str(folder / "config.yaml"), "--runs-dir", runs)
    assert len(list(Path(runs).glob("*_data"))) == 2
