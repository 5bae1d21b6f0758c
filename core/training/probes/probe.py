"""Probe: a reading of a running network that leaves the run exactly as it was, bit for bit."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import nn


class Probe:
    """One kind of reading, in a file of its own and listed in ``STEP_PROBES``.

    The loop calls its methods in their order, on a few steps only (see ``train_steps``): most copy weights or
    hook layers, and each reading waits for the device once.

    Attributes:
        name: Key of the reading in ``metrics.jsonl``.
    """

    name: ClassVar[str]

    def __init__(self, model: nn.Module) -> None:
        """Watch a network."""
        self._model = model

    def attach(self) -> None:
        """Before the forward pass."""

    def before_step(self) -> None:
        """After the backward pass: gradients are there, weights are still the old ones."""

    def after_step(self) -> Any:
        """After the optimizer step: the reading, as plain numbers; everything attached is gone again."""
        raise NotImplementedError
