"""Activations over the steps: the spread of each layer's outputs, and its dead units."""

from __future__ import annotations

from nnbabysit.core.report.charts.chart import Chart, line_chart
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows
from nnbabysit.core.report.charts.update_ratios import SIGNALS


def _activations(rows: RunRows) -> list[Chart]:
    panels = (
        ("std", "Standard deviation of the activations", None),
        ("dead", "Fraction of units that are dead in a batch", False),
    )
    charts = (
        line_chart(title, rows.layers("activations", key), x_name="step", log=log)
        for key, title, log in panels
    )
    return [chart for chart in charts if chart.has_numbers]


ACTIVATIONS = RunChart(
    name="activation_signals", section=SIGNALS, needs=("batch.activations",), charts=_activations
)
