"""Samples without targets, from a file of the user's, prepared as a run prepared its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nnbabysit.core.data.readers import channels, idx, npz
from nnbabysit.core.data.readers.checked_arrays import Array, checked_arrays
from nnbabysit.core.data.readers.image_file import ENDINGS, read_image
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from nnbabysit.core.data.new_samples.signature import Signature
    from nnbabysit.core.data.preparation.preprocessing import Preprocessing

TABLES = (".csv", ".tsv", ".parquet", ".csv.gz")
_KNOWN = (
    "Give a .npz with x, a .npy, an idx file of images, a .csv or .parquet, a picture or a folder of them"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Samples that are prepared batch by batch.

    Attributes:
        place: File or folder they come from.
        files: For pictures the path of each, relative to the folder; else None.
        count: N.
        raw: Gives the raw samples (n, ...) at positions start … stop.
        preprocessing: As the run fitted it.
        notes: How they were read, plain sentences.
    """

    place: str
    files: tuple[str, ...] | None = None
    count: int
    raw: Callable[[int, int], Array]
    preprocessing: Preprocessing
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of samples."""
        return self.count

    def batches(self, size: int) -> Iterator[Tensor]:
        """Batches (n, ...) float32 on the CPU, the last may be smaller.

        Raises:
            DataError: A picture cannot be read; it is named.
        """
        for start in range(0, self.count, size):
            chunk = self.raw(start, min(start + size, self.count))
            yield self.preprocessing.apply(torch.from_numpy(chunk))


def read_samples(path: Path, signature: Signature) -> Samples:
    """Look at a file and make sure that its samples are of the kind that a run knows.

    Args:
        path: ``.npz`` with an array x (or x_test), ``.npy``, a csv or parquet file if the run was trained on
            a table, an idx file of images, one picture, or a folder of pictures.
        signature: Of the run.

    Raises:
        DataError: There is no such file, it cannot be read, or its samples are of another kind or shape.
    """
    if not path.exists():
        raise DataError("there is no such file or folder", where=str(path), remedy=_KNOWN)
    name = path.name.lower()
    if path.is_dir():
        return _pictures(path, _found(path), signature)
    if path.suffix.lower() in ENDINGS:
        return _pictures(path.parent, (path,), signature)
    if name.endswith(TABLES):
        return _in_memory(path, _table(path, signature), signature)
    if name.endswith(".npy"):
        return _in_memory(path, _npy(path), signature)
    if name.endswith(".npz"):
        arrays = npz.load(path)
        array, notes = npz.inputs(arrays, str(path))
        return _in_memory(path, arrays[array], signature, notes)
    if "idx" in name:
        return _in_memory(path, idx.parse(idx.content(path), str(path)), signature)
    raise DataError("no reader knows this kind of file", where=str(path), remedy=_KNOWN)


def _in_memory(path: Path, x: Array, signature: Signature, notes: tuple[str, ...] = ()) -> Samples:
    shape = signature.sample_shape
    if _has_channels_last(x.shape, signature):
        notes = (*notes, channels.words_for(x.shape[-3:]))
        x = channels.to_front(x)
    if x.shape == shape or (x.ndim and x.shape[1:] == shape[1:] and shape[:1] == (1,) and len(shape) == 3):
        x = x.reshape(-1, *shape)  # a single sample, or gray images (N, H, W)
    if x.ndim and not len(x):
        raise DataError("there are no samples in it", where=str(path))
    x = checked_arrays(x, np.zeros(len(x) if x.ndim else 0), str(path)).x
    if x.shape[1:] != shape:
        raise DataError(f"a sample has shape {x.shape[1:]}, the run was trained on {shape}", where=str(path))
    _check_finite(x, path)
    return Samples(
        place=str(path),
        count=len(x),
        raw=lambda start, stop: x[start:stop],
        preprocessing=signature.preprocessing,
        notes=notes,
    )


def _has_channels_last(shape: tuple[int, ...], signature: Signature) -> bool:
    """Whether samples are (H, W, C): where either reading fits the run, they are as its own samples were."""
    if len(signature.sample_shape) != 3 or len(shape) < 3:
        return False
    channels_first, height, width = signature.sample_shape
    as_last = shape[-3:] == (height, width, channels_first)
    return as_last and (signature.channels_last or shape[-3:] != signature.sample_shape)


def _check_finite(x: Array, path: Path) -> None:
    """No network says anything about a sample with a NaN in it, though it would name a class."""
    wrong = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(1))
    if len(wrong):
        more = f" (and {len(wrong) - 1} more like it)" if len(wrong) > 1 else ""
        raise DataError(
            f"sample {wrong[0]} holds NaN or infinity{more}",
            where=str(path),
            remedy="Fill such values in, or leave the samples out",
        )


def _table(path: Path, signature: Signature) -> Array:
    if signature.columns is None:
        raise DataError(
            "this is a table, and the run was not trained on one",
            where=str(path),
            remedy="Save the samples as the array x with numpy.savez",
        )
    try:
        return signature.columns.features(path)
    except DataError as error:
        if "--skip-broken" not in error.remedy:
            raise
        # every sample gets its answer: a row that is left out would shift the numbers of all after it
        raise DataError(error.message, where=error.where, remedy="Repair the file") from error


def _npy(path: Path) -> Array:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise DataError(f"this is no readable npy file of numbers ({error})", where=str(path)) from error
    if not isinstance(array, np.ndarray):
        raise DataError("this is no npy file", where=str(path), remedy="Name an archive .npz")
    return array


def _found(folder: Path) -> tuple[Path, ...]:
    """Pictures below a folder in the order of their paths, hidden ones left out."""
    files = []
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        files += [
            Path(place) / name
            for name in names
            if Path(name).suffix.lower() in ENDINGS and not name.startswith(".")
        ]
    if not files:
        raise DataError("there are no pictures in this folder", where=str(folder), remedy=_KNOWN)
    return tuple(sorted(files))


def _pictures(folder: Path, files: tuple[Path, ...], signature: Signature) -> Samples:
    shape = signature.sample_shape
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise DataError(
            f"the run was trained on samples of shape {shape}, not on pictures", where=str(files[0])
        )
    channels, height, width = shape

    def read(start: int, stop: int) -> Array:
        return np.stack([_picture(path, (channels, height, width)) for path in files[start:stop]])

    return Samples(
        place=str(folder if len(files) > 1 else files[0]),
        files=tuple(path.relative_to(folder).as_posix() for path in files),
        count=len(files),
        raw=read,
        preprocessing=signature.preprocessing,
    )


def _picture(path: Path, shape: tuple[int, int, int]) -> Array:
    try:
        return read_image(path, shape)
    except DataError as error:
        remedy = error.remedy or "Replace it, or take it out of what is to be predicted"
        raise DataError(error.message, where=error.where, remedy=remedy) from error
