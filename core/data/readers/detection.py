"""Detection: which reader a path on the command line is meant for, by its name and by what lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from nnbabysit.core.data.readers.cifar import folders as cifar_folders
from nnbabysit.core.data.readers.idx_files import folders as idx_folders
from nnbabysit.core.data.readers.idx_files import is_idx_name
from nnbabysit.core.errors import DataError

SUFFIXES = {".npz": "npz", ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".parquet": "parquet"}
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
TABLES = ("csv", "parquet")
"""Sources that need to be told which column holds the target."""
_KNOWN = (
    "It reads a file .npz, .csv or .parquet, a folder of idx files (MNIST), of CIFAR, or with one folder of "
    "pictures per class, and a function ./data.py:function"
)
_LOOKED_AT = 1000


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
        raise DataError("there is no such file or folder", where=str(path), remedy=_KNOWN)
    return _folder(path) if path.is_dir() else _file(path)


def _exists(path: Path) -> bool:
    """Whether anything is there; a name that no file can have is not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _file(path: Path) -> str:
    suffix, name = path.suffix.lower(), path.name.lower()
    source = next((SUFFIXES[ending] for ending in SUFFIXES if name.endswith(ending)), None)
    if source is not None:
        return source
    if is_idx_name(path.name):
        remedy = f"Name the folder: --data {path.parent}"
        raise DataError("this is one of the files of MNIST", where=str(path), remedy=remedy)
    if suffix == ".py":
        remedy = f"Name the function in it, {path}:function"
        raise DataError("this is a Python file", where=str(path), remedy=remedy)
    what = f"there is no reader for {suffix}" if suffix else "the file's name has no ending to know it by"
    raise DataError(what, where=str(path), remedy=_KNOWN)


def _folder(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.iterdir())
        if idx_folders(path):
            return "idx"
        if cifar_folders(path):
            return "cifar"
        if any(file.suffix.lower() in PICTURES for file in islice(_below(path), _LOOKED_AT)):
            return "images"
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
    files = [name for name in names if name.lower().endswith(tuple(SUFFIXES))]
    found = f"it holds {', '.join(names[:4])}{', …' if len(names) > 4 else ''}" if names else "it is empty"
    remedy = f"Name the file: --data {path / files[0]}" if files else _KNOWN
    raise DataError(f"no reader knows this folder: {found}", where=str(path), remedy=remedy)


def _below(path: Path) -> Iterator[Path]:
    """Files in the folders of a folder, and in those of train/ val/ test/ below it."""
    for pattern in ("*/*", "*/*/*"):
        yield from (found for found in path.glob(pattern) if found.is_file())
