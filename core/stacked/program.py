"""Program: the forward pass of an architecture as a list of calls, which its stacked twin runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Slot:
    """The result of an earlier step, as an argument."""

    index: int


@dataclass(frozen=True)
class Step:
    """One call of the forward pass.

    Attributes:
        run: Takes the network in front if ``of_network``.
        of_network: Whether it reads weights.
        args: Values, with slots for results of earlier steps.
        kwargs: The same.
    """

    run: Callable[..., Any]
    of_network: bool
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Program:
    """The forward pass of an architecture, in training and in evaluation; slot 0 is the input.

    Attributes:
        training: Steps in training.
        evaluation: Steps in evaluation.
        random: Names of the layers that drop units.
        structure: Equal for networks that can share a stack.
    """

    training: tuple[Step, ...]
    evaluation: tuple[Step, ...]
    random: tuple[str, ...]
    structure: str
