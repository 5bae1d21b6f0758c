"""ClassFolders: the pictures below one folder per class."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.data.readers.image_file import ENDINGS, Header
from nnbabysit.core.errors import DataError


@dataclass(frozen=True)
class ClassFolders:
    """The pictures of one split.

    Attributes:
        folder: Where they are.
        files: Path of each, class by class, in the order of the names.
        classes: Name of the class of each.
        names: Names of the class folders in order.
        headers: What each file says about itself, once they are looked at.
        notes: What was passed over.
    """

    folder: Path
    files: tuple[Path, ...]
    classes: tuple[str, ...]
    names: tuple[str, ...]
    headers: tuple[Header, ...] = ()
    notes: tuple[str, ...] = ()


def listed(folder: Path) -> ClassFolders:
    """The pictures below a folder; none is opened.

    Raises:
        DataError: There are no class folders.
    """
    classes = child_folders(folder)
    if not classes:
        loose = holds_pictures(folder)
        raise DataError(
            "there are pictures but no class folders" if loose else "there are no class folders",
            where=str(folder),
            remedy="Put the pictures of each class into a folder named after it",
        )
    files: list[Path] = []
    labels: list[str] = []
    passed = [path for path in sorted(folder.iterdir()) if path.is_file() and not _hidden(path.name)]
    for place in classes:
        for path in _walk(place):
            if _is_picture(path):
                files.append(path)
                labels.append(place.name)
            else:
                passed.append(path)
    notes: tuple[str, ...] = ()
    if passed:
        notes = (
            f"{some(len(passed), 'file')} no picture of a class, passed over: {names_of(passed, folder)}",
        )
    names = tuple(place.name for place in classes)
    return ClassFolders(folder, tuple(files), tuple(labels), names, notes=notes)


def some(count: int, noun: str) -> str:
    """Such as ``3 files were``."""
    return f"{count} {noun} was" if count == 1 else f"{count} {noun}s were"


def names_of(paths: Sequence[Path], folder: Path) -> str:
    """The first of the paths, as seen from the folder."""
    shown = [str(path.relative_to(folder)) for path in paths[:10]]
    return ", ".join(shown) + (", …" if len(paths) > 10 else "")


def child_folders(folder: Path) -> list[Path]:
    """Folders in it that are not hidden, in the order of their names.

    Raises:
        DataError: It cannot be read, or a name is not UTF-8.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.is_dir() and not _hidden(path.name))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(folder)) from error
    for path in found:
        try:
            path.name.encode()
        except UnicodeEncodeError as error:  # as unzip leaves names that Windows wrote
            raise DataError(
                f"the name of the folder {path.name} is not UTF-8, and it would name a class",
                where=str(folder),
                remedy="Rename the folder",
            ) from error
    return found


def holds_pictures(folder: Path) -> bool:
    """Whether a picture lies straight in it."""
    return any(_is_picture(path) for path in folder.iterdir())


def _walk(folder: Path) -> Iterator[Path]:
    """Files below a class folder in the order of their names; a link that leads back is followed once."""
    seen: set[str] = set()
    for place, below, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not _hidden(name))
        yield from (Path(place) / name for name in sorted(files) if not _hidden(name))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not _hidden(path.name)
