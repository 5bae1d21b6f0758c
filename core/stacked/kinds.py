"""Kinds of values inside a stacked network, and how two of them are brought together."""

from __future__ import annotations

from enum import Enum

from torch import Tensor


class Kind(Enum):
    """What the axes of a value are; T trials, N samples."""

    SHARED = "shared"
    """(N, ...), the same for all trials."""
    STACKED = "stacked"
    """(T, N, ...)."""
    PARAMETER = "parameter"
    """(T, ...), without a sample axis."""
    PLAIN = "plain"
    """No tensor."""


class Unstackable(Exception):  # noqa: N818 -- a finding, not an error: the trial is run by itself
    """This network cannot be stacked; the message says why, as the end of a sentence."""


def aligned(value: Tensor, kind: Kind, ndim: int) -> Tensor:
    """The value with axes of 1 put in, so that it broadcasts with a stacked one.

    Args:
        value: Of this kind: (T, ...) if it is stacked, else of one trial's shape.
        kind: Its kind.
        ndim: Axes of the value of one trial that has the most, as ``axes_of_one`` counts them.

    Returns:
        A view of ``ndim`` + 1 axes, or of as many as it has.
    """
    if kind is Kind.SHARED:
        return value.unsqueeze(0)
    missing = ndim - axes_of_one(value, kind)
    return value.reshape(value.shape[0], *(1,) * missing, *value.shape[1:])


def axes_of_one(value: Tensor, kind: Kind) -> int:
    """Axes that the value, (T, ...) if it is stacked, has for one trial."""
    return value.ndim if kind is Kind.SHARED else value.ndim - 1
