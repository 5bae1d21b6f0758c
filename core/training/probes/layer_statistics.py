"""Statistics of every layer on one batch: does the signal reach the end, and the gradient the beginning?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from nnbabysit.core.models.calls import Call, Calls, Note, guarded, is_readable, leaves
from nnbabysit.core.models.stochastic_depth import StochasticDepth

if TYPE_CHECKING:
    from nnbabysit.core.training.setup.losses import Objective

PASSIVE = (_DropoutNd, StochasticDepth, nn.Identity, nn.Flatten, nn.Unflatten)
"""Layers that have no statistics of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerStatistics:
    """What one call of a layer put out on one batch.

    Attributes:
        name: Module path; ``act (call 2)`` where the layer is called for the second time.
        kind: Class of the layer, such as ``Linear``.
        mean: Mean of all its outputs.
        std: Standard deviation of all its outputs.
        zeros: Fraction of outputs that are exactly 0, in 0…1.
        gradient: Euclidean norm of the loss's gradient with respect to its outputs; 0 where none arrives.
    """

    name: str
    kind: str
    mean: float
    std: float
    zeros: float
    gradient: float


@dataclass(kw_only=True)
class _Reading:
    """What the hooks of one call saw; tensors, so that the device is waited for once."""

    name: str
    kind: str
    numbers: Tensor
    gradient: Tensor | None = None


def layer_statistics(model: nn.Module, objective: Objective, x: Tensor, y: Tensor) -> list[LayerStatistics]:
    """Statistics of every leaf layer, in the order in which the layers are called.

    The network stays in the mode it is in; gradients, buffers and random state are as before afterwards.

    Args:
        model: Network.
        objective: Loss whose gradient is followed back.
        x: Samples (N, ...), on the network's device.
        y: Targets (N, ...).

    Returns:
        One entry per call of a layer; dropout, flatten and identity are left out.
    """
    readings: list[_Reading] = []
    watched = {name: layer for name, layer in leaves(model).items() if not isinstance(layer, PASSIVE)}
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    for parameter, _ in gradients:
        parameter.grad = None
    devices = [x.device] if x.device.type == "cuda" else []
    try:
        with Calls(model, watched, _noting(readings)), torch.random.fork_rng(devices), torch.enable_grad():
            loss = objective.loss(model(x), y)
            if loss.requires_grad:  # autograd.grad would not do: reentrant checkpointing refuses it
                loss.backward()  # type: ignore[no-untyped-call]
    finally:
        for parameter, gradient in gradients:
            parameter.grad = gradient
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
    return [_statistics(reading) for reading in readings]


def _noting(readings: list[_Reading]) -> Note:
    def note(call: Call, layer: nn.Module, output: Any) -> None:
        if not is_readable(output):
            return
        values = output.detach().float()
        std, mean = torch.std_mean(values, correction=0)
        zeros = (values == 0).float().mean()
        numbers = torch.stack([mean, std, zeros])
        reading = _Reading(name=call.name, kind=type(layer).__name__, numbers=numbers)
        readings.append(reading)
        if output.requires_grad:
            output.register_hook(guarded(_keeping(reading)))

    return note


def _keeping(reading: _Reading) -> Callable[[Tensor], None]:
    def keep(gradient: Tensor) -> None:
        reading.gradient = gradient.detach().float().norm()

    return keep


def _statistics(reading: _Reading) -> LayerStatistics:
    mean, std, zeros = reading.numbers.tolist()
    gradient = 0.0 if reading.gradient is None else float(reading.gradient)
    return LayerStatistics(
        name=reading.name, kind=reading.kind, mean=mean, std=std, zeros=zeros, gradient=gradient
    )
