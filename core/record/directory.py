"""Directory of a run: how it is made, and which files lie in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from nnbabysit.core.errors import RunError
from nnbabysit.core.paths import exists
from nnbabysit.core.record import names
from nnbabysit.core.record.files import os_errors_in_words

RUN_SCHEMA_VERSION = 2
"""Format of a run directory; 1 called ``gradient_norm`` of an epoch's event ``grad_norm``."""
CONFIG = "config.yaml"
META = "meta.json"
GIT_DIFF = "git.diff"
EVENTS = "events.jsonl"
METRICS = "metrics.jsonl"
LOG = "log.txt"
RESULT = "result.json"
LATEST = "latest"

_ATTEMPTS = 100


@contextmanager
def runs_root(root: Path) -> Iterator[Path]:
    """The folder of the runs, made if it is missing and removed again if the block raises.

    Raises:
        RunError: It cannot be made, or it is not a folder.
        DiskError: The disk is full, over quota or broken.
    """
    root = root.absolute()
    if exists(root) and not root.is_dir():
        raise RunError(
            "this is a file", where=str(root), remedy="Choose a folder for the runs with --runs-dir"
        )
    missing = [folder for folder in (root, *root.parents) if not exists(folder)]
    try:
        with os_errors_in_words(root):
            root.mkdir(parents=True, exist_ok=True)
        yield root
    except BaseException:
        for folder in missing:
            with suppress(OSError):  # somebody else uses it by now
                folder.rmdir()
        raise


def make_folder(root: Path, now: datetime, name: str | None, command: str) -> Path:
    """A new folder for a run, such as ``2026-11-20_1403_brave-otter_train``.

    ``mkdir`` decides whether a name is free, so two processes never share one. When it is taken, other words
    are tried, or numbers behind a given name.

    Args:
        root: Folder of the runs.
        now: Start in UTC.
        name: The user's name or shared words; None: two words.
        command: Command of the command line.

    Raises:
        RunError: The folder cannot be made.
        DiskError: The disk is full, over quota or broken.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        path = root / names.folder_name(now, names.attempted(name, attempt), command)
        try:
            with os_errors_in_words(root):
                os.mkdir(path)  # noqa: PTH102 (exclusive: exist_ok is what must not happen)
        except RunError as error:
            if isinstance(error.__cause__, FileExistsError):
                continue
            raise
        return path
    raise RunError(
        f"{_ATTEMPTS} runs of this name were started in this minute",
        where=str(root),
        remedy="Choose another --name",
    )


def point_latest_to(path: Path) -> None:
    """Let ``latest`` beside the run point to it; where links are not possible, there is none.

    The link is made under another name and renamed, so ``latest`` always points to a run.
    """
    link = path.parent / LATEST
    temporary = path.parent / f".{LATEST}.{os.getpid()}-{path.name}"
    if link.exists() and not link.is_symlink():  # a file of the user's
        return
    try:
        temporary.symlink_to(path.name, target_is_directory=True)
        temporary.replace(link)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
