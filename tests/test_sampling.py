"""The sample of the tests marked ``sampled``: everything within n days, each day about as much."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from . import conftest

NUMBERS = """
import pytest

@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", range(60))
def test_number(number):
    pass
"""


@pytest.fixture
def numbers(tmp_path: Path) -> Callable[..., list[str]]:
    """The tests that pytest collects of sixty, on a day, in a folder of its own."""
    (tmp_path / "conftest.py").write_text(
        Path(conftest.__file__).read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "test_numbers.py").write_text(NUMBERS, encoding="utf-8")

    def collected(*arguments: str, day: int = 0) -> list[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-p",
            "no:cacheprovider",
            *arguments,
        ]
        environment = {**os.environ, conftest.SEED: str(day)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return [line for line in done.stdout.splitlines() if "::" in line]

    return collected


def test_three_days_make_the_whole(numbers: Callable[..., list[str]]) -> None:
    days = [numbers(day=day) for day in range(3)]
    assert all(10 <= len(day) <= 30 for day in days)
    assert sorted(name for day in days for name in day) == sorted(numbers("--every"))
    assert len(numbers("--every")) == 60


def test_of_a_file_that_is_named_all_run(numbers: Callable[..., list[str]]) -> None:
    assert len(numbers("test_numbers.py")) == 60
