"""All plots of a run, each written as PNG and as SVG."""

from __future__ import annotations

from nnbabysit.core.report.plots.curves import plot_curves, plot_tiny
from nnbabysit.core.report.plots.evaluation import (
    plot_confusion,
    plot_predicted,
    plot_reliability,
    plot_wrong,
)
from nnbabysit.core.report.plots.reconstruction import plot_reconstructions
from nnbabysit.core.report.plots.search import plot_importances, plot_search
from nnbabysit.core.report.plots.signals import plot_activations, plot_updates

__all__ = [
    "plot_activations",
    "plot_confusion",
    "plot_curves",
    "plot_importances",
    "plot_predicted",
    "plot_reconstructions",
    "plot_reliability",
    "plot_search",
    "plot_tiny",
    "plot_updates",
    "plot_wrong",
]
