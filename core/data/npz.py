"""Reader of NumPy archives: x and y, or x_train, y_train, x_test, y_test; pickled objects are refused."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnbabysit.core.config.data_settings import Data
from nnbabysit.core.data.raw import Array, Arrays, Raw, checked_arrays
from nnbabysit.core.data.source_path import source_path
from nnbabysit.core.errors import DataError

_KEYS = "x and y, or x_train, y_train and, if there are any, x_validation, y_validation, x_test, y_test"


def read(settings: Data) -> Raw:
    """Read the archive at ``settings.path``.

    Raises:
        DataError: The file cannot be read, or lacks the arrays.
    """
    path = source_path(settings)
    return from_mapping(load(path), str(path))


def from_mapping(arrays: Mapping[str, Array], place: str) -> Raw:
    """Find the splits among named arrays.

    Raises:
        DataError: The training arrays or one of a pair are missing, or a pair does not fit.
    """
    whole = "x" in arrays or "y" in arrays
    if whole and ("x_train" in arrays or "y_train" in arrays):
        raise DataError(
            "both x, y and x_train, y_train are there", where=place, remedy=f"Keep one of them: {_KEYS}"
        )
    train = _pair(arrays, "" if whole else "_train", place)
    if train is None:
        found = ", ".join(map(str, arrays)) or "nothing"
        raise DataError(f"no x and y in it, found {found}", where=place, remedy=f"Name the arrays {_KEYS}")
    return Raw(
        place=place,
        train=train,
        validation=_pair(arrays, "_validation", place),
        test=_pair(arrays, "_test", place),
    )


def _pair(arrays: Mapping[str, Array], suffix: str, place: str) -> Arrays | None:
    names = (f"x{suffix}", f"y{suffix}")
    missing = [name for name in names if name not in arrays]
    if len(missing) == 2:
        return None
    if missing:
        found = ", ".join(map(str, arrays))
        raise DataError(
            f"{missing[0]} is missing, found {found}", where=place, remedy=f"Name the arrays {_KEYS}"
        )
    return checked_arrays(arrays[names[0]], arrays[names[1]], place, names)


def load(path: Path) -> dict[str, Array]:
    """The arrays of an archive by their names.

    Raises:
        DataError: It cannot be read, or holds pickled objects.
    """
    try:
        with path.open("rb") as file:
            _check_start(file.read(4), path)
            file.seek(0)
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise DataError(
                    "this is a .npy file with one array",
                    where=str(path),
                    remedy=f"Save with numpy.savez: {_KEYS}",
                )
            with archive:
                return {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, NotImplementedError) as error:
        if "allow_pickle" in str(error):
            raise DataError(
                "it holds pickled Python objects, which are never loaded",
                where=str(path),
                remedy="Save plain arrays of numbers with numpy.savez",
            ) from error
        raise DataError(f"this is no readable npz file ({error})", where=str(path)) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


def _check_start(start: bytes, path: Path) -> None:
    """Name what is no archive; numpy takes every unknown file for a pickle."""
    if start.startswith((b"PK", b"\x93NUM", b"\x80")):  # zip, .npy, pickle
        return
    what = "this is no npz file" if start else "the file is empty"
    raise DataError(what, where=str(path), remedy=f"Save with numpy.savez: {_KEYS}")
