"""A user's file, as ``model.name`` names it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

_numbers = itertools.count()


@pytest.fixture
def user_file(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Writes a file of its own module name that starts with three lines of imports; returns its path."""
    stems: list[str] = []
    path_before = list(sys.path)

    def write(source: str) -> str:
        stems.append(f"user_model_{next(_numbers)}")
        file = tmp_path / f"{stems[-1]}.py"
        file.write_text(
            "import torch\nimport numpy as np\nfrom torch import nn\n" + dedent(source).lstrip("\n")
        )
        return str(file)

    yield write
    sys.path[:] = path_before
    for stem in stems:
        sys.modules.pop(stem, None)
