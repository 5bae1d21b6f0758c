"""stdout, stderr and stdin that are closed, full or without a reader, as a shell binds them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ENVIRONMENT

Bash = Callable[..., subprocess.CompletedProcess[str]]
FULL = "error: standard output cannot be written: No space left on device. "


@pytest.fixture
def bash(tmp_path: Path) -> Bash:
    """Run a line of bash in an empty folder; ``nnbabysit`` in it is ours."""

    def run(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        function = f'nnbabysit() {{ "{sys.executable}" -m nnbabysit "$@"; }}\n'
        return subprocess.run(
            ["bash", "-c", function + line],
            cwd=tmp_path,
            env={**ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    "command", ["--help", "--version", "train --help", "config check digits", "runs ls --json"]
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_stdout_is_told_and_is_a_disk_error(bash: Bash, command: str, unbuffered: str) -> None:
    done = bash(f"nnbabysit {command} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 74
    assert FULL in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_stdout_keeps_what_was_found_in_the_run(bash: Bash, tmp_path: Path) -> None:
    done = bash("nnbabysit data digits -q > /dev/full")
    assert done.returncode == 74
    assert FULL in done.stderr
    (run,) = (tmp_path / "runs").glob("*_data")
    assert '"verdict": "pass"' in (run / "result.json").read_text(encoding="utf-8")


def test_a_full_stderr_stops_nothing(bash: Bash) -> None:
    done = bash("nnbabysit data digits 2> /dev/full")
    assert done.returncode == 0
    assert "pass: " in done.stdout


def test_two_full_streams_leave_the_exit_code(bash: Bash) -> None:
    assert bash("nnbabysit config check digits > /dev/full 2> /dev/full").returncode == 74
    assert bash("nnbabysit config check nope.yaml > /dev/full 2> /dev/full").returncode == 2


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_error(bash: Bash, closed: str) -> None:
    assert bash(f"nnbabysit config check digits {closed}").returncode == 0
    assert bash(f"nnbabysit config check nope.yaml {closed}").returncode == 2


def test_no_file_of_a_run_gets_the_number_of_a_closed_stream(bash: Bash, tmp_path: Path) -> None:
    """Else what a library prints on stdout lands in the event log."""
    loader = (
        "import os\ndef load():\n    os.write(1, b'NOI' b'SE')\n    return [[0.0, 1.0]] * 30, [0, 1] * 15\n"
    )
    (tmp_path / "own.py").write_text(loader, encoding="utf-8")
    done = bash("nnbabysit data - -q >&- 2>&- -S training.batch_size=8 <<< 'data: {source: ./own.py:load}'")
    assert done.returncode in (0, 3)  # the samples are all alike
    (run,) = (tmp_path / "runs").glob("*_data")
    for file in run.rglob("*"):
        assert not file.is_file() or b"NOISE" not in file.read_bytes()


@pytest.mark.parametrize("command", ["config show digits", "--help", "config schema", "runs ls --csv"])
def test_a_reader_that_goes_away_is_no_error(bash: Bash, command: str) -> None:
    done = bash(f"nnbabysit {command} | true; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0
    assert done.stderr in ("", "there are no runs in runs\n")


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}]
)
def test_what_the_encoding_lacks_is_written_as_an_escape(
    bash: Bash, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "c.yaml").write_text("data: {path: naïve}\n", encoding="utf-8")
    done = bash("nnbabysit config show c.yaml", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "naïve" in done.stdout or "na\\xefve" in done.stdout
