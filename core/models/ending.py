"""Ending: what the outputs of a network are, and by which layer they leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from nnbabysit.core.models.calls import Call, Calls, leaves

Kind = Literal["scores", "probabilities", "log-probabilities", "between 0 and 1", "not below 0"]
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Ending:
    """How a network ends.

    Attributes:
        kind: What its outputs are: ``scores`` unless they are bounded in one of the ways that losses mind.
        layer: Class of the last layer that was called, such as ``Linear``; a function does not show.
    """

    kind: Kind
    layer: str


def look_at_ending(model: nn.Module, x: Tensor) -> Ending:
    """Run samples through a network and look at what comes out.

    The outputs are judged by their values, so that ``F.softmax`` in forward() is seen as well as a layer.

    Args:
        model: A network, put into evaluation mode for the look and back.
        x: (N, ...) real samples, preprocessed, on the network's device; several, or chance decides.
    """
    called: list[str] = []
    weighted: list[nn.Module] = []

    def note(_call: Call, module: nn.Module, _output: Any) -> None:
        called.append(type(module).__name__)
        if [*module.parameters(recurse=False)]:
            weighted.append(module)

    modes = [(module, module.training) for module in model.modules()]
    try:
        with torch.no_grad():
            model.eval()
            with Calls(model, leaves(model), note):
                outputs = model(x)
            kind = kind_of(outputs)
            if kind in ("between 0 and 1", "not below 0"):
                kind = _beyond_chance(model, x, outputs, kind, weighted[-1] if weighted else None)
    finally:
        for module, training in modes:
            module.training = training
    return Ending(kind, called[-1] if called else type(model).__name__)


def unsuited(ending: Ending, loss: str) -> tuple[str, str] | None:
    """Why outputs do not suit a loss and what to do; None if they do, or nothing is known of the loss."""
    by = f"the network ends in {ending.layer} and its outputs are {ending.kind}"
    if loss == "cross_entropy" and ending.kind == "probabilities":
        return f"{by}; cross_entropy applies softmax itself", "take the softmax at the end out"
    if loss == "bce" and ending.kind in ("probabilities", "between 0 and 1"):
        return f"{by}; bce applies the sigmoid itself", "take the one at the end out"
    if loss in ("cross_entropy", "bce", "hinge") and ending.kind in ("between 0 and 1", "not below 0"):
        return f"{by}; {loss} wants scores of either sign", "take the last activation out"
    if loss == "mse" and ending.kind != "scores":
        return f"{by}; if targets lie elsewhere it can never reach them", "take the last activation out"
    return None


def _beyond_chance(model: nn.Module, x: Tensor, outputs: Tensor, kind: Kind, last: nn.Module | None) -> Kind:
    """The kind that holds with other last weights too: a fresh network's scores may all lie so.

    Behind an activation they lie within its bounds again, though a hundred times as large: those of a ReLU
    beyond 1. Without one, negated weights change all signs; weights that start at 0 are drawn at random.
    """
    if last is None:
        return kind
    parameters = [*last.parameters(recurse=False)]
    before = [parameter.clone() for parameter in parameters]
    generator = torch.Generator().manual_seed(0)
    seen = [outputs] if bool((outputs != 0).any()) else []
    try:
        for parameter in parameters:
            drawn = torch.randn(parameter.shape, generator=generator).to(parameter)
            parameter.copy_(-100 * (parameter if bool((parameter != 0).any()) else drawn))
        seen.append(model(x))
        if not seen[:-1]:
            for parameter in parameters:
                parameter.neg_()
            seen.append(model(x))
        return kind_of(torch.cat(seen))
    finally:
        for parameter, value in zip(parameters, before, strict=True):
            parameter.copy_(value)


def kind_of(outputs: Tensor) -> Kind:
    """What outputs (N, K) or (N,) look like; a single column is no distribution over classes."""
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        if bool((outputs.exp().sum(1) - 1).abs().max() < _CLOSE):
            return "log-probabilities"
        if bool((outputs >= 0).all()) and bool((outputs.sum(1) - 1).abs().max() < _CLOSE):
            return "probabilities"
    if bool(((outputs >= 0) & (outputs <= 1)).all()):
        return "between 0 and 1"
    return "not below 0" if bool((outputs >= 0).all()) else "scores"
