"""What pyproject.toml lists is what lies on disk; file lengths stay bounded."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for top in ("cli", "core") for path in (ROOT / top).rglob("*.py"))


def test_every_package_is_listed_in_pyproject() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(pyproject["tool"]["setuptools"]["packages"])
    found = {"nnbabysit"} | {
        ".".join(("nnbabysit", *init.parent.relative_to(ROOT).parts))
        for top in ("cli", "core", "configs")
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert listed == found


def test_the_version_is_the_same_in_pyproject_and_package() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    init = (ROOT / ".package" / "nnbabysit" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{pyproject["project"]["version"]}"' in init


def test_every_direct_dependency_is_pinned() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*pyproject["dependencies"], *chain.from_iterable(pyproject["optional-dependencies"].values())]
    names = {re.split(r"[\[<>]", name)[0].lower().replace("_", "-") for name in wanted} - {"nnbabysit"}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    assert names <= pinned


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_every_folder_of_the_core_says_why() -> None:
    """A package of the core has a README, a folder within it a docstring."""
    inits = {path for path in SOURCES if path.name == "__init__.py" and path.is_relative_to(ROOT / "core")}
    packages = {path.parent for path in inits if path.parent.parent == ROOT / "core"}
    assert [folder.name for folder in packages if not (folder / "README.md").is_file()] == []
    assert [path for path in inits if not path.read_text(encoding="utf-8").startswith('"""')] == []
