"""The file or folder a reader reads, checked before it is opened."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.errors import DataError

DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


def source_path(settings: Data, *, folder: bool | None = False) -> Path:
    """Path of the source, which exists and is a file (or a folder; None: either).

    Raises:
        DataError: No path is set, nothing is there, or it is of the other kind.
    """
    if settings.path is None:
        kind = "file" if folder is False else "folder"
        raise DataError(f"{settings.source} needs the {kind} it is read from", where="data.path")
    path = Path(settings.path)
    if not path.exists():
        remedy = "Set data.path to where it is"
        if path == DEBIAN_FASHION_MNIST:
            remedy = (
                "Install it with `apt-get install dataset-fashion-mnist`, or download the four files of "
                "Fashion-MNIST and set data.path to their folder"
            )
        raise DataError(
            f"there is no {'file' if folder is False else 'folder'} {path}", where="data.path", remedy=remedy
        )
    if folder and not path.is_dir():
        raise DataError(f"{path} is a file, {settings.source} needs the folder", where="data.path")
    if folder is False and path.is_dir():
        raise DataError(f"{path} is a folder, {settings.source} needs the file", where="data.path")
    return path
