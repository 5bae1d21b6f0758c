"""The folder of runs: whether it can be written, and finding a run in it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.core.errors import RunError

if TYPE_CHECKING:
    from nnbabysit.core.config.schema import Config


def check_runs_root(root: Path) -> None:
    """See early whether run directories can be made; nothing is written.

    Raises:
        RunError: The folder, or the nearest one above it that exists, is no folder or cannot be written.
    """
    remedy = "Choose another folder with --runs-dir"
    existing = next(
        folder for folder in (root.absolute(), *root.absolute().parents) if os.path.lexists(folder)
    )
    if not existing.is_dir():
        what = "this is not a folder" if existing == root.absolute() else f"{existing} is not a folder"
        raise RunError(f"{what}, so runs cannot be written there", where=str(root), remedy=remedy)
    if not os.access(existing, os.W_OK | os.X_OK):
        raise RunError("runs cannot be written there: permission denied", where=str(root), remedy=remedy)


def find_run(name: str, root: Path) -> Path:
    """A run directory by its path, or by its name in the folder of runs (``latest`` is a name).

    Raises:
        RunError: There is none.
    """
    for path in (Path(name), root / name):
        if path.is_dir():
            return path.resolve()
    raise RunError(f"there is no run {name}", where=str(root), remedy="Give the path of a run directory")


def find_training(name: str, root: Path) -> Path:
    """A training run, as ``find_run`` finds it.

    Raises:
        RunError: There is no such run, or it is not a training.
    """
    from nnbabysit.core.record.run import read_meta

    path = find_run(name, root)
    command = read_meta(path).get("command")
    if command != "train":
        remedy = "Run the command again: only a training is continued"
        raise RunError(f"this is a run of {command}, not of train", where=str(path), remedy=remedy)
    return path


def find_coarse_run(name: str | None, config: Config, root: Path) -> Path | None:
    """Where ``search --fine`` starts: the named run, the newest coarse run of this config, or its own space.

    Raises:
        RunError: There is no such run.
    """
    if name:
        return find_run(name, root)
    if config.search.fine.space is not None:
        return None
    from nnbabysit.core.search.lineage import find_coarse

    return find_coarse(root, config)


def has_begun(path: Path) -> bool:
    """Whether anything happened in a run: its event log is not empty."""
    try:
        return (path / "events.jsonl").stat().st_size > 0
    except OSError:
        return False


def remove_run(path: Path) -> None:
    """Remove a closed run in which nothing happened, and let ``latest`` point to the newest of the others."""
    from nnbabysit.core.record.directory import point_latest_to
    from nnbabysit.core.record.run import find_runs

    root = path.parent
    shutil.rmtree(path, ignore_errors=True)
    others = find_runs(root)
    if others:
        point_latest_to(others[0])
        return
    link = root / "latest"
    if link.is_symlink():
        link.unlink(missing_ok=True)
    with suppress(OSError):  # not empty: something else is in there
        root.rmdir()
