"""Wiring: do loss and optimizer reach every parameter, and does each sample count for itself alone?

Shape suffixes: B samples of a batch, K outputs; ``...`` the sample's own shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnbabysit.core.training.setup.optimizers import take_step
from nnbabysit.core.training.setup.setup import Assembly

FIRST_STEPS = 5
"""Steps that are watched: behind a layer that starts at 0 the first gradient is 0, and rightly so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Motion:
    """What the first steps did to one trainable parameter.

    Attributes:
        gradient: Largest norm of its gradient; None if it never got one, NaN or inf if one was not finite.
        change: Largest absolute change of an entry after all the steps.
    """

    gradient: float | None
    change: float


def first_steps(assembly: Assembly, x: Tensor, y: Tensor, steps: int = FIRST_STEPS) -> dict[str, Motion]:
    """Train for a few steps on one batch and see what reaches every trainable parameter.

    The weights of ``assembly.model`` are changed: pass an assembly that is thrown away.

    Args:
        assembly: Model, objective and optimizer; the model is put into training mode.
        x: Samples (B, ...), on the model's device.
        y: Targets (B, ...).
        steps: Optimizer steps.

    Returns:
        Parameter name → motion.
    """
    model, optimizer = assembly.model, assembly.optimizer
    assembly.begin(epoch=1)
    trainable = {name: p for name, p in model.named_parameters() if p.requires_grad}
    before = {name: p.detach().clone() for name, p in trainable.items()}
    norms: dict[str, list[float]] = {name: [] for name in trainable}

    def descend() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = assembly.objective.loss(model(x), y)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    for _ in range(steps):
        descend()
        for name, p in trainable.items():
            if p.grad is not None:
                norms[name].append(float(p.grad.norm()))
        take_step(optimizer, descend)
    return {
        name: Motion(gradient=_largest(norms[name]), change=float((p.detach() - before[name]).abs().max()))
        for name, p in trainable.items()
    }


def _largest(norms: list[float]) -> float | None:
    """The largest, or the first that is not finite; None if there are none."""
    if not norms:
        return None
    return float(
        torch.tensor(norms, dtype=torch.float64).max()
    )  # max of a tensor keeps NaN, Python's may not


@torch.no_grad()
def batch_dependence(model: nn.Module, x: Tensor) -> float:
    """Largest relative change of a sample's output when the other samples of its batch are replaced.

    Each half of the batch stays in place while the other half is filled with its own samples in reverse
    order, so the batch size, and with it the order of summation, stays the same.

    Args:
        model: Put into evaluation mode.
        x: Samples (B, ...), B ≥ 4.

    Returns:
        max |Δoutput| / max |output|: 0, or rounding (about 1e-6 in float32), when samples are independent.
    """
    model.eval()
    half = len(x) // 2
    outputs = model(x)
    other_tail = torch.cat([x[:half], x[:half].flip(0), x[2 * half :]])
    other_head = torch.cat([x[half : 2 * half].flip(0), x[half:]])
    head = (model(other_tail)[:half] - outputs[:half]).abs().max()
    tail = (model(other_head)[half : 2 * half] - outputs[half : 2 * half]).abs().max()
    return float(torch.maximum(head, tail) / outputs.abs().max().clamp_min(torch.finfo(outputs.dtype).tiny))
