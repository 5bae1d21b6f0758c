"""Settings of the optimizer: one class for each, told apart by ``name``.

A new one is a class here, its algorithm in ``core/training/setup/optimizers.py`` and, if its trials can be
trained together, a function in ``core/stacked/stacked_optimizers.py``.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nnbabysit.core.config.schema.section import Section

Fraction = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Fraction, Fraction], Field(strict=False)]
Decay = Annotated[float, Field(ge=0)]


class OptimizerSettings(Section):
    """What all optimizers have.

    Attributes:
        full_batch_only: Whether it needs all samples in every step, looks at the loss as often as it likes in
            one, and has one learning rate for all layers.
        decoupled_decay: Whether ``weight_decay`` shrinks the weights apart from the gradient.
    """

    full_batch_only: ClassVar[bool] = False
    decoupled_decay: ClassVar[bool] = False
    name: str
    lr: PositiveFloat = 1e-3
    """Learning rate before any schedule."""


class FirstOrder(OptimizerSettings):
    """What the optimizers have that follow the gradient alone."""

    weight_decay: Decay = 0.0
    """w of the gradient + w·θ, for every parameter, biases and norms too; see `regularization.l2`."""


class SGD(FirstOrder):
    """Plain gradient descent: x -= lr * dx."""

    name: Literal["sgd"]


class Momentum(FirstOrder):
    """Gradient descent with momentum: v = momentum * v + dx, x -= lr * v."""

    name: Literal["momentum"]
    momentum: Fraction = 0.9
    """Fraction of the velocity that is kept from step to step; 0.9 or 0.99."""


class Nesterov(FirstOrder):
    """Momentum with the gradient taken at the point looked ahead to."""

    name: Literal["nesterov"]
    momentum: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Fraction of the velocity that is kept from step to step; 0.9 or 0.99."""


class AdaGrad(FirstOrder):
    """Gradient divided by the root of the sum of all its squares: the step shrinks for ever (Duchi 2011)."""

    name: Literal["adagrad"]
    lr: PositiveFloat = 1e-2
    """Learning rate before any schedule."""
    eps: PositiveFloat = 1e-7
    """Added to the denominator."""


class RMSProp(FirstOrder):
    """Gradient divided by a running root mean square of itself."""

    name: Literal["rmsprop"]
    decay: Fraction = 0.9
    """Fraction of the running mean square that is kept; 0.9 or 0.99."""
    eps: PositiveFloat = 1e-7
    """Added to the denominator."""


class Adadelta(FirstOrder):
    """RMSProp whose step is also scaled by the running size of the past steps (Zeiler 2012)."""

    name: Literal["adadelta"]
    lr: PositiveFloat = 1.0
    """Multiplier of the step before any schedule; the method itself has none, which is 1."""
    decay: Fraction = 0.9
    """Fraction of the running mean squares that is kept."""
    eps: PositiveFloat = 1e-6
    """Added under both roots; it is what starts the first step."""


class MomentEstimates(FirstOrder):
    """What Adam and its kin have."""

    betas: Betas = (0.9, 0.999)
    """Decay of the running mean of the gradient and of its square."""
    eps: PositiveFloat = 1e-8
    """Added to the denominator."""


class Adam(MomentEstimates):
    """Adaptive moments with bias correction (Kingma & Ba 2015)."""

    name: Literal["adam"]


class AdamW(MomentEstimates):
    """Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019)."""

    decoupled_decay = True
    name: Literal["adamw"]
    weight_decay: Decay = 0.01
    """Decoupled weight decay per step, multiplied by the learning rate."""


class RAdam(MomentEstimates):
    """Adam that waits until the variance of its step can be trusted (Liu et al. 2020)."""

    name: Literal["radam"]


class NAdam(MomentEstimates):
    """Adam with Nesterov's look ahead (Dozat 2016)."""

    name: Literal["nadam"]


class Lion(OptimizerSettings):
    """The sign of a running mean of the gradient: every weight moves by lr (Chen et al. 2023)."""

    decoupled_decay = True
    name: Literal["lion"]
    lr: PositiveFloat = 1e-4
    """Learning rate before any schedule; three to ten times smaller than that of AdamW."""
    betas: Betas = (0.9, 0.99)
    """Fraction of the running mean in the sign that is taken, and in the mean that is kept."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Decoupled weight decay per step, multiplied by the learning rate."""


class LBFGS(OptimizerSettings):
    """Quasi-Newton steps from the last gradients (Liu & Nocedal 1989); full batch only."""

    full_batch_only = True
    name: Literal["lbfgs"]
    lr: PositiveFloat = 1.0
    """First length that the line search tries; without a line search the length of every step."""
    history: PositiveInt = 10
    """Past gradients that the curvature is estimated from."""
    iterations: PositiveInt = 20
    """Largest number of inner iterations in one step, which here is one epoch."""
    line_search: Literal["none", "strong_wolfe"] = "strong_wolfe"
    """How the length of a step is found."""


Optimizer = Annotated[
    SGD | Momentum | Nesterov | AdaGrad | RMSProp | Adadelta | Adam | AdamW | RAdam | NAdam | Lion | LBFGS,
    Field(discriminator="name"),
]
