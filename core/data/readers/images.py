"""Reader of picture folders: one folder per class, with train, val and test above them or not."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import class_folders
from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.class_folders import ClassFolders
from nnbabysit.core.data.readers.image_file import (
    ENDINGS,
    SKIP_REMEDY,
    Header,
    ImageFiles,
    pillow,
    read_header,
    read_image,
)
from nnbabysit.core.data.readers.picture_notes import remarks_on, shortening_of
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Known, PictureInputs, Reader
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.data.readers.split_folders import split_folders
from nnbabysit.core.errors import DataError

Shape = tuple[int, int, int]
_LOOKED_AT = 1000


class ImagesReader(Reader):
    """A folder of pictures, in a folder for each class."""

    name = "images"
    reads = "a folder with one folder of pictures per class"
    endings = tuple(sorted(ENDINGS))

    def detects(self, path: Path) -> bool:
        """Whether pictures are in the folders of a folder, or in those of train/ val/ test/ below it."""
        return path.is_dir() and any(
            file.suffix.lower() in ENDINGS for file in islice(_below(path), _LOOKED_AT) if file.is_file()
        )

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read the folder ``data.path``; classes are numbered in the order of their folders' names.

        Raises:
            DataError: Pillow is not installed, there are no two class folders, one holds no picture, it
                cannot be told what folders are, a file is damaged, or the pictures are of several sizes
                and ``data.size`` is not set.
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

    def read_alike(self, settings: Data, known: Known, loss: str = "cross_entropy") -> Raw:
        """Read another folder with the classes and the shape of the first; a class may have no folder here.

        Raises:
            DataError: As for ``read``, or it has a class that the first has not.
        """
        channels, height, width = known.sample_shape
        assert known.class_names is not None
        if known.is_trained:
            settings = settings.model_copy(update={"size": (height, width)})
        splits = split_folders(source_path(settings, folder=True))
        found = {name: _searched(folder, settings) for name, folder in splits.folders.items()}
        shape = (channels, height, width)
        for part in found.values():
            _check_size(part, shape, settings)
        parts = {name: _files(part, known.class_names, shape) for name, part in found.items()}
        return Raw(
            place=str(settings.path),
            train=parts["train"],
            validation=parts.get("validation"),
            test=parts.get("test"),
            class_names=known.class_names,
            notes=(*splits.notes, *_notes(found)),
        )

    def has_inputs(self, path: Path) -> bool:
        """Whether it is a folder, which is searched for pictures."""
        return path.is_dir()

    def inputs(self, path: Path, known: Known) -> PictureInputs:
        """One picture, or those below a folder in the order of their paths, hidden ones left out."""
        folder, files = (path, _pictures_below(path)) if path.is_dir() else (path.parent, (path,))
        if len(known.sample_shape) != 3 or known.sample_shape[0] not in (1, 3):
            words = f"the run was trained on samples of shape {known.sample_shape}, not on pictures"
            raise DataError(words, where=str(files[0]))
        channels, height, width = known.sample_shape

        def read(start: int, stop: int) -> Array:
            return np.stack([_to_predict(file, (channels, height, width)) for file in files[start:stop]])

        names = tuple(file.relative_to(folder).as_posix() for file in files)
        return PictureInputs(str(folder if len(files) > 1 else files[0]), names, read)


def _below(folder: Path) -> Iterator[Path]:
    for pattern in ("*/*", "*/*/*"):
        yield from folder.glob(pattern)


def _pictures_below(folder: Path) -> tuple[Path, ...]:
    files = []
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        files += [
            Path(place) / name
            for name in names
            if Path(name).suffix.lower() in ENDINGS and not name.startswith(".")
        ]
    if not files:
        raise DataError(
            "there are no pictures in this folder",
            where=str(folder),
            remedy="Give a picture or a folder of them",
        )
    return tuple(sorted(files))


def _to_predict(path: Path, shape: Shape) -> Array:
    try:
        return read_image(path, shape)
    except DataError as error:
        remedy = error.remedy or "Replace it, or take it out of what is to be predicted"
        raise DataError(error.message, where=error.where, remedy=remedy) from error


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
                raise DataError(error.message, where=error.where, remedy=SKIP_REMEDY) from error
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
    notes.extend(remarks_on(good, folder))
    notes.extend(
        shortening_of([(f, h) for f, h in zip(files, good, strict=True) if h.deep], len(good), folder)
    )
    return replace(found, files=files, classes=classes, headers=good, notes=tuple(notes))


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
