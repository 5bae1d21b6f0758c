"""Detection: which reader a path on the command line is meant for, by its name and by what lies in it."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.data.readers.registry import all_readers
from nnbabysit.core.errors import DataError


def is_function(text: str, cwd: Path) -> bool:
    """Whether this is an import path, such as ``./data.py:spirals``, and no file of that name in ``cwd``."""
    return ":" in text and not _exists(cwd / text)


def detect(path: Path) -> str:
    """Name of the source that reads ``path``.

    Args:
        path: A file or folder.

    Raises:
        DataError: There is nothing, or nothing that a reader knows; what can be read is listed.
    """
    if not _exists(path):
        raise DataError("there is no such file or folder", where=str(path), remedy=_what_is_read())
    try:
        found = next((reader.name for reader in all_readers() if reader.detects(path)), None)
        if found is not None:
            return found
        raise _unknown_folder(path) if path.is_dir() else _unknown_file(path)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


def _exists(path: Path) -> bool:
    """Whether anything is there; a name that no file can have is not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _unknown_file(path: Path) -> DataError:
    said = next((advice for reader in all_readers() if (advice := reader.advice(path))), None)
    if said is None:
        suffix = path.suffix.lower()
        what = f"there is no reader for {suffix}" if suffix else "the file's name has no ending to know it by"
        said = what, _what_is_read()
    return DataError(said[0], where=str(path), remedy=said[1])


def _unknown_folder(path: Path) -> DataError:
    names = sorted(entry.name for entry in path.iterdir())
    files = [name for name in names if any(reader.detects(path / name) for reader in all_readers())]
    found = f"it holds {', '.join(names[:4])}{', …' if len(names) > 4 else ''}" if names else "it is empty"
    remedy = f"Name the file: --data {path / files[0]}" if files else _what_is_read()
    return DataError(f"no reader knows this folder: {found}", where=str(path), remedy=remedy)


def _what_is_read() -> str:
    *others, last = (reader.reads for reader in all_readers() if reader.reads)
    return f"It reads {', '.join(others)}, and {last}"
