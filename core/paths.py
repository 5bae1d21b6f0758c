"""Paths: what they may be relative to, the current and the home folder, and whether anything is there."""

from __future__ import annotations

import os.path
from pathlib import Path

from nnbabysit.core.errors import UserError

GONE = "the current folder is gone"
ELSEWHERE = "Change to a folder that is there, such as by cd"


def current_folder() -> Path:
    """The current folder, absolute.

    Raises:
        UserError: It was removed since the shell went there.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise UserError(GONE, remedy=ELSEWHERE) from error


def is_current_folder_gone() -> bool:
    """Whether the current folder was removed, so that no relative path leads anywhere."""
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def with_home(path: str | Path) -> Path:
    """The path, with the home folder for a leading ``~`` or ``~/``; ``~draft.yaml`` is a file of that name.

    Raises:
        UserError: No home folder is known, as for a user of a container who has neither an account nor HOME.
    """
    text = str(path)
    if text != "~" and not text.startswith("~/"):
        return Path(path)
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        message = "no home folder is known that ~ could stand for"
        raise UserError(message, where=text, remedy="Write the path in full, or set HOME") from error


def is_utf8(path: str | Path) -> bool:
    """Whether a path is text; Python notes its other bytes as halves of surrogate pairs."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def exists(path: Path) -> bool:
    """Whether anything is there; at a name that no file can have, or in a folder that is closed, is not."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises on names that are too long)


def is_file(path: Path) -> bool:
    """Whether a file is there, likewise."""
    return os.path.isfile(path)  # noqa: PTH113 (as above)


def is_folder(path: Path) -> bool:
    """Whether a folder is there, likewise."""
    return os.path.isdir(path)  # noqa: PTH112 (as above)
