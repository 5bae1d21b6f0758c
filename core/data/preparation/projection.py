"""Projection: PCA and whitening, fitted to the training split and applied unchanged to the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.errors import DataError

EPSILON = 1e-5
"""Added to the variances, as a fraction of the largest, before they divide: noise is not blown up."""
MOST_FEATURES = 8192
"""The covariance of more features would fill over half a gigabyte and take minutes to decompose."""


@dataclass(frozen=True, eq=False)
class Projection:
    """x → (x − mean) · componentsᵀ / scale, for rows x of D features (CS231n, lecture 6).

    Attributes:
        mean: (D,) float64, of the training split.
        components: (K, D) float64, orthonormal rows, the one of largest variance first; the number of largest
            modulus in each row is positive, so that the same data gives the same signs everywhere.
        scale: (K,) float64, 1 or, when whitening, the standard deviation along each component.
        shares: (K,) float64, fraction of the whole variance that lies along each component.
    """

    mean: Tensor
    components: Tensor
    scale: Tensor
    shares: Tensor

    @classmethod
    def fit(cls, batches: Iterable[Tensor], settings: Preprocess) -> Projection:
        """Decompose the covariance of the training split.

        Args:
            batches: (n, ...) float32 samples, centered and scaled already, all with the same shape.
            settings: ``pca``: a number of components, or the fraction of the variance to hold; None
                keeps all that vary. ``whiten``: divide by the standard deviation along each.

        Raises:
            DataError: More components than the data has, too many features, or values that are not finite.
        """
        mean, covariance, samples = _covariance(batches)
        if not bool(torch.isfinite(covariance).all()):
            raise DataError(
                "PCA and whitening need finite numbers, and the training split holds others",
                where="data.preprocess",
                remedy="Run `nnbabysit data` to see which features, and mend them",
            )
        variances, vectors = torch.linalg.eigh(covariance)
        variances, vectors = variances.flip(0).clamp(min=0), vectors.flip(1).T
        count = _count(settings, variances, samples)
        components = _with_fixed_signs(vectors[:count])
        kept = variances[:count]
        spread = (kept + EPSILON * variances[0].clamp(min=torch.finfo(torch.float64).tiny)).sqrt()
        return cls(
            mean=mean,
            components=components.contiguous(),
            scale=spread if settings.whiten else torch.ones_like(kept),
            shares=kept / variances.sum().clamp(min=torch.finfo(torch.float64).tiny),
        )

    @property
    def width(self) -> int:
        """Numbers in one projected sample."""
        return len(self.components)

    def apply(self, x: Tensor) -> Tensor:
        """(N, ...) samples as (N, K) of the same type on the same device."""
        rows = x.flatten(1)
        mean, components, scale = (t.to(x.device, x.dtype) for t in (self.mean, self.components, self.scale))
        return (rows - mean) @ components.T / scale

    def inverse(self, z: Tensor) -> Tensor:
        """(N, K) back to (N, D): exact along the components, the mean across them."""
        mean, components, scale = (t.to(z.device, z.dtype) for t in (self.mean, self.components, self.scale))
        return (z * scale) @ components + mean


def _covariance(batches: Iterable[Tensor]) -> tuple[Tensor, Tensor, int]:
    """Mean (D,), covariance (D, D) of the population, and number of samples, in float64.

    Sums are taken around the first batch's mean, or those of large numbers would eat their digits.
    """
    origin = total = products = None
    samples = 0
    for batch in batches:
        rows = batch.flatten(1).double()
        if origin is None or total is None or products is None:
            width = rows.shape[1]
            if width > MOST_FEATURES:
                raise DataError(
                    f"PCA and whitening of {width} features are not offered: at most {MOST_FEATURES}",
                    where="data.preprocess",
                    remedy="Make the images smaller, or leave out pca and whiten",
                )
            origin = rows.mean(0)
            total = torch.zeros_like(origin)
            products = torch.zeros(width, width, dtype=torch.float64, device=rows.device)
        rows = rows - origin
        total += rows.sum(0)
        products.addmm_(rows.T, rows)
        samples += len(rows)
    assert origin is not None
    assert total is not None
    assert products is not None
    drift = total / samples
    covariance = products / samples - torch.outer(drift, drift)
    return origin + drift, (covariance + covariance.T) / 2, samples


def _count(settings: Preprocess, variances: Tensor, samples: int) -> int:
    """Components to keep."""
    positive = int((variances > variances[0] * 1e-12).sum()) if float(variances[0]) > 0 else 0
    if positive == 0:
        raise DataError(
            "every feature is constant, so there is nothing to project on", where="data.preprocess"
        )
    if settings.pca is None:
        return positive
    if isinstance(settings.pca, int):
        most = min(len(variances), samples)
        if settings.pca > most:
            raise DataError(
                f"{settings.pca} components of {len(variances)} features and {samples} training samples",
                where="data.preprocess.pca",
                remedy=f"Choose at most {most}, or a fraction of the variance such as 0.95",
            )
        return settings.pca
    shares = variances.cumsum(0) / variances.sum()
    return min(positive, int((shares < settings.pca).sum()) + 1)


def _with_fixed_signs(components: Tensor) -> Tensor:
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    return components * largest.sign()
