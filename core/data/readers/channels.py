"""Channels: where a picture in an array keeps its colors, first (C, H, W) or last (H, W, C)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch
from torch.utils.data import Dataset as TorchDataset

from nnbabysit.core.data.readers.checked_arrays import Array, Arrays
from nnbabysit.core.data.readers.raw import Raw, Samples
from nnbabysit.core.errors import DataError

Place = Literal["first", "last"]
SETTING = "data.channels"
_COUNTS = (1, 3, 4)
"""Gray; red, green, blue; and alpha."""


class ChannelsFirst(TorchDataset[tuple[Any, Any]]):
    """A map-style Dataset of the user's whose pictures have their channels brought to the front."""

    def __init__(self, dataset: TorchDataset[Any]) -> None:
        """Wrap ``dataset``."""
        self._dataset = dataset

    def __len__(self) -> int:
        """Number of samples."""
        return len(self._dataset)  # type: ignore[arg-type]  # that it has a length is checked by the survey

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Sample and target; what is no picture of three axes is passed on as it is."""
        item = self._dataset[index]
        if not isinstance(item, tuple | list) or len(item) != 2:
            return item  # type: ignore[return-value]  # and refused by the survey
        x, y = item
        if isinstance(x, torch.Tensor):
            return (x.movedim(-1, 0) if x.ndim == 3 else x), y
        array = np.asarray(x)
        return (to_front(array) if array.ndim == 3 else x), y


def lie_last(shape: tuple[int, ...]) -> bool | None:
    """Whether samples of this shape look like pictures (H, W, C); None if that cannot be told.

    Channels are 1, 3 or 4, and fewer than there are pixels in a row or column; where both ends may be
    channels, pictures are taken for square.
    """
    if len(shape) != 3:
        return False
    front, back = shape[0] in _COUNTS, shape[2] in _COUNTS
    square_first, square_last = shape[1] == shape[2], shape[0] == shape[1]
    if front and not back:
        return False
    if back and not front:
        return True if shape[2] <= min(shape[:2]) else None
    if front and back:
        return square_last if square_first != square_last else None if shape != (1, 1, 1) else False
    return None if square_last and not square_first else False  # 16 × 16 × 2: no picture has 2 channels


def to_front(x: Array) -> Array:
    """The last of three axes before the two others: (..., H, W, C) → (..., C, H, W)."""
    return np.ascontiguousarray(np.moveaxis(x, -1, -3))


def arranged(raw: Raw, wish: Place | None, *, own_network: bool = False) -> Raw:
    """Bring the channels of pictures to the front, where ``data.channels`` or their shape says they are last.

    Args:
        raw: Samples as a file or function gives them.
        wish: ``data.channels``; by default the shape decides.
        own_network: The function and the network are both the user's own, who may have agreed on any shape:
            then nothing is moved unless it is asked for.

    Raises:
        DataError: The shape does not tell, or samples that shall be turned have no three axes.
    """
    if wish is None and own_network:
        return replace(raw, notes=(*raw.notes, *_hint(raw.train)))
    last = _is_last(raw.train, wish, raw.place)
    notes = (words_for(raw.train.x.shape[1:]),) if last and isinstance(raw.train, Arrays) else ()

    def turned(samples: Samples) -> Samples:
        if not _is_last(samples, wish, raw.place):
            return samples
        if isinstance(samples, Arrays):
            return Arrays(to_front(samples.x), samples.y)
        return ChannelsFirst(samples)

    return replace(raw.each(turned), channels_last=last, notes=(*raw.notes, *notes))


def words_for(shape: tuple[int, ...]) -> str:
    """What was done with samples of this shape."""
    height, width, channels = shape
    return (
        f"samples of {_by(shape)} have their channels last: brought to the front, "
        f"{_by((channels, height, width))}; {SETTING}: first leaves them as they are"
    )


def _is_last(samples: Samples, wish: Place | None, place: str) -> bool:
    if wish == "first":
        return False
    if not isinstance(samples, Arrays):
        return wish == "last"  # to look at a sample of the user's Dataset would draw from his random numbers
    shape = samples.x.shape[1:]
    if wish == "last" and len(shape) != 3:
        raise DataError(
            f"a sample has shape {shape}, and only pictures (H, W, C) have channels to bring to the front",
            where=SETTING,
            remedy="Leave it out",
        )
    told = True if wish == "last" else lie_last(shape)
    if told is None:
        raise DataError(
            f"samples of {_by(shape)}: {shape[0]} channels of {_by(shape[1:])}, or pictures of "
            f"{_by(shape[:2])} with their {shape[2]} channels last? The shape does not tell",
            where=place,
            remedy=f"Set {SETTING}: first or {SETTING}: last",
        )
    return told


def _hint(samples: Samples) -> tuple[str, ...]:
    if not isinstance(samples, Arrays) or not lie_last(samples.x.shape[1:]):
        return ()
    return (
        f"samples of {_by(samples.x.shape[1:])} look like pictures with their channels last, and go to your "
        f"network as they are; {SETTING}: last brings the channels to the front",
    )


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
