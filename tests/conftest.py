"""One thread for all tests, and run directories as the commands write them, made without running anything."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
