"""Finds the config file that the user means: a path, a bundled name, or what lies in the current folder."""

from __future__ import annotations

import os.path
import re
import shlex
import stat
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nnbabysit import configs
from nnbabysit.core.errors import ConfigError, Mistake
from nnbabysit.core.paths import exists, is_file, with_home

DEFAULT_FILE = "nnbabysit.yaml"
DEFAULT_NAME = "digits"
STDIN = "-"
_DEVICES = ("/dev/", "/proc/")
_IMPORT = re.compile(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Place:
    """A config file.

    Attributes:
        path: Absolute path.
        shown: The file as the user named it.
        is_bundled: Whether it was named as a bundled config, whose data is not beside it.
        is_stream: Whether it is standard input or a pipe: it is read once, and nothing lies beside it.
    """

    path: Path
    shown: str
    is_bundled: bool
    is_stream: bool = False


def bundled() -> dict[str, Path]:
    """Name → path of the configs that travel with the package."""
    folder = Path(configs.__file__).resolve().parent
    in_folders = (path for path in folder.glob("*/*.yaml") if path.stem == path.parent.name)
    files = sorted([*folder.glob("*.yaml"), *in_folders], key=lambda path: path.stem)
    return {path.stem: path for path in files}


def locate(name_or_path: str | None, cwd: Path) -> Place:
    """The file that is meant.

    Args:
        name_or_path: Path, bundled name, ``-`` for standard input, or None for ``nnbabysit.yaml`` in ``cwd``,
            else the bundled digits.
        cwd: What relative paths are relative to.

    Raises:
        ConfigError: Neither a file nor a bundled config of this name exists.
    """
    if name_or_path is None:
        name_or_path = DEFAULT_FILE if is_file(cwd / DEFAULT_FILE) else DEFAULT_NAME
    if name_or_path == STDIN:
        return Place(Path(STDIN), shown_stream(STDIN), is_bundled=False, is_stream=True)
    known = bundled()
    _refuse_code(name_or_path, cwd)
    is_path = "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith((".yaml", ".yml"))
    if not is_path and name_or_path in known:
        path = known[name_or_path]
        return Place(path, path.name, is_bundled=True)
    if is_path or exists(cwd / name_or_path):
        return _file(name_or_path, cwd, known)
    near = get_close_matches(name_or_path, known, n=1)
    hint = f", did you mean {near[0]}? Bundled" if near else "; bundled"
    message = f"neither a file nor a bundled config{hint}: {', '.join(known)}"
    raise ConfigError([Mistake(where=name_or_path or "''", key="", message=message)])


def _refuse_code(name: str, cwd: Path) -> None:
    """Python, as a file or as an import path, is a network of the user's own, and wants a config first."""
    is_code = name.endswith(".py") or ".py:" in name
    if not is_code and not (_IMPORT.fullmatch(name) and not exists(cwd / name)):
        return
    wanted = f"{name}:{_network_in(cwd / with_home(name))}" if name.endswith(".py") else name
    message = (
        "this is Python code, not a config; write a config for the network in it with "
        f"nnbabysit init --from {shlex.quote(wanted)} --data DATA, then leave the config out"
    )
    raise ConfigError([Mistake(where=name, key="", message=message)])


def _network_in(path: Path) -> str:
    """Name of the first class that looks like a network; ``Net`` where none does or the file is not there."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return "Net"
    found = re.search(r"^class (\w+)\(.*Module\b", text, re.MULTILINE)
    return found.group(1) if found else "Net"


def _file(name: str, cwd: Path, known: dict[str, Path]) -> Place:
    """A config named by its path."""
    path = cwd / with_home(name)
    stem = Path(name).stem
    if not exists(path) and stem in known:
        message = f"there is no such file; the bundled config is called {stem}"
        raise ConfigError([Mistake(where=name, key="", message=message)])
    return Place(path, name, is_bundled=False, is_stream=is_stream(path))


def shown_stream(name: str) -> str:
    """What is read once, for people."""
    return "standard input" if name == STDIN else name


def is_stream(path: Path) -> bool:
    """Whether a path leads to standard input, a pipe, or what the shell gives by ``<`` and ``<(…)``."""
    if str(path) == STDIN or os.path.normpath(path).startswith(_DEVICES):
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)
