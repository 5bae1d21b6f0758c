"""Settings of the optimiser and of the learning-rate schedule: one class for each, told apart by ``name``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nnbabysit.core.config.section import Section

Fraction = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Fraction, Fraction], Field(strict=False)]


class SGD(Section):
    """Plain gradient descent: x -= lr * dx."""

    name: Literal["sgd"]
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""


class Momentum(Section):
    """Gradient descent with momentum: v = momentum * v + dx, x -= lr * v."""

    name: Literal["momentum"]
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""
    momentum: Fraction = 0.9
    """Share of the velocity that is kept from step to step; 0.9 or 0.99."""


class Nesterov(Section):
    """Momentum with the gradient taken at the point looked ahead to."""

    name: Literal["nesterov"]
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""
    momentum: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Share of the velocity that is kept from step to step; 0.9 or 0.99."""


class RMSProp(Section):
    """Gradient divided by a running root mean square of itself."""

    name: Literal["rmsprop"]
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""
    decay: Fraction = 0.9
    """Share of the running mean square that is kept; 0.9 or 0.99."""
    eps: PositiveFloat = 1e-7
    """Added to the denominator."""


class Adam(Section):
    """Adaptive moments with bias correction (Kingma & Ba 2015)."""

    name: Literal["adam"]
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""
    betas: Betas = (0.9, 0.999)
    """Decay of the running mean of the gradient and of its square."""
    eps: PositiveFloat = 1e-8
    """Added to the denominator."""


class AdamW(Section):
    """Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019)."""

    name: Literal["adamw"]
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""
    betas: Betas = (0.9, 0.999)
    """Decay of the running mean of the gradient and of its square."""
    eps: PositiveFloat = 1e-8
    """Added to the denominator."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """Decoupled weight decay per step, multiplied by the learning rate."""


Optimizer = Annotated[SGD | Momentum | Nesterov | RMSProp | Adam | AdamW, Field(discriminator="name")]


class Constant(Section):
    """The learning rate stays as it is."""

    name: Literal["constant"] = "constant"


class Step(Section):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    name: Literal["step"]
    every: PositiveInt = 5
    """Epochs between two drops."""
    factor: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Multiplier at each drop; 0.5 every 5 epochs or 0.1 every 20."""


class Exponential(Section):
    """Multiply the learning rate by ``factor`` after every epoch."""

    name: Literal["exponential"]
    factor: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Multiplier per epoch."""


class Cosine(Section):
    """Half a cosine from the learning rate down to ``final`` times it (Loshchilov & Hutter 2017)."""

    name: Literal["cosine"]
    final: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the learning rate that is left in the last epoch."""


Schedule = Annotated[Constant | Step | Exponential | Cosine, Field(discriminator="name")]
