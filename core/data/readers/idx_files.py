"""IdxFiles: the files of the MNIST family in a folder, under the names that are in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.errors import DataError

_NAME = re.compile(
    r"(?P<set>.*?)[-_.]?(?P<split>train|t10k|test)[-_.]?(?P<kind>images|labels)[-_.]idx\d[-_.]?[a-z]+(?P<gz>\.gz)?",
    re.IGNORECASE,
)
Key = tuple[str, str]


@dataclass(frozen=True)
class IdxFiles:
    """The files of one data set.

    Attributes:
        folder: Where they are.
        files: (``train`` or ``test``, ``images`` or ``labels``) → the file.
    """

    folder: Path
    files: dict[Key, Path]


def is_idx_name(name: str) -> bool:
    """Whether a file is called as those of the MNIST family are."""
    return _NAME.fullmatch(name) is not None


def idx_folders(root: Path) -> list[Path]:
    """The folder itself if such files are in it, else those up to two levels below, as torchvision has it."""
    if _sets(root):
        return [root]
    return [place for place in (*_below(root), *(b for a in _below(root) for b in _below(a))) if _sets(place)]


def idx_files(path: Path) -> IdxFiles:
    """The files of a folder, or those that belong to a file of training images.

    Raises:
        DataError: There are none, or those of several data sets.
    """
    if path.is_file():
        named = _NAME.fullmatch(path.name)
        if named is None:
            raise DataError(f"{path} is a file, idx needs the folder", where="data.path")
        return IdxFiles(path.parent, _sets(path.parent)[named["set"].lower()])
    found = idx_folders(path)
    if not found:
        raise DataError(
            "there is no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in the folder",
            where=str(path),
            remedy="Set data.path to the folder with the four files of MNIST or Fashion-MNIST",
        )
    if len(found) > 1:
        places = ", ".join(place.relative_to(path).as_posix() for place in found)
        raise DataError(
            f"there are idx files in several folders: {places}",
            where=str(path),
            remedy=f"Set data.path to one of them, such as {found[0]}",
        )
    sets = _sets(found[0])
    if len(sets) > 1:
        first = next(iter(sets.values()))
        example = first.get(("train", "images")) or next(iter(first.values()))
        names = ", ".join(name or "without a name" for name in sets)
        raise DataError(
            f"there are idx files of several data sets: {names}",
            where=str(found[0]),
            remedy=f"Set data.path to the images to train on, such as {example}",
        )
    return IdxFiles(found[0], next(iter(sets.values())))


def _sets(folder: Path) -> dict[str, dict[Key, Path]]:
    """Name of each data set → its files; those not gzipped, and with a dash, come first."""
    found: dict[str, dict[Key, Path]] = {}
    for path in sorted(_files(folder), key=lambda path: (path.suffix.lower() == ".gz", path.name)):
        named = _NAME.fullmatch(path.name)
        if named:
            split = "train" if named["split"].lower() == "train" else "test"
            found.setdefault(named["set"].lower(), {}).setdefault((split, named["kind"].lower()), path)
    return dict(sorted(found.items()))


def _files(folder: Path) -> Iterator[Path]:
    """Files in a folder; some archives put each into a folder of its own name."""
    try:
        for path in folder.iterdir():
            if path.is_file():
                yield path
            elif is_idx_name(path.name) and path.is_dir():
                yield from (inner for inner in path.iterdir() if inner.is_file())
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(folder)) from error


def _below(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []  # a folder beside what was looked for is none of our business
