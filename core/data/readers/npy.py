"""Reader of arrays in files of their own: x.npy and y.npy, or images.npy and labels.npy, in one folder."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.array_names import Part, listed, part_of
from nnbabysit.core.data.readers.checked_arrays import Array
from nnbabysit.core.data.readers.npz import from_mapping, load_array
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Inputs, Known, Reader
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.errors import DataError

_KEYS = "x.npy and y.npy, or x_train.npy, y_train.npy and, if there are any, x_test.npy, y_test.npy"


class NpyReader(Reader):
    """Arrays that lie side by side; their files are named as the arrays of an npz file are."""

    name = "npy"
    reads = "a file x.npy with y.npy beside it, a folder of them"
    has_channels = True

    def detects(self, path: Path) -> bool:
        """Whether it is such a file, or a folder with inputs and targets in such files."""
        if path.is_dir():
            return {"x", "y"} <= {part.role for part in map(_part, _files(path)) if part}
        return path.suffix.lower() == ".npy"

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read the arrays of a folder, or one file and those that belong to it.

        Raises:
            DataError: A file cannot be read or holds pickled objects, inputs or targets are missing or do not
                fit, or a file of the folder says nothing by its name.
        """
        path = source_path(settings, folder=None)
        files = _files(path) if path.is_dir() else _beside(path)
        for name in settings.drop:
            if name not in [file.stem for file in files]:
                raise DataError(f"{path} has no {name}.npy", where="data.drop")
        arrays = {file.stem: load_array(file) for file in files if file.stem not in settings.drop}
        if not arrays:
            raise DataError("there is no .npy file in the folder", where=str(path), remedy=f"Save {_KEYS}")
        return from_mapping(arrays, str(path))

    def has_inputs(self, path: Path) -> bool:
        """Whether it is a folder with one file of inputs, or with those of a test split."""
        return path.is_dir() and bool(_inputs(path))

    def inputs(self, path: Path, known: Known) -> Inputs:
        """The inputs in a folder: x, or those of the test split."""
        found = _inputs(path)
        if len(found) > 1:
            words = f"{listed(file.name for file in found)} may all be x"
            raise DataError(words, where=str(path), remedy=f"Name the file, such as {found[0]}")
        array: Array = load_array(found[0])
        return Inputs(array, () if found[0].stem == "x" else (f"{found[0].name} is read as x",))


def _part(file: Path) -> Part | None:
    return part_of(file.stem)


def _files(folder: Path) -> list[Path]:
    """Files .npy straight in a folder, hidden ones left out."""
    found = (path for path in folder.iterdir() if path.suffix.lower() == ".npy" and path.is_file())
    return sorted(path for path in found if not path.name.startswith("."))


def _beside(path: Path) -> list[Path]:
    """A file, and those of its folder whose names say that they are the other parts of the same data."""
    own = _part(path)
    if own is None:
        raise DataError(
            f"{path.name} does not say whether it holds inputs or targets",
            where=str(path),
            remedy=f"Call the files {_KEYS}",
        )
    others = [file for file in _files(path.parent) if _part(file) not in (None, own)]
    return [path, *others]


def _inputs(folder: Path) -> list[Path]:
    """Files with samples to predict: x, else x of the test split, else whatever are inputs."""
    inputs = [file for file in _files(folder) if (part := _part(file)) and part.role == "x"]
    for wanted in (Part("x"), Part("x", "test")):
        if chosen := [file for file in inputs if _part(file) == wanted]:
            return chosen
    return inputs
