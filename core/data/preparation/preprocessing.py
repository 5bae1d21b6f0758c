"""Preprocessing: centering, scaling and projection fitted to the training split, applied unchanged to all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.preparation.projection import Projection
from nnbabysit.core.data.preparation.statistics import CHUNK_BYTES, Moments, Statistics
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

ROWS = 1024
"""Samples that are projected at a time."""
_PROJECTION = ("mean", "components", "scale", "shares")


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """x → (x − shift) / divisor, with a shift and a divisor per feature, per channel or for all; then PCA.

    Attributes:
        settings: What was asked for.
        shift: float64, broadcasts against one sample.
        divisor: float64, likewise; never 0: what does not vary is divided by 1.
        statistics: Raw statistics of each feature over the whole training split.
        projection: PCA or whitening of what was centered and scaled; None if neither was asked for.
    """

    settings: Preprocess
    shift: Tensor
    divisor: Tensor
    statistics: Statistics
    projection: Projection | None = None

    @classmethod
    def fit(cls, x_train: Tensor, settings: Preprocess) -> Preprocessing:
        """Take the statistics of the raw training split (N, ...), in float64.

        Raises:
            DataError: The centering needs channels or pixels and the samples have none.
        """
        moments = Moments(tuple(x_train.shape[1:]))
        moments.add(x_train)
        scaled = cls.from_statistics(moments.statistics(), settings)
        return scaled.with_projection(torch.split(x_train, ROWS))

    @classmethod
    def from_statistics(cls, statistics: Statistics, settings: Preprocess) -> Preprocessing:
        """The same from statistics that were gathered already.

        ``standard`` divides by the standard deviation; ``minmax`` by the range, and maps to 0…1 when nothing
        is centered; ``unit255`` by 255. With ``center: channel`` spread and range are the channel's too.

        Raises:
            DataError: The centering needs channels or pixels and the samples have none.
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

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one preprocessed sample: as it came, or (K,) behind a projection."""
        if self.projection is None:
            return tuple(self.statistics.count.shape)
        return (self.projection.width,)

    def with_projection(self, batches: Iterable[Tensor]) -> Preprocessing:
        """The same with PCA or whitening fitted, if the settings ask for one of them.

        Args:
            batches: The raw training split (B, ...), batch by batch; read only if it is needed.

        Raises:
            DataError: The data cannot be projected as asked.
        """
        if self.settings.pca is None and not self.settings.whiten:
            return self
        scaled = (self._scaled(batch) for batch in batches)
        return replace(self, projection=Projection.fit(scaled, self.settings))

    def apply(self, x: Tensor) -> Tensor:
        """Preprocess raw samples.

        Args:
            x: (N, ...) of any number type, on any device; it is not changed.

        Returns:
            (N, ...) float32 on the same device; (N, K) behind a projection.
        """
        if self.projection is None:
            return self._scaled(x)
        parts = [self.projection.apply(self._scaled(rows)) for rows in torch.split(x, ROWS)]
        return torch.cat(parts) if parts else x.new_empty((0, self.projection.width), dtype=torch.float32)

    def inverse(self, x: Tensor) -> Tensor:
        """Preprocessed samples (N, ...) as they looked raw, float32, for plots.

        What a projection dropped comes back as its mean.
        """
        values = x.to(torch.float64)
        if self.projection is not None:
            values = self.projection.inverse(values).reshape(len(x), *self.statistics.count.shape)
        shift, divisor = self.shift.to(x.device), self.divisor.to(x.device)
        if self.settings.scale != "none":
            values = values * divisor
        if self.settings.center != "none" or self.settings.scale == "minmax":
            values = values + shift
        return values.to(torch.float32)

    def _scaled(self, x: Tensor) -> Tensor:
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
        """Everything as plain tensors, each feature's of the shape of one sample, to be saved with a run."""
        s, p = self.statistics, self.projection
        projection = {} if p is None else {f"projection.{name}": getattr(p, name) for name in _PROJECTION}
        return {
            **projection,
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
        """The preprocessing that ``to_tensors`` took apart, of the same shapes."""
        fields = {name: tensors[name] for name in ("count", "mean", "std", "minimum", "maximum")}
        statistics = Statistics(samples=int(tensors["samples"]), **fields)
        projected = {name: tensors.get(f"projection.{name}") for name in _PROJECTION}
        found = {name: tensor for name, tensor in projected.items() if tensor is not None}
        projection = Projection(**found) if found else None
        return cls(settings, tensors["shift"], tensors["divisor"], statistics, projection)


def arithmetic(dtype: torch.dtype) -> torch.dtype:
    """Number type in which raw samples of ``dtype`` are centered and scaled.

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
