"""Penalties and limits of every trial: what is added to gradients, and what keeps them and weights short."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from nnbabysit.core.config.schema.root import Regularization


class StackedLimits:
    """λ and bounds as vectors over the trials; see ``training/penalties.py`` and ``training/limits.py``."""

    def __init__(
        self,
        settings: Sequence[Regularization],
        weights: Sequence[str],
        units: Mapping[str, int],
        like: Tensor,
    ) -> None:
        """Limit.

        Args:
            settings: ``config.regularization`` of each trial.
            weights: Names of the weight matrices, which penalties are about.
            units: Name of a weight matrix → the axis of one trial's that counts its units.
            like: A tensor of the device and number type of the weights.
        """
        self._settings = list(settings)
        self._weights = list(weights)
        self._units = dict(units)
        self._like = like.detach()
        self._fill()

    def keep(self, places: Sequence[int]) -> None:
        """Take all trials out but those at ``places``."""
        self._settings = [self._settings[i] for i in places]
        self._fill()

    def _fill(self) -> None:
        chosen = self._settings
        self._l2 = self._vector([s.l2 + s.elastic * s.elastic_beta for s in chosen])
        self._l1 = self._vector([s.l1 + s.elastic for s in chosen])
        self._clip_value = self._vector([s.clip_value for s in chosen], math.inf)
        self._clip_norm = self._vector([s.clip_norm for s in chosen], math.inf)
        self._max_norm = self._vector([s.max_norm for s in chosen], math.inf)

    def _vector(self, values: Sequence[float | None], unset: float = 0.0) -> Tensor | None:
        """(T,), or None where no trial sets it."""
        numbers = [unset if value is None else value for value in values]
        if all(number == unset for number in numbers):
            return None
        return torch.tensor(numbers, dtype=self._like.dtype, device=self._like.device)

    @torch.no_grad()
    def penalties(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """λΣW² + λΣ|W| of each trial, (T,)."""
        total = self._like.new_zeros(len(self._settings))
        for name in self._weights if self._l2 is not None or self._l1 is not None else ():
            flat = parameters[name].flatten(1)
            if self._l2 is not None:
                total = total + self._l2 * torch.linalg.vector_norm(flat, dim=1).square()
            if self._l1 is not None:
                total = total + self._l1 * torch.linalg.vector_norm(flat, ord=1, dim=1)
        return total

    @torch.no_grad()
    def before_step(self, parameters: Mapping[str, Tensor]) -> None:
        """Add the penalties' gradients to those of the parameters (T, ...), then clip."""
        gradients = {name: p.grad for name, p in parameters.items() if p.grad is not None}
        for name in self._weights:
            gradient, weight = gradients.get(name), parameters[name]
            if gradient is None:
                continue
            if self._l2 is not None:
                gradient.addcmul_(weight, _column(self._l2, weight), value=2)
            if self._l1 is not None:
                gradient.addcmul_(weight.sign(), _column(self._l1, weight))
        if self._clip_value is not None:
            for gradient in gradients.values():
                bound = _column(self._clip_value, gradient)
                gradient.copy_(gradient.minimum(bound).maximum(-bound))
        if self._clip_norm is not None:
            self._shorten(list(gradients.values()))

    def _shorten(self, gradients: Sequence[Tensor]) -> None:
        assert self._clip_norm is not None
        lengths = torch.stack([torch.linalg.vector_norm(g.reshape(len(g), -1), dim=1) for g in gradients])
        length = torch.linalg.vector_norm(lengths, dim=0)
        factor = torch.where(self._clip_norm.isinf(), 1.0, (self._clip_norm / (length + 1e-6)).clamp_max(1.0))
        for gradient in gradients:
            gradient.mul_(_column(factor, gradient))

    @torch.no_grad()
    def after_step(self, parameters: Mapping[str, Tensor]) -> None:
        """Bring weights (T, ...) that have grown too long back to the limit."""
        if self._max_norm is None:
            return
        for name, axis in self._units.items():
            weight = parameters[name]
            axes = [i for i in range(1, weight.ndim) if i != axis + 1]
            length = torch.linalg.vector_norm(weight, dim=axes, keepdim=True)
            bound = _column(self._max_norm, weight)
            weight.mul_(torch.where(length > bound, bound / (length + 1e-7), 1.0))


def _column(vector: Tensor, like: Tensor) -> Tensor:
    return vector.view(-1, *(1,) * (like.ndim - 1))
