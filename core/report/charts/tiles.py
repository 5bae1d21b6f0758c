"""Tiles: rows of pictures, each with its words, such as the samples that are classified most wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COLUMNS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Tiles:
    """Pictures in rows.

    Attributes:
        rows: Pictures of each row: (H, W) in gray or (H, W, 3), in 0…1.
        captions: Two lines above each picture; empty: none.
        names: Name at the left of each row; empty: none.
        empty: What to say where there is no picture.
    """

    rows: tuple[tuple[NDArray[np.float64], ...], ...]
    captions: tuple[tuple[tuple[str, str], ...], ...] = ()
    names: tuple[str, ...] = ()
    empty: str = "no data"


def wrong_tiles(pictures: NDArray[np.float64], captions: Sequence[tuple[str, str]]) -> Tiles:
    """The most wrongly classified images, the worst first.

    Args:
        pictures: (n, H, W) or (n, H, W, 3) in 0…1.
        captions: Two lines for each: what was said of it, and what is true.
    """
    starts = range(0, len(pictures), _COLUMNS)
    return Tiles(
        rows=tuple(tuple(pictures[start : start + _COLUMNS]) for start in starts),
        captions=tuple(tuple(captions[start : start + _COLUMNS]) for start in starts),
        empty="nothing was classified wrongly",
    )


def reconstruction_tiles(rows: Mapping[str, NDArray[np.float64]]) -> Tiles:
    """The same samples in each row: originals, what the network saw of them, and what it made of them.

    Args:
        rows: Name of the row → pictures in 0…1, (N, H, W) in gray or (N, H, W, 3); as many in each row.
    """
    return Tiles(rows=tuple(tuple(pictures) for pictures in rows.values()), names=tuple(rows))
