"""Reader of the idx format of the MNIST family, gzipped or not.

Format: two zero bytes, a type code, the number of axes, each axis as a big-endian uint32, then the values
(http://yann.lecun.com/exdb/mnist/).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from nnbabysit.core.config.data_settings import Data
from nnbabysit.core.data.raw import Array, Arrays, Raw, checked_arrays
from nnbabysit.core.data.source_path import source_path
from nnbabysit.core.errors import DataError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read(settings: Data) -> Raw:
    """Read train and t10k images and labels from the folder ``settings.path``; x is (N, 1, H, W).

    Raises:
        DataError: The folder or a file is missing, or a file is not what its name says.
    """
    folder = source_path(settings, folder=True)
    train, test = _split(folder, "train"), _split(folder, "t10k")
    if train is None and test is None:
        raise DataError(
            "there is no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in the folder",
            where=str(folder),
            remedy="Set data.path to the folder with the four files of MNIST or Fashion-MNIST",
        )
    if train is None:
        assert test is not None
        return Raw(place=str(folder), train=test)
    return Raw(place=str(folder), train=train, test=test)


def parse(content: bytes, place: str) -> Array:
    """Array of one idx file.

    Args:
        content: The file, unpacked.
        place: Its path, for messages.

    Raises:
        DataError: Magic number, type, number of axes or length is wrong.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES or content[3] == 0:
        raise DataError(
            f"this is no idx file, it starts with {content[:4].hex(' ') or 'nothing'}", where=place
        )
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


def _split(folder: Path, name: str) -> Arrays | None:
    images_file = _find(folder, f"{name}-images", "idx3-ubyte")
    labels_file = _find(folder, f"{name}-labels", "idx1-ubyte")
    if images_file is None and labels_file is None:
        return None
    for file, kind in ((images_file, "images-idx3-ubyte"), (labels_file, "labels-idx1-ubyte")):
        if file is None:
            raise DataError(f"there is no {name}-{kind} or {name}-{kind}.gz in the folder", where=str(folder))
    assert images_file is not None
    assert labels_file is not None
    images = parse(content(images_file), str(images_file))
    labels = parse(content(labels_file), str(labels_file))
    if images.ndim != 3:
        raise DataError(f"images need 3 axes (N, H, W), the file has {images.ndim}", where=str(images_file))
    if labels.ndim != 1:
        raise DataError(f"labels need 1 axis, the file has {labels.ndim}", where=str(labels_file))
    return checked_arrays(images[:, None], labels, str(folder), (images_file.name, labels_file.name))


def _find(folder: Path, stem: str, ending: str) -> Path | None:
    """The file under any of the names in use; some sites write a dot before ``idx``."""
    names = [f"{stem}{joint}{ending}{gz}" for joint in "-." for gz in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def content(path: Path) -> bytes:
    """What is in a file, unpacked if it is gzipped.

    Raises:
        DataError: It cannot be read, or the gzip is damaged.
    """
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (EOFError, zlib.error, gzip.BadGzipFile, struct.error) as error:
        raise DataError(
            f"the gzip file is damaged ({error})", where=str(path), remedy="Download it again"
        ) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
