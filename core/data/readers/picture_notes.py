"""Picture notes: what should be known about pictures that are not quite what they seem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nnbabysit.core.data.readers import class_folders
from nnbabysit.core.data.readers.image_file import Header, ImageFiles
from nnbabysit.core.errors import DataError

FEW_LEVELS = 64
"""Gray levels of shortened pictures from which on nothing more is said: 12 bits in 16 leave 16 levels."""


def remarks_on(headers: Sequence[Header], folder: Path) -> Iterator[str]:
    """What is odd about the pictures of a folder, by their headers."""
    transparent = sum(header.transparent for header in headers)
    if transparent:
        yield f"{class_folders.some(transparent, 'transparent picture')} laid over white in {folder}"
    several = sum(header.frames > 1 for header in headers)
    if several:
        words = class_folders.some(several, "file")
        yield f"{words} read for the first of several pictures alone in {folder}"
    gray = sum(header.channels == 1 for header in headers)
    if 0 < gray < len(headers):
        yield f"{gray} of the {len(headers)} pictures of {folder} are gray, the others colored"


def shortening_of(deep: Sequence[tuple[Path, Header]], count: int, folder: Path) -> Iterator[str]:
    """How much is left of pictures of 16 bits; they are unpacked for it, for no header says what they use.

    Raises:
        DataError: Nothing is left of them, or one is damaged.
    """
    if not deep:
        return
    used = np.zeros(256, dtype=bool)
    for path, header in deep:
        used[ImageFiles([path], [0], (header.channels, header.height, header.width))[0][0]] = True
    levels = int(used.sum())
    remedy = (
        "scale their values to 0 … 65535 (12 bits: times 16), or give them as an npz file, which keeps all"
    )
    if levels == 1 and len(deep) == count:
        raise DataError(
            "all pixels of these pictures of 16 bits are the same once they are shortened to 8",
            where=str(folder),
            remedy=remedy.capitalize(),
        )
    what = f"{class_folders.some(len(deep), 'picture')} shortened from 16 bits to 8 in {folder}"
    few = f": {remedy}" if levels <= FEW_LEVELS else ""
    yield f"{what}, {levels} of 256 levels are used{few}"
