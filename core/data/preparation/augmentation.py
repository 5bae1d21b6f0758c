"""Augmentation: random changes of a training batch, on its device, as a function of seed, epoch and sample.

Shape suffixes: N samples, C channels, H rows, W columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from nnbabysit.core.config.schema.data import Augment
from nnbabysit.core.data.preparation.counter_rng import normals, uniforms
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import DataError

OF_IMAGES = ("flip", "crop", "rotate", "brightness", "contrast", "cutout")


@dataclass(frozen=True, eq=False)
class Mix:
    """What a batch was mixed with.

    Attributes:
        partner: (N,) int64, position in the batch of the sample that was mixed in.
        share: Weight of the sample itself; the partner's is 1 − share.
    """

    partner: Tensor
    share: float


class Augmentation:
    """The changes that a config asks for, in the order of its settings.

    Mixup draws one share per batch, as its authors do (Zhang et al. 2018), from the stream of the batch's
    first sample; everything else is a function of seed, epoch and the sample itself.
    """

    def __init__(self, settings: Augment, seed: int, input_shape: tuple[int, ...]) -> None:
        """Change samples of this shape.

        Raises:
            DataError: A change needs images, or is larger than they are.
        """
        self._settings = settings
        self._seed = seed
        changes: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {
            "flip": self._flip,
            "crop": self._crop,
            "rotate": self._rotate,
            "brightness": self._brightness,
            "contrast": self._contrast,
            "cutout": self._cutout,
            "noise": self._noise,
        }
        self._changes = {name: change for name, change in changes.items() if getattr(settings, name) > 0}
        _check(settings, input_shape, list(self._changes))

    @classmethod
    def of(cls, settings: Augment, seed: int, input_shape: tuple[int, ...]) -> Augmentation | None:
        """The augmentation of a config; None if it asks for nothing."""
        return None if settings == Augment() else cls(settings, seed, input_shape)

    @torch.no_grad()
    def apply(self, x: Tensor, samples: Tensor, epoch: int) -> tuple[Tensor, Mix | None]:
        """Change a batch.

        Args:
            x: (N, ...) float32, preprocessed; it is not changed itself.
            samples: (N,) int64, positions in the training split, on the device of ``x``.
            epoch: Number of the epoch, from 1.

        Returns:
            The changed samples, and what they were mixed with, if they were.
        """
        for name, change in self._changes.items():
            x = change(x, samples, derive_seed(self._seed, "augment", name, epoch))
        if self._settings.mixup == 0:
            return x, None
        mix = self._mix(samples, epoch)
        return mix.share * x + (1 - mix.share) * x[mix.partner], mix

    def _flip(self, x_NCHW: Tensor, samples: Tensor, seed: int) -> Tensor:
        chosen = uniforms(seed, samples, 1)[:, 0] < self._settings.flip
        return torch.where(chosen[:, None, None, None], x_NCHW.flip(3), x_NCHW)

    def _crop(self, x_NCHW: Tensor, samples: Tensor, seed: int) -> Tensor:
        most = self._settings.crop
        height, width = x_NCHW.shape[2:]
        shifts = (uniforms(seed, samples, 2) * (2 * most + 1)).long()  # 0 … 2·most, before the padding
        padded = F.pad(x_NCHW, (most, most, most, most))
        rows = shifts[:, :1] + torch.arange(height, device=x_NCHW.device)
        columns = shifts[:, 1:] + torch.arange(width, device=x_NCHW.device)
        numbers = torch.arange(len(x_NCHW), device=x_NCHW.device)[:, None, None]
        return padded.permute(0, 2, 3, 1)[numbers, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    def _rotate(self, x_NCHW: Tensor, samples: Tensor, seed: int) -> Tensor:
        turns = (uniforms(seed, samples, 1)[:, 0] * 2 - 1) * math.radians(self._settings.rotate)
        height, width = x_NCHW.shape[2:]
        cosine, sine, zero = turns.cos(), turns.sin(), torch.zeros_like(turns)
        # the grid runs from -1 to 1 along both sides, so an oblong is turned in units of its sides
        first = torch.stack([cosine, -sine * height / width, zero], dim=1)
        second = torch.stack([sine * width / height, cosine, zero], dim=1)
        grid = F.affine_grid(torch.stack([first, second], dim=1), list(x_NCHW.shape), align_corners=False)
        return F.grid_sample(x_NCHW, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    def _brightness(self, x_NCHW: Tensor, samples: Tensor, seed: int) -> Tensor:
        change = (uniforms(seed, samples, 1) * 2 - 1) * self._settings.brightness
        return x_NCHW + change[:, :, None, None]

    def _contrast(self, x_NCHW: Tensor, samples: Tensor, seed: int) -> Tensor:
        factor = 1 + (uniforms(seed, samples, 1) * 2 - 1) * self._settings.contrast
        mean = x_NCHW.mean(dim=(1, 2, 3), keepdim=True)
        return mean + (x_NCHW - mean) * factor[:, :, None, None]

    def _cutout(self, x_NCHW: Tensor, samples: Tensor, seed: int) -> Tensor:
        """DeVries & Taylor 2017: the center lies anywhere, so the square may lie partly outside."""
        side = self._settings.cutout
        height, width = x_NCHW.shape[2:]
        drawn = uniforms(seed, samples, 2)
        top = (drawn[:, 0] * height).long() - side // 2
        left = (drawn[:, 1] * width).long() - side // 2
        rows = torch.arange(height, device=x_NCHW.device) - top[:, None]
        columns = torch.arange(width, device=x_NCHW.device) - left[:, None]
        inside = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[:, None, :]
        return x_NCHW.masked_fill(inside[:, None], 0.0)

    def _noise(self, x: Tensor, samples: Tensor, seed: int) -> Tensor:
        return x + self._settings.noise * normals(seed, samples, x[0].numel()).reshape(x.shape)

    def _mix(self, samples: Tensor, epoch: int) -> Mix:
        first = int(samples[0])
        alpha = self._settings.mixup
        share = np.random.default_rng(derive_seed(self._seed, "mixup", epoch, first)).beta(alpha, alpha)
        partner = uniforms(derive_seed(self._seed, "partner", epoch), samples, 1)[:, 0].argsort(stable=True)
        return Mix(partner=partner, share=float(share))


def _check(settings: Augment, input_shape: tuple[int, ...], names: list[str]) -> None:
    for name in names:
        if name in OF_IMAGES and len(input_shape) != 3:
            raise DataError(
                f"{name} is for images (C, H, W), the samples have the shape {input_shape}",
                where=f"data.augment.{name}",
                remedy="Leave it at 0; noise and mixup fit samples of any shape",
            )
    for name in ("crop", "cutout"):
        size = getattr(settings, name)
        if size and size >= min(input_shape[1:]):
            raise DataError(
                f"{size} pixels, but the images have {input_shape[1]} × {input_shape[2]}",
                where=f"data.augment.{name}",
                remedy=f"Choose less than {min(input_shape[1:])}",
            )
