"""Random layers: dropout whose masks are those that each trial would draw alone.

A trial draws from a stream of its own, seeded as the global generator is when it is trained by itself. So
its masks depend on nothing beside it. Trials of one seed and one p draw the same numbers: then they are
drawn once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from nnbabysit.core.stacked.network import StackedNetwork

ALPHA = 1.7580993408473766
"""Minus the lowest value of selu (Klambauer et al. 2017, section 2)."""


def _dropout(name: str, _module: nn.Module, shared: bool) -> Callable[[StackedNetwork, Tensor], Tensor]:
    """Units are kept with probability 1 − p and divided by it."""
    return dropout_of(lambda network: network.dropped(name), shared)


def dropout_of(
    shares: Callable[[StackedNetwork], list[float]], shared: bool
) -> Callable[[StackedNetwork, Tensor], Tensor]:
    """Dropout by each trial's p: (N, ...) if shared, else (T, N, ...), to (T, N, ...)."""

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        stacked = x.unsqueeze(0) if shared else x
        drop = shares(network)
        if not network.training or not any(drop):
            return stacked.expand(network.trials, *stacked.shape[1:]) if shared else stacked
        scale = _column([1 / (1 - p) if p < 1 else 0.0 for p in drop], stacked)
        return stacked * (network.masks(drop, stacked.shape[1:]) * scale)

    return run


def _alpha_dropout(name: str, _module: nn.Module, shared: bool) -> Callable[[StackedNetwork, Tensor], Tensor]:
    """Dropped units get selu's lowest value; then scale and shift restore mean and variance."""

    def run(network: StackedNetwork, x: Tensor) -> Tensor:
        stacked = x.unsqueeze(0) if shared else x
        drop = network.dropped(name)
        if not network.training or not any(drop):
            return stacked.expand(network.trials, *stacked.shape[1:]) if shared else stacked
        scales = [((ALPHA**2 * p + 1) * (1 - p)) ** -0.5 if p < 1 else 0.0 for p in drop]
        scale = _column(scales, stacked)
        shift = _column([ALPHA * a * p for a, p in zip(scales, drop, strict=True)], stacked)
        mask = network.masks(drop, stacked.shape[1:]).to(stacked.dtype)
        return stacked * (mask * scale) + ((mask - 1) * (ALPHA * scale) + shift)

    return run


def _column(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(-1, *(1,) * (like.ndim - 1))


RANDOM: dict[
    type[nn.Module], Callable[[str, nn.Module, bool], Callable[[StackedNetwork, Tensor], Tensor]]
] = {
    nn.Dropout: _dropout,
    nn.AlphaDropout: _alpha_dropout,
}
