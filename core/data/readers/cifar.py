"""Reader of CIFAR-10 and CIFAR-100 (Krizhevsky 2009), binary and python version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.checked_arrays import Array, Arrays, checked_arrays
from nnbabysit.core.data.readers.file_format import format_of
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Reader
from nnbabysit.core.data.readers.restricted_pickle import load_arrays
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.errors import DataError

PIXELS = 3 * 32 * 32


@dataclass(frozen=True)
class Version:
    """How one of the four downloads is laid out.

    Attributes:
        classes: Number of classes.
        train: Files of the training split.
        test: File of the test split.
        names: File of the class names.
        label_bytes: Labels before each binary record, of which the last counts; 0 for the python version.
        labels_key: Key of the labels in the python version.
        names_key: Key of the class names in the python version.
    """

    classes: int
    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int = 0
    labels_key: bytes = b""
    names_key: bytes = b""


_BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))
VERSIONS = (
    Version(
        10, tuple(f"{name}.bin" for name in _BATCHES), "test_batch.bin", "batches.meta.txt", label_bytes=1
    ),
    Version(100, ("train.bin",), "test.bin", "fine_label_names.txt", label_bytes=2),
    Version(10, _BATCHES, "test_batch", "batches.meta", labels_key=b"labels", names_key=b"label_names"),
    Version(100, ("train",), "test", "meta", labels_key=b"fine_labels", names_key=b"fine_label_names"),
)


class CifarReader(Reader):
    """A folder of one of the four downloads."""

    name = "cifar"
    reads = "a folder of CIFAR"

    def detects(self, path: Path) -> bool:
        """Whether CIFAR is in a folder, or straight below it."""
        return path.is_dir() and bool(cifar_folders(path))

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read the folder ``settings.path``; x is (N, 3, 32, 32) uint8, y the (fine) class.

        Raises:
            DataError: No version of CIFAR is in the folder, or a file of it is missing or damaged.
        """
        root = source_path(settings, folder=True)
        found = cifar_folders(root)
        if not found:
            packed = [
                path for path in sorted(root.iterdir()) if path.name.endswith((".tar.gz", ".tgz", ".tar"))
            ]
            unpack = f"Unpack {packed[0].name} first, and set" if packed else "Set"
            raise DataError(
                "there is no data_batch_1[.bin] (CIFAR-10) and no train[.bin] (CIFAR-100) in the folder",
                where=str(root),
                remedy=f"{unpack} data.path to the unpacked cifar-10-batches-bin, cifar-10-batches-py, "
                "cifar-100-binary or cifar-100-python",
            )
        if len(found) > 1:
            places = ", ".join(place.relative_to(root).as_posix() for place in found)
            raise DataError(
                f"there are several versions of CIFAR in it: {places}",
                where=str(root),
                remedy=f"Set data.path to one of them, such as {found[0]}",
            )
        folder = found[0]
        version = _version(folder)
        assert version is not None
        train = _joined([_batch(folder / name, version) for name in version.train])
        test = _batch(folder / version.test, version) if (folder / version.test).is_file() else None
        notes = () if folder == root else (f"read from {folder.relative_to(root).as_posix()}",)
        names = _class_names(folder, version)
        return Raw(place=str(folder), train=train, test=test, class_names=names, notes=notes)


def cifar_folders(root: Path) -> list[Path]:
    """The folder itself if CIFAR is in it, else those straight below, as torchvision has them."""
    if _version(root):
        return [root]
    return [path for path in sorted(root.iterdir()) if path.is_dir() and _version(path)]


def _version(folder: Path) -> Version | None:
    return next((version for version in VERSIONS if (folder / version.train[0]).is_file()), None)


def parse_binary(content: bytes, label_bytes: int, place: str) -> Arrays:
    """Samples of a binary file: records of one or two label bytes and 3072 pixel bytes.

    Raises:
        DataError: The size of the file is no multiple of a record.
    """
    record = label_bytes + PIXELS
    if not content or len(content) % record:
        what, remedy = format_of(content[:512])
        shown = f"this is {what}, no file of CIFAR: " if what else ""
        raise DataError(
            f"{shown}{len(content)} bytes are not a multiple of the {record} of a record",
            where=place,
            remedy=remedy or "Download it again",
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, record)
    return checked_arrays(records[:, label_bytes:].reshape(-1, 3, 32, 32), records[:, label_bytes - 1], place)


def _batch(path: Path, version: Version) -> Arrays:
    content = _content(path)
    if version.label_bytes:
        return parse_binary(content, version.label_bytes, str(path))
    what, remedy = format_of(content[:512])
    if what and not content.startswith(b"\x80"):
        raise DataError(f"this is {what}, no file of CIFAR", where=str(path), remedy=remedy)
    batch = load_arrays(content, str(path))
    data, labels = batch.get(b"data"), batch.get(version.labels_key)
    if (
        not isinstance(data, np.ndarray)
        or data.ndim != 2
        or data.shape[1] != PIXELS
        or data.dtype != np.uint8
    ):
        raise DataError(f"data is no array of bytes with {PIXELS} columns", where=str(path))
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise DataError(f"{version.labels_key.decode()} is no list of integers", where=str(path))
    return checked_arrays(data.reshape(-1, 3, 32, 32), np.array(labels, dtype=np.int64), str(path))


def _class_names(folder: Path, version: Version) -> tuple[str, ...]:
    path = folder / version.names
    if not path.is_file():
        return tuple(map(str, range(version.classes)))
    content = _content(path)
    if version.label_bytes:
        names = content.decode("utf-8", errors="replace").split()
    else:
        names = [_text(name) for name in _names_list(load_arrays(content, str(path)), version.names_key)]
    if len(names) != version.classes:
        raise DataError(f"{len(names)} class names, expected {version.classes}", where=str(path))
    return tuple(names)


def _names_list(meta: dict[Any, Any], key: bytes) -> list[Any]:
    names = meta.get(key)
    return names if isinstance(names, list) else []


def _text(name: object) -> str:
    return name.decode("utf-8", errors="replace") if isinstance(name, bytes) else str(name)


def _joined(batches: list[Arrays]) -> Arrays:
    x: Array = np.concatenate([batch.x for batch in batches])
    y: Array = np.concatenate([batch.y for batch in batches])
    return Arrays(x, y)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"there is no {path.name} in the folder", where=str(path.parent)) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
