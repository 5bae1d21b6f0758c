"""Samples without targets, from a file of the user's, prepared as a run prepared its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nnbabysit.core.data.readers import channels
from nnbabysit.core.data.readers.checked_arrays import Array, checked_arrays
from nnbabysit.core.data.readers.reader import Inputs, PictureInputs, Reader
from nnbabysit.core.data.readers.registry import named_readers
from nnbabysit.core.errors import DataError

if TYPE_CHECKING:
    from nnbabysit.core.data.new_samples.signature import Signature
    from nnbabysit.core.data.preparation.preprocessing import Preprocessing

_KNOWN = (
    "Give a .npz with x, a .npy, an idx file of images, a .csv or .parquet, a picture or a folder of them"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class UnlabeledSamples:
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
        """Batches (B, ...) float32 on the CPU, the last may be smaller.

        Raises:
            DataError: A picture cannot be read; it is named.
        """
        for start in range(0, self.count, size):
            chunk = self.raw(start, min(start + size, self.count))
            yield self.preprocessing.apply(torch.from_numpy(chunk))


def read_samples(path: Path, signature: Signature) -> UnlabeledSamples:
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
    reader = _reader(path)
    if reader is None:
        raise DataError("no reader knows this kind of file", where=str(path), remedy=_KNOWN)
    found = reader.inputs(path, signature.known)
    if isinstance(found, PictureInputs):
        return UnlabeledSamples(
            place=found.place,
            files=found.files,
            count=len(found.files),
            raw=found.raw,
            preprocessing=signature.preprocessing,
        )
    return _in_memory(path, found, signature)


def _reader(path: Path) -> Reader | None:
    """By the ending of a file; without a known one by the rest of its name, and by what lies in a folder."""
    readers, name = named_readers().values(), path.name.lower()
    by_ending = [reader for reader in readers if path.is_file() and name.endswith(reader.endings)]
    return next(iter(by_ending), None) or next((each for each in readers if each.has_inputs(path)), None)


def _in_memory(path: Path, found: Inputs, signature: Signature) -> UnlabeledSamples:
    shape, x, notes = signature.sample_shape, found.x, found.notes
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
    return UnlabeledSamples(
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
