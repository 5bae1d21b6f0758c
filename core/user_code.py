"""Turns what a user's code raised into one sentence with the place in the user's file."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

from nnbabysit.core.errors import UserCodeError

_OURS = (Path(__file__).resolve().parent, Path(__file__).resolve().parents[1] / "cli")
_LIBRARIES = tuple({Path(sysconfig.get_path(key)).resolve() for key in ("stdlib", "purelib", "platlib")})
_INSTALLED = {"site-packages", "dist-packages"}
"""Folders of installed packages: also those of another environment that this one sees, or of the user."""
_LONGEST = 500


def user_code_error(error: Exception, doing: str) -> UserCodeError:
    """The error to raise ``from error``.

    Args:
        error: What the user's code raised.
        doing: What was going on, such as ``model.py:Net(hidden=50)``.

    Returns:
        An error whose ``where`` is ``file:line`` of the innermost frame in the user's own code. Code that is
        installed among the libraries counts as the user's when there is no other.
    """
    text = " ".join(str(error).split()).rstrip(".")
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return UserCodeError(f"{doing} raised {what}", where=raised_at(error))


def raised_at(error: BaseException) -> str:
    """``file:line`` of the innermost frame in the user's code; empty if there was none."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<")]
    foreign = [f for f in frames if not _lies_in(f.filename, _OURS)]
    own = [f for f in foreign if not _is_of_a_library(f.filename)]
    installed = [f for f in foreign if "torch" not in Path(f.filename).parts]
    candidates = own or installed
    return f"{candidates[-1].filename}:{candidates[-1].lineno}" if candidates else ""


def users_own(error: BaseException) -> bool:
    """Whether the user's own files, and not only ours and the libraries', had a part in it."""
    frames = [f.filename for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<")]
    return any(is_users_own(filename) for filename in frames)


def is_users_own(filename: str) -> bool:
    """Whether a file is neither ours nor one of the libraries'."""
    return not (_lies_in(filename, _OURS) or _is_of_a_library(filename))


def _is_of_a_library(filename: str) -> bool:
    return _lies_in(filename, _LIBRARIES) or not _INSTALLED.isdisjoint(Path(filename).resolve().parts)


def _lies_in(filename: str, folders: tuple[Path, ...]) -> bool:
    path = Path(filename).resolve()
    return any(path.is_relative_to(folder) for folder in folders)
