"""Inventory: which files a run directory holds, and how large they are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Item:
    """A file or a folder of a run directory.

    Attributes:
        name: Its name; a folder's ends with ``/``.
        files: How many files it is.
        size: Bytes of all of them together.
    """

    name: str
    files: int
    size: int


def inventory(path: Path) -> list[Item]:
    """What lies in a run directory, in alphabetical order; hidden files are left out, links not followed."""
    items = []
    for entry in sorted(_scanned(path), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            sizes = _sizes(Path(entry.path))
            items.append(Item(f"{entry.name}/", len(sizes), sum(sizes)))
        else:
            items.append(Item(entry.name, 1, _size(entry)))
    return items


def total_size(path: Path) -> int:
    """Bytes of all files of a run directory together."""
    return sum(_sizes(path))


def _sizes(folder: Path) -> list[int]:
    found: list[int] = []
    for entry in _scanned(folder):
        found += _sizes(Path(entry.path)) if entry.is_dir(follow_symlinks=False) else [_size(entry)]
    return found


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # not ours to read, or gone by now
        return []


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
