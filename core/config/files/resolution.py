"""Makes relative paths and the user's own modules absolute: a config means the same from everywhere."""

from __future__ import annotations

import os.path
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnbabysit.core.config import tree
from nnbabysit.core.config.fields import Path as KeyPath
from nnbabysit.core.errors import UserError
from nnbabysit.core.paths import exists, is_file, with_home

_PATHS: tuple[KeyPath, ...] = (("data", "path"), ("data", "validation"), ("data", "test"))
_RUN: KeyPath = ("transfer", "from")
_HUB = "hf:"
_NOTHING = ("none", "null", "nil", "nan", "na", "n/a", "undefined")
"""Words that mean nothing in other languages, and a file in this one."""
_TARGETS: tuple[KeyPath, ...] = (("data", "source"), ("model", "name"), ("loss",))


def resolve(
    settings: dict[str, Any],
    path_folder: Callable[[KeyPath], Path],
    target_folder: Callable[[KeyPath], Path],
) -> list[tuple[KeyPath, str]]:
    """Rewrite the paths and import targets in ``settings``.

    Args:
        settings: The settings as they were written; changed in place.
        path_folder: Folder that a setting's data path is relative to.
        target_folder: Folder that a setting's Python file is relative to.

    Returns:
        Mistakes: the key of a path that cannot be made absolute, or is a word for nothing, and what is wrong.
    """
    found: list[tuple[KeyPath, str]] = []
    steps = [(key, path_folder, _run if key == _RUN else _data) for key in (*_PATHS, _RUN)]
    steps += [(key, target_folder, _code) for key in _TARGETS]
    for key, folder_of, absolute in steps:
        value = tree.get(settings, key)
        if not isinstance(value, str) or not value:
            continue
        try:
            tree.put(settings, key, absolute(value, folder_of(key)))
        except UserError as error:
            found.append((key, str(error)))
    return found


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
        if is_file(file):
            return f"{file.resolve()}:{name}"
    return text


def _run(text: str, folder: Path) -> str:
    """Absolute path of a run or file; a bare word that is no path there stays: it may be the name of a run.

    Links are followed: ``runs/latest`` points elsewhere as soon as this run has begun.
    """
    path = _absolute(text, folder)
    if exists(path):
        return str(path.resolve())
    return text if "/" not in text and "\\" not in text else str(path)


def _data(text: str, folder: Path) -> str:
    """Absolute path of data."""
    path = _absolute(text, folder)
    if text.casefold() in _NOTHING and not exists(path):
        message = f"'{text}' is read as the name of a file, and there is none of that name"
        raise UserError(message, remedy="For nothing at all write null, or leave the line out")
    return str(path)


def _code(text: str, folder: Path) -> str:
    """The target of an import, or the source of a hub; a name without ``:`` stays."""
    if text.startswith(_HUB):
        name = text.removeprefix(_HUB)  # a local folder is written with ./, ~ or /
        return f"{_HUB}{_absolute(name, folder)}" if name.startswith(("./", "../", "~/", "/")) else text
    return target(text, folder) if ":" in text else text


def _absolute(text: str, folder: Path) -> Path:
    """Absolute path without ``..``; symbolic links stay as they are written."""
    return Path(os.path.normpath(folder / with_home(text)))
