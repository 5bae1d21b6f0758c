"""Makes relative paths and the user's own modules absolute: a config means the same from everywhere."""

from __future__ import annotations

import os.path
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnbabysit.core.config import tree
from nnbabysit.core.config.fields import Path as KeyPath

_PATHS: tuple[KeyPath, ...] = (("data", "path"), ("data", "validation"), ("data", "test"))
_RUN: KeyPath = ("transfer", "from")
_HUB = "hf:"
_TARGETS: tuple[KeyPath, ...] = (("data", "source"), ("model", "name"), ("loss",))


def resolve(
    settings: dict[str, Any],
    path_folder: Callable[[KeyPath], Path],
    target_folder: Callable[[KeyPath], Path],
) -> None:
    """Rewrite the paths and import targets in ``settings``.

    Args:
        settings: The settings as they were written; changed in place.
        path_folder: Folder that a setting's data path is relative to.
        target_folder: Folder that a setting's Python file is relative to.
    """
    for key in _PATHS:
        value = tree.get(settings, key)
        if isinstance(value, str) and value:
            tree.put(settings, key, str(_absolute(value, path_folder(key))))
    value = tree.get(settings, _RUN)
    if isinstance(value, str) and value:
        tree.put(settings, _RUN, _run(value, path_folder(_RUN)))
    for key in _TARGETS:
        value = tree.get(settings, key)
        if isinstance(value, str) and value.startswith(_HUB):
            tree.put(settings, key, _hub_source(value, target_folder(key)))
        elif isinstance(value, str) and ":" in value:
            tree.put(settings, key, target(value, target_folder(key)))


def target(text: str, folder: Path) -> str:
    """Import target with its file made absolute, where it names a file or a module that lies in ``folder``.

    ``./model.py:Net`` and ``model:Net`` become ``/…/model.py:Net``; ``torchvision.models:resnet18`` stays.
    """
    place, _, name = text.rpartition(":")
    if place.endswith(".py"):
        return f"{_absolute(place, folder)}:{name}"
    parts = place.split(".")
    if not all(part.isidentifier() for part in parts):
        return text
    for file in (folder.joinpath(*parts[:-1], f"{parts[-1]}.py"), folder.joinpath(*parts, "__init__.py")):
        if file.is_file():
            return f"{file.resolve()}:{name}"
    return text


def _run(text: str, folder: Path) -> str:
    """Absolute path of a run or file; a bare word that is no path there stays: it may be the name of a run.

    Links are followed: ``runs/latest`` points elsewhere as soon as this run has begun.
    """
    path = _absolute(text, folder)
    if path.exists():
        return str(path.resolve())
    return text if "/" not in text and "\\" not in text else str(path)


def _hub_source(text: str, folder: Path) -> str:
    """``hf:`` and a name of the hub, or the absolute path of a local folder, written with ./, ~ or /."""
    name = text.removeprefix(_HUB)
    return f"{_HUB}{_absolute(name, folder)}" if name.startswith(("./", "../", "~", "/")) else text


def _absolute(text: str, folder: Path) -> Path:
    """Absolute path without ``..``; ``~`` is the home folder, symbolic links stay as they are written."""
    path = Path(text)
    if text == "~" or text.startswith("~/"):
        path = path.expanduser()
    return Path(os.path.normpath(folder / path))
