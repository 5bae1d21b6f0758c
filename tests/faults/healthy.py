"""Healthy programs of many kinds, as people write them: a network and data with no fault in either.

Every entry of ``PROGRAMS`` trains well as it is, so a gate that stops one of them is a false alarm. A config,
or ``init``, names them as ``…/healthy.py:network`` and ``…/healthy.py:data`` with the argument ``program``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nnbabysit.core.data.readers import digits

Data = tuple[NDArray[Any], NDArray[Any]]


def _stack(
    *sizes: int,
    act: Callable[[], nn.Module] = nn.ReLU,
    norm: Callable[[int], nn.Module] | None = None,
    drop: float = 0.0,
    scheme: Callable[[Tensor], object] | None = None,
) -> nn.Module:
    """A multi-layer perceptron, with torch's initialization unless a scheme is given for every layer."""
    layers: list[nn.Module] = [nn.Flatten()]
    for before, after in pairwise(sizes[:-1]):
        layers += [nn.Linear(before, after), *([norm(after)] if norm else []), act()]
        layers += [nn.Dropout(drop)] if drop else []
    layers.append(nn.Linear(sizes[-2], sizes[-1]))
    for layer in layers:
        if scheme is not None and isinstance(layer, nn.Linear):
            scheme(layer.weight)
    return nn.Sequential(*layers)


class _Residual(nn.Module):
    """x + f(x), normalized."""

    def __init__(self, width: int, out: int, inputs: int) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
            for _ in range(3)
        )
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x.flatten(1))
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.norm(x))  # type: ignore[no-any-return]


class _Recurrent(nn.Module):
    """The last state of a recurrent layer."""

    def __init__(self, kind: Callable[..., nn.Module], inputs: int, out: int) -> None:
        super().__init__()
        self.recurrent, self.head = kind(inputs, 24, batch_first=True), nn.Linear(24, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.recurrent(x)[0][:, -1])  # type: ignore[no-any-return]


class _Attention(nn.Module):
    """A small transformer over a sequence of vectors."""

    def __init__(self, inputs: int, out: int) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, 16)
        self.place = nn.Parameter(torch.randn(12, 16) * 0.02)
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
        self.body, self.head = nn.TransformerEncoder(layer, 1), nn.Linear(16, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(self.enter(x) + self.place[: x.shape[1]]).mean(1))  # type: ignore[no-any-return]


class _Tokens(nn.Module):
    """Ids looked up in an embedding; a guard, for whoever tries it with numbers that are none."""

    def __init__(self, vocabulary: int, out: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 16)
        self.head = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, out))

    def forward(self, x: Tensor) -> Tensor:
        ids = x.long().clamp(0, self.embedding.num_embeddings - 1)
        return self.head(self.embedding(ids).mean(1))  # type: ignore[no-any-return]


class _Bounded(nn.Module):
    """Answers between 0 and 1, as the targets are."""

    def __init__(self) -> None:
        super().__init__()
        self.body = _stack(6, 32, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x).sigmoid()  # type: ignore[no-any-return]


def _conv(out: int, norm: bool = False, drop: float = 0.0) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        *([nn.BatchNorm2d(8)] if norm else []),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        *([nn.BatchNorm2d(16)] if norm else []),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2) if norm else nn.MaxPool2d(2),
        nn.Flatten(),
        *([nn.Dropout(drop)] if drop else []),
        nn.Linear(64, out),
    )


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


def _features(n: int = 600, d: int = 6) -> NDArray[np.float32]:
    return _rng().normal(size=(n, d)).astype(np.float32)


def _surface(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """A smooth function of a few features, of mean 0 and deviation 1."""
    z = x.astype(np.float64)
    y = np.sin(2 * z[:, 0]) + z[:, 1] * z[:, 2] + 0.5 * z[:, 3]
    return (y - y.mean()) / y.std()  # type: ignore[no-any-return]


def _digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    with np.load(digits.FILE) as arrays:
        return arrays["x"].astype(np.float32).reshape(-1, 1, 8, 8), arrays["y"].astype(np.int64)


def _clouds(classes: int, n: int, d: int = 8, gap: float = 2.0) -> Data:
    rng, y = _rng(), np.arange(n) % classes
    return (gap * rng.normal(size=(classes, d))[y] + rng.normal(size=(n, d))).astype(np.float32), y


def _sequences(n: int = 400) -> NDArray[np.float32]:
    return _rng().normal(size=(n, 12, 3)).astype(np.float32)


# ---------------------------------------------------------------------------------------------- data


def digit_images() -> Data:
    return _digits()


def digit_rows() -> Data:
    x, y = _digits()
    return x.reshape(len(x), 64), y


def clouds() -> Data:
    return _clouds(3, 450)


def few_clouds() -> Data:
    return _clouds(3, 45, 4)


def many_clouds() -> Data:
    return _clouds(20, 1200, 12)


def uneven_clouds() -> Data:
    x, y = _clouds(4, 1200)
    keep = _rng().random(len(y)) < np.array([1.0, 0.5, 0.2, 0.1])[y]
    return x[keep], y[keep]


def orders() -> Data:
    x = _sequences()
    return x, (x[:, 8:, 0].sum(1) > 0).astype(np.int64) + (x[:, 8:, 1].sum(1) > 0)


def tokens() -> Data:
    x = _rng().integers(0, 50, (600, 10))
    return x, np.asarray((x < 25).sum(1) > 5, np.int64) + ((x % 5 == 0).sum(1) > 2)


def rings() -> Data:
    rng, y = _rng(), np.arange(400) % 2
    angle, radius = rng.uniform(0, 2 * math.pi, 400), 1 + y + 0.1 * rng.normal(size=400)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).astype(np.float32), y.astype(float)


def rare() -> Data:
    x, y = _features(1500, 10), (_rng().random(1500) < 0.05).astype(float)
    x[:, :4] += 1.5 * y[:, None].astype(np.float32)
    return x, y


def few_binary() -> Data:
    x = _features(50, 5)
    return x, (x[:, 0] + x[:, 1] > 0).astype(float)


def sums() -> Data:
    x = _sequences()
    return x, (x[:, :, 0].sum(1) > 0).astype(float)


def labels() -> Data:
    x = _features(700, 8)
    return x, (x[:, :5] + 0.5 * x[:, 1:6] > 0).astype(float)


def rare_labels() -> Data:
    x = _features(900, 8)
    return x, (x[:, :6] > np.array([0, 0.5, 1, 1.5, 0, -1])).astype(float)


def digit_labels() -> Data:
    x, y = _digits()
    return x, np.stack([y % 2 == 0, y > 4, y % 3 == 0], 1).astype(float)


def cubic() -> Data:
    x = np.arange(1, 1500, dtype=np.float32)[:, None]
    y = x[:, 0].astype(np.float64) ** 3
    return (x - x.mean()) / x.std(), (y - y.mean()) / y.std()


def sine() -> Data:
    x = np.linspace(-3, 3, 300, dtype=np.float32)[:, None]
    return x, np.sin(x[:, 0].astype(np.float64))


def surface() -> Data:
    x = _features()
    return x, _surface(x)


def noisy_surface() -> Data:
    x = _features(120)
    return x, 0.6 * _surface(x) + 0.8 * _rng().normal(size=120)


def two_surfaces() -> Data:
    x = _features()
    return x, np.stack([_surface(x), _surface(x[:, ::-1])], 1)


def small_surface() -> Data:
    x, y = surface()
    return x, 0.2 * y


def tiny_surface() -> Data:
    x, y = surface()
    return x, 0.05 * y


def large_surface() -> Data:
    x, y = surface()
    return x, 10 * y


def raised_surface() -> Data:
    x, y = surface()
    return x, y + 3


def shares() -> Data:
    x, y = surface()
    return x, 1 / (1 + np.exp(-2 * y))


def skewed() -> Data:
    x, y = surface()
    z = np.exp(y)
    return x, (z - z.mean()) / z.std()


def trend() -> Data:
    x = _sequences()
    y = x[:, 6:, 0].sum(1).astype(np.float64)
    return x, (y - y.mean()) / y.std()


def pixel_sum() -> Data:
    x, _ = _digits()
    y = x[:, 0, 2:6, 2:6].sum((1, 2)).astype(np.float64)
    return x, (y - y.mean()) / y.std()


# ------------------------------------------------------------------------------------------ programs


@dataclass(frozen=True, slots=True)
class Program:
    """A healthy program: what builds the network, what makes samples and targets, and the loss."""

    network: Callable[[], nn.Module]
    data: Callable[[], Data]
    loss: str = "cross_entropy"


_HE, _XAVIER = nn.init.kaiming_normal_, nn.init.xavier_uniform_
PROGRAMS: dict[str, Program] = {
    "mlp": Program(lambda: _stack(64, 50, 10), digit_rows),
    "linear": Program(lambda: _stack(64, 10), digit_rows),
    "cnn": Program(lambda: _conv(10), digit_images),
    "cnn-norm": Program(lambda: _conv(10, norm=True, drop=0.3), digit_images),
    "he-everywhere": Program(lambda: _stack(64, 64, 64, 10, scheme=_HE), digit_rows),
    "xavier-everywhere": Program(lambda: _stack(64, 64, 64, 10, scheme=_XAVIER), digit_rows),
    "tanh": Program(lambda: _stack(8, 16, 3, act=nn.Tanh), clouds),
    "few-samples": Program(lambda: _stack(4, 16, 3), few_clouds),
    "many-classes": Program(lambda: _stack(12, 64, 64, 20, drop=0.5), many_clouds),
    "layer-norm": Program(lambda: _stack(8, 32, 32, 4, norm=nn.LayerNorm), uneven_clouds),
    "residual": Program(lambda: _Residual(32, 3, 8), clouds),
    "gru": Program(lambda: _Recurrent(nn.GRU, 3, 3), orders),
    "transformer": Program(lambda: _Attention(3, 3), orders),
    "tokens": Program(lambda: _Tokens(50, 3), tokens),
    "rings": Program(lambda: _stack(2, 32, 32, 1), rings, "bce"),
    "rare": Program(lambda: _stack(10, 32, 1, drop=0.2), rare, "bce"),
    "logistic": Program(lambda: _stack(5, 1), few_binary, "bce"),
    "binary-norm": Program(lambda: _stack(5, 16, 16, 1, norm=nn.BatchNorm1d), few_binary, "bce"),
    "binary-residual": Program(lambda: _Residual(16, 1, 2), rings, "bce"),
    "binary-lstm": Program(lambda: _Recurrent(nn.LSTM, 3, 1), sums, "bce"),
    "binary-he": Program(lambda: _stack(10, 64, 1, scheme=_HE), rare, "bce"),
    "labels": Program(lambda: _stack(8, 32, 5), labels, "bce"),
    "rare-labels": Program(lambda: _stack(8, 64, 64, 6, norm=nn.BatchNorm1d), rare_labels, "bce"),
    "labels-norm": Program(lambda: _stack(8, 32, 6, norm=nn.LayerNorm, act=nn.GELU), rare_labels, "bce"),
    "digit-labels": Program(lambda: _conv(3), digit_labels, "bce"),
    "cubic": Program(lambda: _stack(1, 50, 1), cubic, "mse"),
    "sine": Program(lambda: _stack(1, 32, 32, 1, act=nn.Tanh), sine, "mse"),
    "surface": Program(lambda: _stack(6, 64, 64, 1), surface, "mse"),
    "surface-norm": Program(lambda: _stack(6, 64, 64, 1, norm=nn.LayerNorm), surface, "mse"),
    "surface-batch": Program(lambda: _stack(6, 64, 1, norm=nn.BatchNorm1d), surface, "mse"),
    "surface-residual": Program(lambda: _Residual(32, 1, 6), surface, "mse"),
    "surface-dropout": Program(lambda: _stack(6, 64, 64, 1, drop=0.2), surface, "mse"),
    "surface-he": Program(lambda: _stack(6, 64, 1, scheme=_HE), surface, "mse"),
    "noisy": Program(lambda: _stack(6, 32, 1), noisy_surface, "mse"),
    "two-outputs": Program(lambda: _stack(6, 64, 64, 2, act=nn.SiLU), two_surfaces, "mse"),
    "small-targets": Program(lambda: _stack(6, 64, 1), small_surface, "mse"),
    "tiny-targets": Program(lambda: _stack(6, 64, 1), tiny_surface, "mse"),
    "large-targets": Program(lambda: _stack(6, 64, 64, 1), large_surface, "mse"),
    "raised-targets": Program(lambda: _stack(6, 64, 64, 1), raised_surface, "mse"),
    "shares": Program(_Bounded, shares, "mse"),
    "skewed": Program(lambda: _stack(6, 64, 64, 1), skewed, "mse"),
    "trend": Program(lambda: _Recurrent(nn.LSTM, 3, 1), trend, "mse"),
    "pixel-sum": Program(lambda: _conv(1), pixel_sum, "mse"),
}


def network(program: str) -> nn.Module:
    """The network of a program."""
    return PROGRAMS[program].network()


def data(program: str) -> Data:
    """Samples and targets of a program."""
    return PROGRAMS[program].data()
