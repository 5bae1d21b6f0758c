"""A forked command does what a fresh one does, and what cannot be forked is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .program import may_fork, run_program

ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "PYTHONPATH")}
ENVIRONMENT |= {"OMP_NUM_THREADS": "1", "COLUMNS": "70"}
OWN = "import os, sys\nsys.stderr.write(f'{os.getcwd()} {sys.argv[1:]} {sys.path[0]}\\n')\nos._exit(7)\n"


@pytest.mark.parametrize("line", ["--help", "config check no.yaml", "train --epochs", "config show digits"])
def test_a_fork_prints_and_ends_as_a_fresh_process(line: str, tmp_path: Path) -> None:
    assert may_fork(ENVIRONMENT), "or the suite takes twice its time"
    forked = run_program(line.split(), tmp_path, ENVIRONMENT)
    command = [sys.executable, "-m", "nnbabysit", *line.split()]
    fresh = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        fresh.returncode,
        fresh.stdout,
        fresh.stderr,
    )
    assert forked.stdout or forked.stderr


def test_a_fork_is_in_its_folder_and_its_end_is_its_own(tmp_path: Path) -> None:
    """What a fork imports or breaks is not there for the next one."""
    (tmp_path / "net.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "c.yaml").write_text("model: {name: 'net:net'}", encoding="utf-8")
    for _ in range(2):
        done = run_program(["sanity", "c.yaml", "-q"], tmp_path, ENVIRONMENT, merged=True)
        assert done.returncode == 7
        assert f"{tmp_path} ['sanity', 'c.yaml', '-q'] {tmp_path}" in done.stdout.decode()


def test_a_command_that_hangs_is_killed(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text("model: {name: 'net:net'}", encoding="utf-8")
    with pytest.raises(subprocess.TimeoutExpired):
        run_program(["sanity", "c.yaml"], tmp_path, ENVIRONMENT, timeout=0.1)
    assert run_program(["--version"], tmp_path, ENVIRONMENT).returncode == 0


@pytest.mark.parametrize("changed", ["HOME", "LC_ALL", "MPLCONFIGDIR", "PYTHONUTF8", "OMP_NUM_THREADS"])
def test_what_an_import_may_read_is_read_by_a_fresh_process(changed: str) -> None:
    assert not may_fork({**ENVIRONMENT, changed: "2"})
