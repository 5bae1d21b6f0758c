"""Units of activation layers: which of them never fire.

Shape suffixes: N samples; a unit is a feature, or a channel of an image layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from nnbabysit.core.models.calls import ROOT, Call, Calls, is_readable
from nnbabysit.core.models.dry_run import unchanged
from nnbabysit.core.models.maxout import Maxout
from nnbabysit.core.models.seeding import seeded

if TYPE_CHECKING:
    from nnbabysit.core.data.splits.dataset import Split

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
"""A unit that is active on fewer samples than this fraction is dead."""


def unit_layers(model: nn.Module) -> dict[str, nn.Module]:
    """Module path → activation layer, each once, in the order of construction."""
    return {
        name or ROOT: layer
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
    """Dead ReLU fraction per call of a rectifying layer, in evaluation mode, over samples of all the split.

    A split may be stored class by class: on its first samples, units of the later classes would look dead.

    Args:
        model: Network; its modes and buffers are left as they were.
        split: Training split, on the network's device.
        samples: Samples to look at.
        active_share: A unit active on fewer samples than this fraction is dead (0.01: diagnosis rule ACT001).

    Returns:
        Name of the call, ``act`` or ``act (call 2)`` → share in 0…1; empty when the network has no rectifying
        layers. A call whose outputs have now this number of units and now that is left out: what a unit of
        it is cannot be told.
    """
    layers = {name: layer for name, layer in unit_layers(model).items() if isinstance(layer, RECTIFIERS)}
    counts: dict[str, list[_Count]] = {}

    def note(call: Call, _layer: nn.Module, output: Any) -> None:
        if is_readable(output) and output.ndim > 0:
            counts.setdefault(call.name, []).append(_Count(fired(output).sum(0), len(output)))

    seen = min(samples, len(split))
    spread = torch.arange(seen) * len(split) // seen
    with Calls(model, layers, note), unchanged(model), seeded(0), torch.no_grad():
        model.eval()
        for indices in torch.split(spread, 250):
            x, _ = split.take(indices)
            model(x)
    told = {name: parts for name, parts in counts.items() if len({part.active.shape for part in parts}) == 1}
    return {name: _dead_share(parts, active_share) for name, parts in told.items()}


class _Count(NamedTuple):
    """What a call put out for a batch: on how many of its rows each unit was active, (U,), and the rows."""

    active: Tensor
    rows: int


def _dead_share(parts: list[_Count], active_share: float) -> float:
    active = torch.stack([part.active for part in parts]).sum(0)
    return float((active < active_share * sum(part.rows for part in parts)).float().mean())
