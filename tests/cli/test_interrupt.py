"""Ctrl-C, SIGTERM and a reader that goes away, on real processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nnbabysit.cli.app import run_command
from nnbabysit.core.record.run import status


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_training_stops_in_order_and_can_be_resumed(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    arguments = ["train", "digits", "--device", "cpu", "-S", "training.epochs=1000", "-v"]
    with subprocess.Popen(
        [sys.executable, "-m", "nnbabysit", *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("checkpoint"):
                process.send_signal(number)
                break
        lines += process.stderr.readlines()
    text = "".join(lines)
    assert process.returncode == code, text
    assert "Traceback" not in text
    assert "nnbabysit resume runs/" in text
    run = (tmp_path / "runs" / "latest").resolve()
    assert status(run) == "ended"
    assert json.loads((run / "meta.json").read_text(encoding="utf-8"))["exit_code"] == code
    assert not list(run.rglob("*.tmp.*"))
    assert (run / "checkpoints" / "last.pt").is_file()


def test_babysit_names_the_step_that_was_interrupted_and_how_to_go_on(tmp_path: Path) -> None:
    endless = ["overfit_tiny.max_loss=1e-30", "overfit_tiny.epochs=1000000"]
    arguments = ["babysit", "digits", *endless, "--device", "cpu"]
    with subprocess.Popen(
        [sys.executable, "-m", "nnbabysit", *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 1 /"):
                process.send_signal(signal.SIGINT)
                break
        text = process.stderr.read()
    assert process.returncode == 130, text
    assert "interrupted in overfit-tiny" in text
    settings = " ".join(f"-S {setting}" for setting in endless)
    assert f"Continue with nnbabysit overfit-tiny digits {settings} --device cpu" in text


def test_a_stopped_training_goes_on_in_its_own_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["train", "digits", "-S", "training.epochs=4", "--max-time", "0.01s", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["metrics"]["epochs"] == 1
    assert first["next"] == f"nnbabysit resume {Path(first['run_dir']).relative_to(tmp_path)}"
    assert run_command(["resume", "latest", "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert second["metrics"]["epochs"] == 4
    assert second["run_dir"] == first["run_dir"]


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """``nnbabysit config show digits | head -1`` where head closes at once."""
    with subprocess.Popen(
        [sys.executable, "-m", "nnbabysit", "config", "show", "digits"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
