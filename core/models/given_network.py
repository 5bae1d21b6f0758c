"""GivenNetwork: a network that somebody built already, as a source of networks."""

from __future__ import annotations

import copy
from collections.abc import Callable

from torch import nn

from nnbabysit.core.errors import ModelError


class GivenNetwork:
    """Copies of one network: with its own weights for one seed, with fresh ones for every other.

    The network itself is never changed.

    Attributes:
        seed: Seed that the weights as they were given belong to; None: every seed.
    """

    def __init__(self, network: nn.Module) -> None:
        """Keep a reference to ``network``."""
        self.seed: int | None = None
        self._network = network

    @property
    def redrawable(self) -> bool:
        """Whether every parameter belongs to a layer that can draw its weights afresh."""
        owners = [m for m in self._network.modules() if next(m.parameters(recurse=False), None) is not None]
        return all(_reset_of(module) is not None for module in owners)

    def draw(self, seed: int) -> nn.Module:
        """A copy for a seed, on the device of the original.

        Weights are drawn by the ``reset_parameters`` of each layer from the global generators, which the
        caller has seeded; a layer without that method keeps what it was given.

        Raises:
            ModelError: The network cannot be copied.
        """
        try:
            network = copy.deepcopy(self._network)
        except Exception as error:  # a network may hold anything: a lock, an open file, a graph
            raise ModelError(
                f"the network cannot be copied: {error}",
                where="model.name",
                remedy="Hand over its class, or a function that builds it",
            ) from error
        if self.seed is not None and seed != self.seed:
            for module in network.modules():
                reset = _reset_of(module)
                if reset is not None:
                    reset()
        return network


def _reset_of(module: nn.Module) -> Callable[[], object] | None:
    """The method by which a layer draws its weights; attention keeps its own to itself."""
    for name in ("reset_parameters", "_reset_parameters"):
        reset = getattr(module, name, None)
        if callable(reset):
            return reset  # type: ignore[no-any-return]
    return None
