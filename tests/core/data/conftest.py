"""The golden files, the script that made them, and modules with functions of a user's."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nnbabysit.core.config.schema.root import Config

GOLDEN = Path(__file__).parents[2] / "golden"
_NUMBERS = count()


@pytest.fixture
def golden() -> Path:
    return GOLDEN


@pytest.fixture(scope="session")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden", GOLDEN / "make_golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def user_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Writes a user's module; returns the part of the import path before the colon."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    written: list[str] = []

    def write(text: str) -> str:
        name = f"users_data_{next(_NUMBERS)}"
        (tmp_path / f"{name}.py").write_text(text)
        written.append(name)
        return str(tmp_path / f"{name}.py")

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture
def config() -> Callable[..., Config]:
    """Builds a config from sections given as plain dicts."""

    def build(**sections: Any) -> Config:
        return Config.model_validate(sections)

    return build
