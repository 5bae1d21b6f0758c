"""Settings of the learning-rate schedule: one class for each, told apart by ``name``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from nnbabysit.core.config.schema.section import Section


class _Warm(Section):
    """What every schedule has."""

    name: str
    """Which schedule it is."""
    warmup: NonNegativeInt = 0
    """Epochs in which the learning rate first grows linearly, step by step, from near 0 to its start."""


class Constant(_Warm):
    """The learning rate stays as it is."""

    name: Literal["constant"] = "constant"


class Step(_Warm):
    """Multiply the learning rate by ``factor`` every ``every`` epochs."""

    name: Literal["step"]
    every: PositiveInt = 5
    """Epochs between two drops."""
    factor: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Multiplier at each drop; 0.5 every 5 epochs or 0.1 every 20."""


class MultiStep(_Warm):
    """Multiply the learning rate by ``factor`` after each of the named epochs."""

    name: Literal["multistep"]
    milestones: Annotated[tuple[PositiveInt, ...], Field(strict=False, min_length=1)] = (10, 15)
    """Epochs, counted behind the warm-up, after which it drops."""
    factor: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Multiplier at each drop."""


class Plateau(_Warm):
    """Multiply the learning rate by ``factor`` when the validation loss has stopped improving."""

    name: Literal["plateau"]
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Multiplier at each drop."""
    patience: NonNegativeInt = 5
    """Epochs without improvement that are waited for."""
    threshold: Annotated[float, Field(ge=0, lt=1)] = 1e-4
    """Smallest relative change of the loss that counts as improvement."""


class Exponential(_Warm):
    """Multiply the learning rate by ``factor`` after every epoch."""

    name: Literal["exponential"]
    factor: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Multiplier per epoch."""


class InverseTime(_Warm):
    """1/t decay: lr / (1 + k t) in epoch t, counted from 0 (CS231n, lecture 6)."""

    name: Literal["inverse_time"]
    k: PositiveFloat = 0.1
    """How fast it falls: half of the learning rate is left after 1/k epochs."""


class Cosine(_Warm):
    """Half a cosine from the learning rate down to ``final`` times it (Loshchilov & Hutter 2017)."""

    name: Literal["cosine"]
    final: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Fraction of the learning rate that is left in the last epoch."""


class WarmRestarts(_Warm):
    """Half cosines that start again at the full learning rate: SGDR (Loshchilov & Hutter 2017)."""

    name: Literal["warm_restarts"]
    period: PositiveInt = 5
    """Epochs of the first cycle."""
    multiply: PositiveInt = 1
    """Each cycle is this many times as long as the one before."""
    final: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Fraction of the learning rate that a cycle falls to."""


class OneCycle(_Warm):
    """Up and down again once, step by step: super-convergence (Smith & Topin 2018); ``lr`` is the peak."""

    name: Literal["one_cycle"]
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Fraction of the run in which the learning rate grows."""
    start: Annotated[float, Field(gt=0, le=1)] = 0.04
    """Fraction of the peak that the run starts with."""
    final: Annotated[float, Field(gt=0, lt=1)] = 4e-6
    """Fraction of the peak that the last step is taken with."""


Schedule = Annotated[
    Constant | Step | MultiStep | Plateau | Exponential | InverseTime | Cosine | WarmRestarts | OneCycle,
    Field(discriminator="name"),
]
