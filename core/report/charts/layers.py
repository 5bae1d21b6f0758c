"""Layers at initialization: activations, exact zeros and gradients, from the input to the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnbabysit.core.report.charts.chart import Chart, ChartAxis, Series
from nnbabysit.core.report.charts.scale import drawable

if TYPE_CHECKING:
    from nnbabysit.core.training.probes.layer_statistics import LayerStatistics


def layer_charts(layers: Sequence[LayerStatistics]) -> list[Chart]:
    """Three panels over the layers, in the order of the network; what is not finite is left out."""
    numbered = list(enumerate(layers))
    means = [(mean, row) for row, layer in numbered if (mean := drawable(layer.mean)) is not None]
    zeros = [(share, row) for row, layer in numbered if (share := drawable(layer.zeros)) is not None]
    norms = [(norm, row) for row, layer in numbered if (norm := drawable(layer.gradient)) is not None]
    spread = tuple(abs(drawable(layers[row].std) or 0.0) for _, row in means)
    is_log = any(norm > 0 for norm, _ in norms)
    panels = (
        (
            ChartAxis(name="activation, mean ± std", shown=(0.0,)),
            Series(name="mean ± std", points=means, mark="dots", spread=spread),
        ),
        (
            ChartAxis(name="exact zeros (share)", shown=(0.0, 1.0)),
            Series(name="zeros", points=zeros, mark="bars", style=4),
        ),
        (
            ChartAxis(name="gradient norm at output", log=is_log),
            Series(name="gradient", points=norms, mark="dots", style=2),
        ),
    )
    y = ChartAxis(choices=tuple(f"{layer.name}  {layer.kind}" for layer in layers))
    return [Chart(title=x.name, x=x, y=y, series=(series,), legend=False) for x, series in panels]
