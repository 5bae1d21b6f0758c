"""One thread for all tests, a sample of large tables of them, and run directories made without running."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

# Before torch is imported anywhere: tiny tensors are slower on many threads than on one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

FIRST = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
CONFIG = """\
name: {name}
seed: {seed}
device: auto
data:
  source: digits
  args: {{}}
  preprocess: {{center: channel, scale: standard}}
model:
  name: mlp
  args:
    hidden: [100]
    activation: relu
  init: null
optimizer: {{name: momentum, lr: {lr}, momentum: 0.9}}
training: {{epochs: 20, batch_size: 64, early_stopping: null}}
"""
MakeRun = Callable[..., Path]
SEED = "PYTEST_SAMPLE"
"""Names the variable that chooses which of the tests marked ``sampled`` run; the day if it is not set."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--every``: all tests that are marked ``sampled``, as ``make nightly`` runs them."""
    parser.addoption("--every", action="store_true", help="run the sampled tests whole")


def pytest_configure() -> None:
    """Let the processes of one session agree on the sample, also at midnight."""
    os.environ.setdefault(SEED, str(date.today().toordinal()))


def pytest_report_header(config: pytest.Config) -> str:
    """Say how to repeat the sample."""
    if config.option.every:
        return "sampled tests: all of them"
    return f"sampled tests: {SEED}={os.environ[SEED]} repeats these, --every runs all"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the tests marked ``sampled(n)`` keep every n-th, each day others; of a named file, all."""
    if config.option.every or any(".py" in argument for argument in config.args):
        return
    left_out = [item for item in items if not in_sample(item, int(os.environ[SEED]))]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def in_sample(item: pytest.Item, seed: int) -> bool:
    """Whether a test runs today: within n days each one does."""
    mark = item.get_closest_marker("sampled")
    return mark is None or (crc32(item.nodeid.encode()) + seed) % mark.args[0] == 0


def write_run(
    root: Path,
    number: int = 0,
    *,
    command: str = "train",
    verdict: str | None = "pass",
    exit_code: int | None = 0,
    metrics: dict[str, Any] | None = None,
    name: str = "digits",
    seed: int = 0,
    lr: float = 0.1,
    words: str = "calm-otter",
    findings: list[dict[str, Any]] | None = None,
    **meta: Any,
) -> Path:
    """Write the run that began ``number`` minutes after the first."""
    start = FIRST + timedelta(minutes=number)
    path = root / f"{start:%Y-%m-%d_%H%M}_{words}_{command}"
    path.mkdir(parents=True)
    noted: dict[str, Any] = {
        "schema_version": 1,
        "command": command,
        "argv": ["nnbabysit", command, name],
        "cwd": "/home/me",
        "host": "box",
        "pid": 7,
        "start": f"{start:%Y-%m-%dT%H:%M:%S}.000Z",
        "end": None if exit_code is None else f"{start + timedelta(seconds=30):%Y-%m-%dT%H:%M:%S}.000Z",
        "exit_code": exit_code,
        "versions": {"python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6"},
        "platform": "Linux",
        "cores": 2,
        "threads": 1,
        "device": "cpu",
        "seed": seed,
        "git": {},
        "dataset_fingerprint": "2c22",
        **meta,
    }
    (path / "meta.json").write_text(json.dumps(noted, indent=2), encoding="utf-8")
    (path / "config.yaml").write_text(CONFIG.format(name=name, seed=seed, lr=lr), encoding="utf-8")
    (path / ".lock").touch()
    (path / "events.jsonl").write_text('{"kind": "start", "time": 0.0}\n', encoding="utf-8")
    if verdict is not None:
        result = {
            "schema_version": 1,
            "command": command,
            "verdict": verdict,
            "summary": f"it ended with {verdict}",
            "run_dir": str(path),
            "metrics": metrics or {},
            "findings": findings or [],
            "next": f"nnbabysit {command} digits --seed 1",
        }
        (path / "result.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
    return path


@pytest.fixture
def make_run() -> MakeRun:
    """``make_run(root, number, command=…, verdict=…, …)`` writes one run directory and returns its path."""
    return write_run
