"""``--log tensorboard``: the run is the same with it, without it, and when it hangs or breaks."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from nnbabysit.cli.app import run_command
from nnbabysit.core.record.events import Event
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.report.sinks import choose as sinks

TRAIN = ["train", "digits", "--device", "cpu", "-S", "training.epochs=2"]


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def latest() -> Path:
    return Path("runs/latest").resolve()


def outcome(run: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Metrics without their times, and everything that the run would go on from."""
    lines, _ = read_lines(run / "metrics.jsonl")
    checkpoint = torch.load(run / "checkpoints" / "last.pt", weights_only=True)
    return [{k: v for k, v in line.items() if k != "time"} for line in lines], checkpoint["model"]


def same(one: Path, other: Path) -> bool:
    (rows, weights), (other_rows, other_weights) = outcome(one), outcome(other)
    return rows == other_rows and all(torch.equal(weights[name], other_weights[name]) for name in weights)


class Writer:
    """A writer whose ``write`` is given by the test."""

    def __init__(self, write: Any) -> None:
        self.write = write

    def flush(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def test_the_run_is_the_same_bit_for_bit_and_the_files_are_there() -> None:
    pytest.importorskip("tensorboardX")
    assert run_command([*TRAIN, "-q"]) == 0
    without = latest()
    assert run_command([*TRAIN, "-q", "--log", "tensorboard"]) == 0
    assert latest() != without
    assert same(latest(), without)
    assert not (without / "tensorboard").exists()
    (file,) = (latest() / "tensorboard").iterdir()
    data = file.read_bytes()
    for tag in (
        b"loss/train",
        b"accuracy/validation",
        b"lr",
        b"gradient_norm",
        b"update_ratios/",
        b"dead_units/",
    ):
        assert tag in data


def test_a_writer_that_hangs_neither_stops_nor_slows_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released, entered = threading.Event(), threading.Event()

    def hang(event: Event) -> None:
        entered.set()
        released.wait()

    assert run_command([*TRAIN, "-q"]) == 0
    without = latest()
    monkeypatch.setattr(sinks, "_tensorboard", lambda run_dir: Writer(hang))
    try:
        assert run_command([*TRAIN, "-q", "--log", "tensorboard"]) == 0
        assert entered.is_set()
        assert not released.is_set()  # it hangs while we are here
    finally:
        released.set()
    assert same(latest(), without)
    assert "warning: tensorboard did not keep up" in capsys.readouterr().err


def test_a_process_ends_while_its_writer_hangs_for_ever(tmp_path: Path) -> None:
    code = (
        "import sys, threading; from nnbabysit.core.report.sinks import choose as sinks; "
        "sinks._tensorboard = lambda run_dir: threading.Event().wait(); "
        "from nnbabysit.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *TRAIN, "--log", "tensorboard"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,  # so that a fault ends the test; it takes seconds
    )
    assert done.returncode == 0, done.stderr
    assert "tensorboard did not keep up" in done.stderr


def test_a_writer_that_breaks_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(event: Event) -> None:
        raise OSError("the disk of the curves is full")

    monkeypatch.setattr(sinks, "_tensorboard", lambda run_dir: Writer(fail))
    assert run_command([*TRAIN, "--log", "tensorboard"]) == 0
    captured = capsys.readouterr()
    told = [line for line in (captured.out + captured.err).splitlines() if "tensorboard is given up" in line]
    assert len(told) == 1
    assert "the disk of the curves is full" in told[0]
    assert json.loads((latest() / "result.json").read_text(encoding="utf-8"))["verdict"] == "pass"


def test_an_unknown_sink_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*TRAIN, "--log", "tensorbord"]) == 2
    assert "there is no 'tensorbord' to log to. Did you mean tensorboard?" in capsys.readouterr().err
    assert run_command(["resume", "latest", "--log", "wandb"]) == 2
    assert "Choose tensorboard" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == "tensorboardX" else found(name, *more),
    )
    assert run_command([*TRAIN, "--log", "tensorboard", "--json"]) == 2
    captured = capsys.readouterr()
    assert "pip install 'nnbabysit[tensorboard]'" in captured.err
    assert json.loads(captured.out)["verdict"] == "error"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_sink_is_refused_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from nnbabysit.cli.app import run_command; "
        "assert run_command(['train', 'digits', '--log', 'tensorbord']) == 2; "
        "heavy = {'torch', 'numpy', 'yaml', 'rich', 'tensorboardX'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)


def test_search_and_babysit_tell_the_sinks_of_each_run() -> None:
    pytest.importorskip("tensorboardX")
    space = "search.coarse.space={optimizer.lr: {log_uniform: [1e-3, 1e-1]}}"
    few = [word for key in ("trials=2", "epochs=1") for word in ("-S", f"search.coarse.{key}")]
    assert run_command(["search", "digits", "-q", "-S", space, *few, "--log", "tensorboard"]) == 0
    assert {path.name for path in (latest() / "tensorboard").iterdir() if path.is_dir()} == {
        "trial-0001",
        "trial-0002",
    }


def test_a_killed_run_goes_on_with_its_curves(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    arguments = [
        "train",
        "digits",
        "--device",
        "cpu",
        "-S",
        "training.epochs=300",
        "-v",
        "--log",
        "tensorboard",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "nnbabysit", *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("checkpoint"):
                process.send_signal(signal.SIGKILL)
                break
        process.stderr.read()
    assert process.returncode == -signal.SIGKILL
    assert run_command(["resume", "latest", "-q", "--max-time", "0.01s", "--log", "tensorboard"]) == 0
    assert len(list((latest() / "tensorboard").iterdir())) == 2
