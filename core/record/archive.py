"""Archive: the files of a run that hold the least one must know of it, read without opening it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.directory import CONFIG, META, RUN_SCHEMA_VERSION
from nnbabysit.core.record.files import os_errors_in_words
from nnbabysit.core.record.lock import HOLDER, is_held
from nnbabysit.core.record.strict_json import Json

RunStatus = Literal["running", "ended", "crashed"]


def status(path: Path) -> RunStatus:
    """State of a run, derived and never trusted: lock held → running; exit code noted → ended; else crashed.

    Raises:
        RunError: There is no run at ``path``.
    """
    return status_of(path, read_meta(path))


def status_of(path: Path, meta: Mapping[str, Json]) -> RunStatus:
    """The same of a run whose ``meta.json`` has been read."""
    # The note lies there whenever the lock is held; without it the lock need not be touched.
    if (path / HOLDER).exists() and is_held(path):
        return "running"
    code = meta.get("exit_code")
    return "ended" if isinstance(code, int) and not isinstance(code, bool) else "crashed"


def read_meta(path: Path) -> dict[str, Any]:
    """``meta.json`` of a run.

    Raises:
        RunError: There is no run at ``path``, or a newer version of nnbabysit wrote it.
    """
    text = _read_text(path, META)
    try:
        meta = strict_json.decode(text)
        version = int(meta["schema_version"])
    except KeyError as error:
        raise RunError(
            f"{META} is damaged or not ours: it has no {error.args[0]}", where=str(path)
        ) from error
    except (ValueError, TypeError, OverflowError) as error:
        raise RunError(f"{META} is damaged or not ours: {error}", where=str(path)) from error
    if version > RUN_SCHEMA_VERSION:
        raise RunError(
            "this run was written by a newer nnbabysit "
            f"(format {version}, this one knows {RUN_SCHEMA_VERSION})",
            where=str(path),
            remedy="Upgrade nnbabysit",
        )
    return dict(meta)


def read_config_yaml(path: Path) -> str:
    """``config.yaml`` of a run, as text.

    Raises:
        RunError: There is no run at ``path``.
    """
    return _read_text(path, CONFIG)


def _read_text(path: Path, name: str) -> str:
    if not (path / name).is_file():
        what = f"this is no run directory: it has no {name}" if path.is_dir() else "there is no such run"
        raise RunError(what, where=str(path), remedy="Name one of the folders under runs/")
    with os_errors_in_words(path / name, "read"):
        try:
            return (path / name).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise RunError(f"{name} is damaged: it is not UTF-8 text", where=str(path)) from error
