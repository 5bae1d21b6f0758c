"""Units of activation layers: which of them never fire.

Shape suffixes: N samples; a unit is a feature, or a channel of an image layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nnbabysit.core.models.maxout import Maxout

if TYPE_CHECKING:
    from nnbabysit.core.data.dataset import Split

RECTIFIERS = (nn.ReLU, nn.ReLU6, nn.Threshold)
"""Layers with a flat part at 0, in which a unit can die."""
SMOOTH = (
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Softplus,
    nn.Tanh,
    nn.Sigmoid,
    Maxout,
)
"""Other activations; they are watched too, and read 0 dead."""
DEAD_SAMPLES = 1000
"""Training samples on which dead units are counted; 1 % of them are still ten."""
ACTIVE_SHARE = 0.01
"""A unit that is active on fewer samples than this share is dead."""


def unit_layers(model: nn.Module) -> dict[str, nn.Module]:
    """Module path → activation layer, each once, in the order of construction."""
    return {
        name or "model": layer
        for name, layer in model.named_modules()
        if isinstance(layer, (*RECTIFIERS, *SMOOTH))
    }


def fired(values: Tensor) -> Tensor:
    """Which unit is not 0 for which sample: bool (N, U).

    Four dimensions and more are images: a unit is a channel, active where any of its positions is. Otherwise
    the last dimension holds the units.
    """
    if values.ndim <= 2:
        return values != 0
    positions, dim = (values.flatten(2), 2) if values.ndim >= 4 else (values, 1)
    return (positions.amax(dim) != 0) | (positions.amin(dim) != 0)  # ten times faster than any() of booleans


def dead_units(
    model: nn.Module, split: Split, *, samples: int = DEAD_SAMPLES, active_share: float = ACTIVE_SHARE
) -> dict[str, float]:
    """Share of dead units per rectifying layer, in evaluation mode, over samples from all over the split.

    A split may be stored class by class: on its first samples, units of the later classes would look dead.

    Args:
        model: Network; it is left in the mode it was in.
        split: Training split, on the network's device.
        samples: Samples to look at.
        active_share: A unit active on fewer samples than this share is dead (0.01: diagnosis rule ACT001).

    Returns:
        Module path → share in 0…1; empty when the network has no rectifying layers.
    """
    layers = {name: layer for name, layer in unit_layers(model).items() if isinstance(layer, RECTIFIERS)}
    counts: dict[str, Tensor] = {}

    def counting(name: str) -> Any:
        def note(_layer: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                active = fired(output).sum(0)
                counts[name] = counts[name] + active if name in counts else active

        return note

    handles = [layer.register_forward_hook(counting(name)) for name, layer in layers.items()]
    was_training = model.training
    model.eval()
    seen = min(samples, len(split))
    spread = torch.arange(seen) * len(split) // seen
    try:
        with torch.no_grad():
            for indices in torch.split(spread, 250):
                x, _ = split.take(indices)
                model(x)
    finally:
        for handle in handles:
            handle.remove()
        model.train(was_training)
    return {name: float((count < active_share * seen).float().mean()) for name, count in counts.items()}
