"""A real command line in a folder of its own, and small configs and data for it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..program import run_program_as_text

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "CI", "PYTHONPATH")},
    "OMP_NUM_THREADS": "1",
    "NO_COLOR": "1",
}

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run ``nnbabysit`` with these arguments as a process of its own, in an empty folder."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_program_as_text(arguments, tmp_path, {**ENVIRONMENT, **environment})

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a text file into the folder."""

    def write_text(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture
def points(tmp_path: Path) -> Callable[..., Path]:
    """Write ``points.npz``: 60 samples of 4 numbers, with these labels repeated."""

    def write_npz(*labels: Any) -> Path:
        x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
        y = np.array([labels[i % len(labels)] for i in range(60)])
        path = tmp_path / "points.npz"
        np.savez(path, x=x, y=y)
        return path

    return write_npz


@pytest.fixture
def small() -> str:
    """A config over ``points.npz`` that trains in a moment."""
    return json.dumps(
        {
            "name": "small",
            "device": "cpu",
            "data": {"source": "npz", "path": "points.npz", "validation": 0.25},
            "model": {"name": "mlp", "args": {"hidden": [8]}},
            "training": {"epochs": 2, "batch_size": 10},
        }
    )
