"""Removal: run directories that go for good, and nothing that is not one of them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.archive import read_meta
from nnbabysit.core.record.catalog import find_runs
from nnbabysit.core.record.directory import CONFIG, LATEST, META, point_latest_to
from nnbabysit.core.record.files import os_errors_in_words
from nnbabysit.core.record.lock import RunLock, is_held

OURS = {"schema_version", "command", "argv", "start"}
"""What ``meta.json`` of a run always holds; another program's file of that name does not."""

DOOMED = ".nnbabysit-removed."
"""Start of the hidden name that a folder has while it is removed."""


def check_removable(path: Path) -> None:
    """See that a folder is a run that nobody writes; nothing is changed.

    Raises:
        RunError: It is a link, no run directory, damaged, of a newer version, or in use.
    """
    if path.is_symlink():
        raise RunError("this is a link, not a run directory", where=str(path), remedy="Remove it by hand")
    meta = read_meta(path)
    if not (path / CONFIG).is_file() or not meta.keys() >= OURS:
        raise RunError(
            f"this is no run directory: {META} or {CONFIG} is not as we write it",
            where=str(path),
            remedy="Remove it by hand if you know what it is",
        )
    if is_held(path):
        raise RunError("this run is in use", where=str(path), remedy="Wait until it has ended, or stop it")


def remove(path: Path) -> None:
    """Remove a run directory; ``latest`` then points to the newest of the others.

    The lock is held meanwhile, so nobody can begin to write. The folder gets a hidden name first: a run is
    there whole or not at all, even when removing is interrupted. Links in it are removed, not followed.

    Raises:
        RunError: ``check_removable`` fails, or the folder cannot be written.
        DiskError: The disk is broken.
    """
    check_removable(path)
    lock = RunLock(path)
    lock.acquire(datetime.now(UTC).isoformat(timespec="milliseconds"))
    try:
        doomed = path.with_name(f"{DOOMED}{path.name}")
        with os_errors_in_words(path, "removed"):
            path.rename(doomed)
            shutil.rmtree(doomed)
    finally:
        lock.release()
    _sweep(path.parent)
    point_latest_to_newest(path.parent)


def _sweep(root: Path) -> None:
    """Finish what an interrupted removal left half done."""
    for leftover in root.glob(f"{DOOMED}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)


def point_latest_to_newest(root: Path) -> None:
    """Let ``latest`` point to the newest run of a folder; without any there is no ``latest``."""
    others = find_runs(root)
    link = root / LATEST
    if others:
        point_latest_to(others[0])
    elif link.is_symlink():
        link.unlink(missing_ok=True)
