"""The server of ``program.py``: a line of JSON is a command, the answers are process id and exit code."""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
from typing import Any

PACKAGES = (
    *("filelock", "jinja2", "matplotlib.backends.backend_agg", "matplotlib.figure", "optuna", "pydantic"),
    *("rich.live", "rich.table", "safetensors.torch", "torch._dynamo", "typer", "yaml"),
)
"""What the commands import of others, as far as it takes time; torch.optim imports ``torch._dynamo``."""


def next_fork() -> dict[str, Any]:
    """Fork for each command; returns within a fork, with its job, and never in the server."""
    gc.collect()
    gc.freeze()
    while line := sys.stdin.buffer.readline():
        child = os.fork()
        if not child:
            return dict(json.loads(line))
        answer(child)
        answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.exit(0)


def answer(number: int) -> None:
    """One line on standard output."""
    os.write(1, f"{number}\n".encode())


def become(job: dict[str, Any]) -> None:
    """Take the folder, environment, streams and arguments of a command, as a fresh process has them."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    opened = os.open(os.devnull, os.O_RDONLY), os.open(job["stdout"], flags), os.open(job["stderr"], flags)
    for number, stream in enumerate(opened):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 -- as long as the process
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, errors="backslashreplace", buffering=1)  # noqa: SIM115
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, f"__{name}__", getattr(sys, name))  # or the buffer is closed when the stream is replaced
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    sys.path[0] = job["folder"]
    sys.argv = ["nnbabysit", *job["arguments"]]


if __name__ == "__main__":
    for package in PACKAGES:
        importlib.import_module(package)
    become(next_fork())
    runpy.run_module("nnbabysit", run_name="__main__", alter_sys=True)
