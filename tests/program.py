"""``nnbabysit`` as a process of its own, forked off one that has imported PyTorch already.

Most of the time of a short command goes into importing other people's packages. ``run_program`` has a server
for each test process, which imports them once and forks itself for each command. The fork imports nnbabysit
as ``python -m nnbabysit`` does, in a folder, an environment and with streams of its own. Where a variable of
the environment could change what an import does, and where forking is not safe, it is a fresh process.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

SERVER = Path(__file__).with_name("program_server.py")
READ_LATE = {"CI", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PATH", "TERM"}
"""Variables that are read when a command runs, not when a package is imported."""
SET_BY_IMPORTS = {"CRC32C_SW_MODE", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK"}
"""Variables that packages set when they are imported, here as in the server."""
AT_START = dict(os.environ)
"""The environment of the server: pytest and its fixtures change this process's own."""


def run_program(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    merged: bool = False,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``nnbabysit ARGUMENTS`` to its end, with nothing on its standard input.

    Args:
        arguments: What is typed behind ``nnbabysit``.
        folder: Where it is typed.
        environment: All variables that it sees.
        merged: Both streams as one, in the order in which they were written.
        timeout: Seconds until it is killed.

    Raises:
        subprocess.TimeoutExpired: It was killed.
    """
    command = [sys.executable, "-m", "nnbabysit", *arguments]
    if sys.platform != "linux" or not may_fork(environment):
        return subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            timeout=timeout,
            check=False,
        )
    with tempfile.TemporaryDirectory() as written:
        stdout, stderr = (Path(written, name) for name in ("stdout", "stderr"))
        job = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "stdout": str(stdout),
            "stderr": str(stdout if merged else stderr),
        }
        code = _exit_code(job, command, timeout)
        return subprocess.CompletedProcess(
            command, code, stdout.read_bytes(), b"" if merged else stderr.read_bytes()
        )


def run_program_as_text(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """The same with both streams as text; lines end as they do on this platform."""
    done = run_program(arguments, folder, environment)
    stdout, stderr = (text.decode().replace("\r\n", "\n") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, stdout, stderr)


def may_fork(environment: Mapping[str, str]) -> bool:
    """Whether an environment is that of the server, save for what is read late."""
    server = _server_environment()
    changed = {name for name in {*environment, *server} if environment.get(name) != server.get(name)}
    return not {name for name in changed - READ_LATE - SET_BY_IMPORTS if not name.startswith("PYTEST_")}


def _server_environment() -> dict[str, str]:
    return {
        **{name: value for name, value in AT_START.items() if name != "PYTHONPATH"},
        "OMP_NUM_THREADS": "1",
    }


def _exit_code(job: Mapping[str, object], command: list[str], timeout: float | None) -> int:
    server = _server()
    requests, answers = _pipes(server)
    requests.write(json.dumps(job).encode() + b"\n")
    requests.flush()
    child = int(answers.readline())
    late = timeout is not None and not select.select([answers], [], [], timeout)[0]
    if late:
        os.kill(child, signal.SIGKILL)
    code = int(answers.readline())
    if late:
        assert timeout is not None
        raise subprocess.TimeoutExpired(command, timeout)
    return code


@cache
def _server() -> subprocess.Popen[bytes]:
    """The server of this process; it ends with it, when its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, str(SERVER)],
        env=_server_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )


def _pipes(server: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert server.stdin is not None
    assert server.stdout is not None
    return server.stdin, server.stdout
