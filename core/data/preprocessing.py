"""Preprocessing: centring and scaling by statistics of the training split, applied unchanged to all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nnbabysit.core.config.schema import Preprocess
from nnbabysit.core.data.statistics import CHUNK_BYTES, Moments, Statistics
from nnbabysit.core.errors import DataError

_NARROW = (
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.float16,
    torch.bfloat16,
    torch.float32,
)


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """x → (x − shift) / divisor, with a shift and a divisor per feature, per channel or for all.

    Attributes:
        settings: What was asked for.
        shift: float64, broadcasts against one sample.
        divisor: float64, likewise; never 0: what does not vary is divided by 1.
        statistics: Raw statistics of each feature over the whole training split.
    """

    settings: Preprocess
    shift: Tensor
    divisor: Tensor
    statistics: Statistics

    @classmethod
    def fit(cls, x_train: Tensor, settings: Preprocess) -> Preprocessing:
        """Take the statistics of the raw training split (N, ...), in float64.

        Raises:
            DataError: The centring needs channels or pixels and the samples have none.
        """
        moments = Moments(tuple(x_train.shape[1:]))
        moments.add(x_train)
        return cls.from_statistics(moments.statistics(), settings)

    @classmethod
    def from_statistics(cls, statistics: Statistics, settings: Preprocess) -> Preprocessing:
        """The same from statistics that were gathered already.

        ``standard`` divides by the standard deviation; ``minmax`` by the range, and maps to 0…1 when nothing
        is centred; ``unit255`` by 255. With ``center: channel`` spread and range are the channel's too.

        Raises:
            DataError: The centring needs channels or pixels and the samples have none.
        """
        dims = statistics.count.dim()
        if settings.center in ("channel", "pixel") and dims < 2:
            raise DataError(
                f"center: {settings.center} needs images (N, C, H, W), "
                f"the samples are rows of {statistics.features} features",
                where="data.preprocess.center",
                remedy="Use center: feature",
            )
        pooled = statistics.pooled(tuple(range(1, dims)) if settings.center == "channel" else ())
        if settings.center != "none":
            shift = pooled.mean
        else:
            shift = pooled.minimum if settings.scale == "minmax" else torch.zeros((), dtype=torch.float64)
        return cls(settings, shift, _divisor(pooled, settings.scale), statistics)

    def apply(self, x: Tensor) -> Tensor:
        """Preprocess raw samples.

        Args:
            x: (N, ...) of any number type, on any device; it is not changed.

        Returns:
            (N, ...) float32 on the same device.
        """
        out = torch.empty(x.shape, dtype=torch.float32, device=x.device)
        dtype = arithmetic(x.dtype)
        shift, divisor = (t.to(x.device, dtype) for t in (self.shift, self.divisor))
        rows = max(1, CHUNK_BYTES // (4 * max(1, x[:1].numel())))
        for chunk, target in zip(torch.split(x, rows), torch.split(out, rows), strict=True):
            values = chunk.to(dtype)
            if self.settings.center != "none" or self.settings.scale == "minmax":
                values = values - shift
            if self.settings.scale != "none":
                values = values / divisor
            target.copy_(values)
        return out

    def to_tensors(self) -> dict[str, Tensor]:
        """Everything as plain tensors, to be saved with a run."""
        s = self.statistics
        return {
            "shift": self.shift,
            "divisor": self.divisor,
            "samples": torch.tensor(s.samples),
            "count": s.count,
            "mean": s.mean,
            "std": s.std,
            "minimum": s.minimum,
            "maximum": s.maximum,
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], settings: Preprocess) -> Preprocessing:
        """The preprocessing that ``to_tensors`` took apart."""
        fields = {name: tensors[name] for name in ("count", "mean", "std", "minimum", "maximum")}
        statistics = Statistics(samples=int(tensors["samples"]), **fields)
        return cls(settings, tensors["shift"], tensors["divisor"], statistics)


def arithmetic(dtype: torch.dtype) -> torch.dtype:
    """Number type in which raw samples of ``dtype`` are centred and scaled.

    Wide types keep their digits until the mean is off: seconds since 1970 would be noise in float32.
    """
    return torch.float32 if dtype in _NARROW else torch.float64


def _divisor(pooled: Statistics, scale: str) -> Tensor:
    if scale == "unit255":
        return torch.tensor(255.0, dtype=torch.float64)
    if scale == "none":
        return torch.ones((), dtype=torch.float64)
    spread = pooled.std if scale == "standard" else pooled.maximum - pooled.minimum
    # by the range, for the std of a constant feature may be rounding noise instead of 0
    return torch.where(pooled.minimum == pooled.maximum, 1.0, spread)
