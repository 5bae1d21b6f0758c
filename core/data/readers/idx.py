"""Reader of the idx format of the MNIST family, gzipped or not.

Format: two zero bytes, a type code, the number of axes, each axis as a big-endian uint32, then the values
(http://yann.lecun.com/exdb/mnist/).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.checked_arrays import Array, Arrays, checked_arrays
from nnbabysit.core.data.readers.file_format import format_of
from nnbabysit.core.data.readers.idx_files import IdxFiles, idx_files, idx_folders, is_idx_name
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Inputs, Known, Reader
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.errors import DataError

_GZIP = b"\x1f\x8b"
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class IdxReader(Reader):
    """A folder of the MNIST family."""

    name = "idx"
    reads = "a folder of idx files (MNIST)"

    def detects(self, path: Path) -> bool:
        """Whether such files lie in a folder, or up to two levels below."""
        return path.is_dir() and bool(idx_folders(path))

    def advice(self, path: Path) -> tuple[str, str] | None:
        """One of the files says where the folder is."""
        if not is_idx_name(path.name):
            return None
        return "this is one of the files of MNIST", f"Name the folder: --data {path.parent}"

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read images (N, 1, H, W) and labels of ``settings.path``, a folder or its training images.

        Labels that run from 1 keep their names: the classes are called 1, 2, …

        Raises:
            DataError: The folder or a file is missing, or a file is not what its name says.
        """
        path = source_path(settings, folder=None)
        found = idx_files(path)
        splits = {split: _split(found, split) for split in ("train", "test")}
        notes: tuple[str, ...] = ()
        if found.folder != path and path.is_dir():
            notes = (f"read from {found.folder.relative_to(path).as_posix()}",)
        parts = {split: part for split, part in splits.items() if part is not None}
        names = _names_from_1(parts)
        if names is not None:
            notes = (*notes, f"labels run from 1 to {names[-1]}, and are the names of the classes")
            parts = {split: Arrays(part.x, part.y - 1) for split, part in parts.items()}
        train = parts.get("train") or parts["test"]
        test = parts.get("test") if "train" in parts else None
        return Raw(place=str(found.folder), train=train, test=test, class_names=names, notes=notes)

    def has_inputs(self, path: Path) -> bool:
        """Whether a file is called as idx files are."""
        return path.is_file() and "idx" in path.name.lower()

    def inputs(self, path: Path, known: Known) -> Inputs:
        """The images of one idx file."""
        return Inputs(parse(content(path), str(path)))


def parse(content: bytes, place: str) -> Array:
    """Array of one idx file.

    Args:
        content: The file, unpacked.
        place: Its path, for messages.

    Raises:
        DataError: Magic number, type, number of axes or length is wrong.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES or content[3] == 0:
        what, remedy = format_of(content[:512])
        shown = f"but {what}" if what else f"it starts with {content[:4].hex(' ') or 'nothing'}"
        raise DataError(f"this is no idx file, {shown}", where=place, remedy=remedy)
    dtype, axes = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(f"the file ends inside its header, after {len(content)} bytes", where=place)
    shape = struct.unpack(f">{axes}I", content[4:start])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise DataError(
            f"the header promises {' × '.join(map(str, shape))} values in {expected} bytes, "
            f"the file has {len(content)}",
            where=place,
            remedy="Download it again",
        )
    if axes > 8 or 0 in shape:  # far beyond any images; numpy allows 64 axes, and none without values
        raise DataError(f"no data: {axes} axes of {' × '.join(map(str, shape))} values", where=place)
    values = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)


def _split(found: IdxFiles, split: str) -> Arrays | None:
    paths = {kind: found.files.get((split, kind)) for kind in ("images", "labels")}
    images_file, labels_file = paths["images"], paths["labels"]
    if images_file is None or labels_file is None:
        if images_file is labels_file:
            return None
        there = images_file or labels_file
        assert there is not None
        old, new = (("images", "idx3"), ("labels", "idx1"))[:: 1 if images_file else -1]
        missing = there.name.replace(old[0], new[0]).replace(old[1], new[1])
        raise DataError(
            f"there is no {missing} in the folder, and {there.name} needs it", where=str(found.folder)
        )
    images = parse(content(images_file), str(images_file))
    labels = parse(content(labels_file), str(labels_file))
    if images.ndim != 3:
        raise DataError(f"images need 3 axes (N, H, W), the file has {images.ndim}", where=str(images_file))
    if labels.ndim != 1:
        raise DataError(f"labels need 1 axis, the file has {labels.ndim}", where=str(labels_file))
    return checked_arrays(images[:, None], labels, str(found.folder), (images_file.name, labels_file.name))


def _names_from_1(parts: Mapping[str, Arrays]) -> tuple[str, ...] | None:
    """Names of the classes where no label is 0 and none is left out, such as the letters of EMNIST."""
    values = np.unique(np.concatenate([part.y for part in parts.values()]))
    without_gaps = np.array_equal(values, np.arange(1, len(values) + 1))
    if len(values) < 2 or values.dtype.kind not in "iu" or not without_gaps:
        return None
    return tuple(map(str, values))


def content(path: Path) -> bytes:
    """What is in a file, unpacked if it is gzipped, whatever its name says.

    Raises:
        DataError: It cannot be read, or the gzip is damaged.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(_GZIP) else content
    except (EOFError, zlib.error, gzip.BadGzipFile, struct.error) as error:
        raise DataError(
            f"the gzip file is damaged ({error})", where=str(path), remedy="Download it again"
        ) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
