"""Reader of NumPy archives: x and y, or x_train, y_train, x_test, y_test; pickled objects are refused."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.array_names import Part, listed, part_of
from nnbabysit.core.data.readers.checked_arrays import Array, checked_arrays
from nnbabysit.core.data.readers.class_names import as_text, numbered
from nnbabysit.core.data.readers.file_format import format_of
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Inputs, Known, Reader
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.errors import DataError

_KEYS = "x and y, or x_train, y_train and, if there are any, x_validation, y_validation, x_test, y_test"


class NpzReader(Reader):
    """One archive of arrays."""

    name = "npz"
    reads = "a file .npz"
    endings = (".npz",)
    has_channels = True

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read the archive at ``settings.path``.

        Raises:
            DataError: The file cannot be read, lacks the arrays, or holds some that nobody reads.
        """
        path = source_path(settings)
        return from_mapping(load_archive(path, settings.drop), str(path))

    def has_inputs(self, path: Path) -> bool:
        """Whether it is a file with one array."""
        return path.is_file() and path.name.lower().endswith(".npy")

    def inputs(self, path: Path, known: Known) -> Inputs:
        """The array that holds samples to predict, see ``input_array``; that of a .npy file is alone."""
        if self.has_inputs(path):
            return Inputs(load_array(path))
        arrays = load_archive(path)
        name, notes = input_array(arrays, str(path))
        return Inputs(arrays[name], notes)


def from_mapping(arrays: Mapping[str, Array], place: str) -> Raw:
    """Find the splits among named arrays; whatever spelling was read is said.

    Raises:
        DataError: The training arrays or one of a pair are missing, a pair does not fit, two arrays are for
            the same, or one is for nothing.
    """
    named = _positional(arrays) or _named(arrays, place)
    whole = Part("x") in named or Part("y") in named
    if whole and (Part("x", "train") in named or Part("y", "train") in named):
        both = listed(name for part, name in named.items() if part.split in ("", "train"))
        raise DataError(
            f"both x, y and x_train, y_train are there: {both}",
            where=place,
            remedy=f"Keep one of them, or leave the others out with data.drop: {_KEYS}",
        )
    splits = {"train": "" if whole else "train", "validation": "validation", "test": "test"}
    pairs = {split: _pair(named, suffix, arrays, place) for split, suffix in splits.items()}
    if pairs["train"] is None:
        raise DataError(
            f"no x and y in it, found {listed(arrays) or 'nothing'}",
            where=place,
            remedy=f"Name the arrays {_KEYS}",
        )
    names = _class_names(arrays, named.get(Part("names")), place)
    used = [pair for pair in pairs.values() if pair is not None]
    ys, names = numbered({y: arrays[y] for _, y in used}, place, names)
    found = {
        split: None if pair is None else checked_arrays(arrays[pair[0]], ys[pair[1]], place, pair)
        for split, pair in pairs.items()
    }
    assert found["train"] is not None
    return Raw(
        place=place,
        train=found["train"],
        validation=found["validation"],
        test=found["test"],
        class_names=names,
        notes=_said(named),
    )


def input_array(arrays: Mapping[str, Array], place: str) -> tuple[str, tuple[str, ...]]:
    """The array that holds samples to predict: x, that of the test split, or the only one that is an input.

    Returns:
        Its name, and what should be said about it.

    Raises:
        DataError: There is none, or there are several.
    """
    inputs = {name: part for name in arrays if (part := part_of(name)) and part.role == "x"}
    for wanted in (Part("x"), Part("x", "test")):
        chosen = [name for name, part in inputs.items() if part == wanted]
        if chosen:
            break
    else:
        chosen = list(inputs)
    if not chosen and (list(arrays) == ["arr_0"] or _positional(arrays)):
        chosen = ["arr_0"]
    if len(chosen) != 1:
        what = (
            f"{listed(chosen)} may all be x" if chosen else f"no x in it, found {listed(arrays) or 'nothing'}"
        )
        raise DataError(what, where=place, remedy="Save the samples as the array x, alone, with numpy.savez")
    return chosen[0], () if chosen == ["x"] else (f"the array {chosen[0]} is read as x",)


def _named(arrays: Mapping[str, Array], place: str) -> dict[Part, str]:
    """Part → name of the array that is it.

    Raises:
        DataError: Two arrays are the same part, or one is none.
    """
    found: dict[Part, str] = {}
    unknown = []
    for name in arrays:
        part = part_of(name)
        if part is None:
            unknown.append(name)
        elif part in found:
            raise DataError(
                f"{found[part]} and {name} may both be {part}",
                where=place,
                remedy=f"Leave one out with data.drop: [{name}]",
            )
        else:
            found[part] = name
    if unknown and len(found) >= 2:
        raise DataError(
            f"nobody reads the array{'s' if len(unknown) > 1 else ''} {listed(unknown)}",
            where=place,
            remedy=f"Leave out what is not needed with data.drop: [{listed(unknown)}], or name it {_KEYS}",
        )
    return found


def _positional(arrays: Mapping[str, Array]) -> dict[Part, str] | None:
    """``numpy.savez(file, x, y)`` names them arr_0 and arr_1; the shapes must say the same as the order."""
    if set(arrays) != {"arr_0", "arr_1"}:
        return None
    x, y = arrays["arr_0"], arrays["arr_1"]
    column = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    if x.ndim < 2 or x.shape[1:] == (1,) or not column or len(x) != len(y):
        return None
    return {Part("x"): "arr_0", Part("y"): "arr_1"}


def _pair(
    named: Mapping[Part, str], split: str, arrays: Mapping[str, Array], place: str
) -> tuple[str, str] | None:
    """Names of the inputs and the targets of a split."""
    parts = (Part("x", split), Part("y", split))
    missing = [part for part in parts if part not in named]
    if len(missing) == 2:
        return None
    if missing:
        there = named[parts[0] if missing[0] == parts[1] else parts[1]]
        other = f", or leave {there} out with data.drop: [{there}]" if split not in ("", "train") else ""
        raise DataError(
            f"{missing[0]} is missing, found {listed(arrays)}",
            where=place,
            remedy=f"Name the arrays {_KEYS}{other}",
        )
    return named[parts[0]], named[parts[1]]


def _class_names(arrays: Mapping[str, Array], name: str | None, place: str) -> tuple[str, ...] | None:
    if name is None:
        return None
    text = as_text(arrays[name])
    if text is None or len(set(text)) < len(text):
        raise DataError(
            f"{name} should hold the names of the classes, each another text",
            where=place,
            remedy=f"Leave it out with data.drop: [{name}]",
        )
    return tuple(map(str, text))


def _said(named: Mapping[Part, str]) -> tuple[str, ...]:
    """What was read under another name than its own."""
    other = [f"{name} as {part}" for part, name in named.items() if name != str(part)]
    return (f"arrays read by what they seem to be: {', '.join(other)}",) if other else ()


def load_archive(path: Path, leave_out: Sequence[str] = ()) -> dict[str, Array]:
    """The arrays of an archive by their names.

    Args:
        path: The file.
        leave_out: Names of arrays that are not even looked at.

    Raises:
        DataError: It cannot be read, holds pickled objects, or has none of the arrays to leave out.
    """
    try:
        with path.open("rb") as file:
            _check_start(file.read(512), path)
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return _members(archive, leave_out, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, NotImplementedError) as error:
        raise DataError(f"this is no readable npz file ({error})", where=str(path)) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


def load_array(path: Path) -> Array:
    """The array of a .npy file.

    Raises:
        DataError: It cannot be read, is no such file, or holds pickled objects.
    """
    try:
        with path.open("rb") as file:
            array = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"this is no readable npy file of numbers ({error})", where=str(path)) from error
    if not isinstance(array, np.ndarray):
        raise DataError("this is no npy file", where=str(path), remedy="Name an archive .npz")
    return array


def _members(archive: NpzFile, leave_out: Sequence[str], path: Path) -> dict[str, Array]:
    """Every array that is wanted."""
    assert archive.zip is not None
    stored = [name for name in archive.zip.namelist() if not name.endswith("/")]
    strange = [name for name in stored if not name.endswith(".npy") and name not in leave_out]
    if strange and len(strange) == len(stored):
        raise DataError(
            f"this is a zip file without arrays, it holds {listed(strange)}",
            where=str(path),
            remedy=f"Save with numpy.savez: {_KEYS}",
        )
    if strange:
        raise DataError(
            f"{strange[0]} in it is no array",
            where=str(path),
            remedy=f"Leave it out with data.drop: [{strange[0]}]",
        )
    for name in leave_out:
        if name not in archive.files:
            raise DataError(
                f"{path} has no array {name!r}, it holds {listed(archive.files)}", where="data.drop"
            )
    found: dict[str, Array] = {}
    for name in archive.files:
        if name not in leave_out:
            try:
                found[name] = archive[name]
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
                raise DataError(
                    f"the array {name} holds pickled Python objects, which are never loaded",
                    where=str(path),
                    remedy="Save plain arrays of numbers or text with numpy.savez"
                    if part_of(name)
                    else f"Leave it out with data.drop: [{name}]",
                ) from error
    return found


def _check_start(start: bytes, path: Path) -> None:
    """Name what is no archive; numpy takes every unknown file for a pickle."""
    if start.startswith(b"PK\x03\x04") or start.startswith(b"PK\x05\x06"):  # a zip file, an empty one
        return
    what, remedy = format_of(start)
    if what.startswith("a pickle"):
        remedy = "Pickles are never loaded: save plain arrays with numpy.savez"
    words = f"this is {what}, no npz file" if what else "this is no npz file"
    words = words if start else "the file is empty"
    raise DataError(words, where=str(path), remedy=remedy or f"Save with numpy.savez: {_KEYS}")
