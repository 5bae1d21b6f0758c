"""Finds the config file that the user means: a path, a bundled name, or what lies in the current folder."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nnbabysit import configs
from nnbabysit.core.errors import ConfigError, Mistake

DEFAULT_FILE = "nnbabysit.yaml"
DEFAULT_NAME = "digits"


@dataclass(frozen=True, slots=True)
class Place:
    """A config file.

    Attributes:
        path: Absolute path.
        shown: The file as the user named it.
        is_bundled: Whether it was named as a bundled config, whose data is not beside it.
    """

    path: Path
    shown: str
    is_bundled: bool


def bundled() -> dict[str, Path]:
    """Name → path of the configs that travel with the package."""
    folder = Path(configs.__file__).resolve().parent
    in_folders = (path for path in folder.glob("*/*.yaml") if path.stem == path.parent.name)
    files = sorted([*folder.glob("*.yaml"), *in_folders], key=lambda path: path.stem)
    return {path.stem: path for path in files}


def locate(name_or_path: str | None, cwd: Path) -> Place:
    """The file that is meant.

    Args:
        name_or_path: Path, bundled name, or None for ``nnbabysit.yaml`` in ``cwd``, else the bundled digits.
        cwd: What relative paths are relative to.

    Raises:
        ConfigError: Neither a file nor a bundled config of this name exists.
    """
    if name_or_path is None:
        name_or_path = DEFAULT_FILE if (cwd / DEFAULT_FILE).is_file() else DEFAULT_NAME
    known = bundled()
    is_path = "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith((".yaml", ".yml"))
    if not is_path and name_or_path in known:
        path = known[name_or_path]
        return Place(path, path.name, True)
    if is_path or _exists(cwd / name_or_path):
        return _file(name_or_path, cwd, known)
    near = get_close_matches(name_or_path, known, n=1)
    hint = f", did you mean {near[0]}? Bundled" if near else "; bundled"
    message = f"neither a file nor a bundled config{hint}: {', '.join(known)}"
    raise ConfigError([Mistake(where=name_or_path or "''", key="", message=message)])


def _file(name: str, cwd: Path, known: dict[str, Path]) -> Place:
    """A config named by its path."""
    path = cwd / Path(name).expanduser()
    stem = Path(name).stem
    if not _exists(path) and stem in known:
        message = f"there is no such file; the bundled config is called {stem}"
        raise ConfigError([Mistake(where=name, key="", message=message)])
    return Place(path, name, False)


def _exists(path: Path) -> bool:
    """Whether anything is there; a name that no file can have is not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
