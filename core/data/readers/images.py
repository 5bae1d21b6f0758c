"""Reader of picture folders: one folder per class, with train, val and test above them or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import class_folders
from nnbabysit.core.data.readers.class_folders import ClassFolders
from nnbabysit.core.data.readers.image_file import Header, pillow, read_header, read_image
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.data.readers.split_folders import split_folders
from nnbabysit.core.errors import DataError

Shape = tuple[int, int, int]
FEW_LEVELS = 64
"""Gray levels of shortened pictures from which on nothing more is said: 12 bits in 16 leave 16 levels."""
_REMEDY = "Go on without it by --skip-broken, or replace it"


class ImageFiles(TorchDataset[tuple[NDArray[np.uint8], int]]):
    """Pictures that are read when they are asked for.

    Attributes:
        paths: The files.
        labels: (N,) class of each.
        shape: (C, H, W) that every picture is brought to.
    """

    def __init__(self, paths: Sequence[Path], labels: Sequence[int], shape: Shape) -> None:
        """Read nothing yet."""
        self.paths = tuple(paths)
        self.labels = np.array(labels, dtype=np.int64)
        self.shape = shape

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]:
        """Picture (C, H, W) and class.

        Raises:
            DataError: The file is damaged; it is named.
        """
        try:
            return read_image(self.paths[index], self.shape), int(self.labels[index])
        except DataError as error:
            raise DataError(error.message, where=error.where, remedy=_REMEDY) from error


def read(settings: Data) -> Raw:
    """Read the folder ``data.path``; classes are numbered in the order of their folders' names.

    Raises:
        DataError: Pillow is not installed, there are no two class folders, one holds no picture, it cannot
            be told what folders are, a file is damaged, or the pictures are of several sizes and
            ``data.size`` is not set.
    """
    pillow()
    root = source_path(settings, folder=True)
    splits = split_folders(root)
    found = {name: _searched(folder, settings) for name, folder in splits.folders.items()}
    train = found["train"]
    if len(train.names) < 2:
        raise DataError(
            f"there is only one class, {train.names[0]}",
            where=str(train.folder),
            remedy="Add a folder for each class",
        )
    shape = common_shape(found, settings)
    parts = {name: _files(part, train.names, shape) for name, part in found.items()}
    return Raw(
        place=str(root),
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        class_names=train.names,
        notes=(*splits.notes, *_notes(found), *_resizing(found, shape)),
    )


def read_alike(settings: Data, first: Raw) -> Raw:
    """Read another folder with the classes and the shape of the first.

    Raises:
        DataError: As for ``read``, or it has a class that the first has not.
    """
    assert isinstance(first.train, ImageFiles)
    assert first.class_names is not None
    splits = split_folders(source_path(settings, folder=True))
    found = {name: _searched(folder, settings) for name, folder in splits.folders.items()}
    for part in found.values():
        _check_size(part, first.train.shape, settings)
    parts = {name: _files(part, first.class_names, first.train.shape) for name, part in found.items()}
    notes = (*splits.notes, *_notes(found))
    return replace(
        first, train=parts["train"], validation=parts.get("validation"), test=parts.get("test"), notes=notes
    )


def _notes(found: dict[str, ClassFolders]) -> tuple[str, ...]:
    return tuple(note for part in found.values() for note in part.notes)


def common_shape(found: dict[str, ClassFolders], settings: Data) -> Shape:
    """(C, H, W) of all pictures: color if one of the training pictures has it.

    Raises:
        DataError: They are of several sizes and ``data.size`` is not set.
    """
    channels = max(header.channels for header in found["train"].headers)
    if settings.size is not None:
        height, width = settings.size
        return channels, height, width
    sizes: Counter[tuple[int, int]] = Counter()
    examples: dict[tuple[int, int], Path] = {}
    for part in found.values():
        for path, header in zip(part.files, part.headers, strict=True):
            size = (header.height, header.width)
            sizes[size] += 1
            examples.setdefault(size, path)
    (height, width), _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    if len(sizes) > 1:
        shown = [f"{h} × {w} ({examples[h, w].name})" for h, w in list(sizes)[:3]]
        more = ", …" if len(sizes) > 3 else ""
        raise DataError(
            f"the pictures have {len(sizes)} sizes, height × width: {', '.join(shown)}{more}",
            where=str(found["train"].folder),
            remedy=f"Set data.size: [{height}, {width}], the commonest one, or another to stretch all to",
        )
    return channels, height, width


def _check_size(part: ClassFolders, shape: Shape, settings: Data) -> None:
    for path, header in zip(part.files, part.headers, strict=True):
        if settings.size is None and (header.height, header.width) != shape[1:]:
            raise DataError(
                f"this picture is {header.height} × {header.width}, "
                f"those to train on are {shape[1]} × {shape[2]}",
                where=str(path),
                remedy=f"Set data.size: [{shape[1]}, {shape[2]}] to stretch all to one size",
            )


def _searched(folder: Path, settings: Data) -> ClassFolders:
    """The pictures of a split, each header looked at."""
    found = class_folders.listed(folder)
    headers: list[Header | None] = []
    broken: list[Path] = []
    for path in found.files:
        try:
            header = read_header(path)
            if settings.skip_broken:  # the header may be well and the rest torn off
                read_image(path, (header.channels, header.height, header.width))
        except DataError as error:
            if not settings.skip_broken:
                raise DataError(error.message, where=error.where, remedy=_REMEDY) from error
            broken.append(path)
            headers.append(None)
        else:
            headers.append(header)
    kept = [i for i, header in enumerate(headers) if header is not None]
    classes = tuple(found.classes[i] for i in kept)
    empty = [name for name in found.names if name not in classes]
    if empty:
        raise DataError(f"the folder of the class {empty[0]} has no picture", where=str(folder / empty[0]))
    notes = list(found.notes)
    if broken:
        words = class_folders.some(len(broken), "broken picture")
        notes.append(f"{words} left out: {class_folders.names_of(broken, folder)}")
    good = tuple(header for header in headers if header is not None)
    files = tuple(found.files[i] for i in kept)
    notes.extend(_remarks(good, folder))
    notes.extend(_shortening([(f, h) for f, h in zip(files, good, strict=True) if h.deep], len(good), folder))
    return replace(found, files=files, classes=classes, headers=good, notes=tuple(notes))


def _remarks(headers: Sequence[Header], folder: Path) -> Iterator[str]:
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


def _shortening(deep: Sequence[tuple[Path, Header]], count: int, folder: Path) -> Iterator[str]:
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


def _files(found: ClassFolders, names: tuple[str, ...], shape: Shape) -> ImageFiles:
    strange = [name for name in found.names if name not in names]
    if strange:
        raise DataError(
            f"the class {strange[0]} has no folder among those to train on: {', '.join(names[:20])}",
            where=str(found.folder / strange[0]),
        )
    return ImageFiles(found.files, [names.index(name) for name in found.classes], shape)


def _resizing(found: dict[str, ClassFolders], shape: Shape) -> tuple[str, ...]:
    headers = [header for part in found.values() for header in part.headers]
    other = sum((header.height, header.width) != shape[1:] for header in headers)
    if not other:
        return ()
    return (f"{class_folders.some(other, 'picture')} stretched to {shape[1]} × {shape[2]}",)
