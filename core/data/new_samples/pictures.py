"""Pictures: samples as the user knows them, with the preprocessing taken off again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from nnbabysit.core.data.readers.checked_arrays import Array

if TYPE_CHECKING:
    from nnbabysit.core.data.preparation.preprocessing import Preprocessing


def are_pictures(shape: tuple[int, ...]) -> bool:
    """Whether samples of this shape are images (C, H, W), of one channel, of three, or of three and alpha."""
    return len(shape) == 3 and shape[0] in (1, 3, 4)


def pictures(x: Tensor, preprocessing: Preprocessing) -> Array:
    """Preprocessed images (N, C, H, W) as numbers to draw.

    Black is the smallest value of the training split and white the largest, the same for all pictures.

    Returns:
        (N, H, W) for one channel, else (N, H, W, 3); float64 in 0…1, alpha left out.
    """
    low = float(preprocessing.statistics.minimum.min())
    high = float(preprocessing.statistics.maximum.max())
    shown = ((preprocessing.inverse(x).double().cpu() - low) / (high - low or 1.0)).nan_to_num().clamp(0, 1)
    array: Array = (shown[:, 0] if shown.shape[1] == 1 else shown[:, :3].permute(0, 2, 3, 1)).numpy()
    return array
