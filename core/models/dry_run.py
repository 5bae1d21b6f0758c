"""One forward pass that leaves no trace, to see what a network returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

BATCH = 2
"""Samples in the dry run: two, so that a network which loses the batch dimension shows."""


def dry_run(model: nn.Module, input_shape: tuple[int, ...]) -> Any:
    """Output for a batch of ``BATCH`` random samples, in evaluation mode and without gradients.

    Buffers and the mode of every layer are put back, whatever the network does to them. Lazy layers get their
    weights, which is the one change that stays.

    Args:
        model: Any network, on any device.
        input_shape: Shape of one sample.

    Returns:
        Whatever ``model`` returns.

    Raises:
        Exception: Whatever ``model`` raises.
    """
    parameter = next(model.parameters(), None)
    device = parameter.device if parameter is not None else torch.device("cpu")
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((BATCH, *input_shape), generator=generator).to(device)
    with unchanged(model), torch.no_grad():
        model.eval()
        return model(x)


@contextmanager
def unchanged(model: nn.Module) -> Iterator[None]:
    """Within it a network may be called in any mode; behind it its modes and buffers are as before."""
    modes = [(module, module.training) for module in model.modules()]
    restorers = [_buffer_restorer(module) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
        for restore in restorers:
            restore()


def _buffer_restorer(module: nn.Module) -> Callable[[], None]:
    ready = {k: b for k, b in module._buffers.items() if isinstance(b, Tensor) and not is_lazy(b)}
    before = [(name, buffer, buffer.clone()) for name, buffer in ready.items()]

    def restore() -> None:
        for name, buffer, values in before:
            with torch.no_grad():
                buffer.copy_(values)
            module._buffers[name] = buffer  # forward may have put another tensor under the name

    return restore
