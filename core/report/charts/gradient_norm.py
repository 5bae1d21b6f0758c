"""Gradient norm of the whole network over the steps."""

from __future__ import annotations

from nnbabysit.core.report.charts.chart import Chart, Series, line_chart
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows
from nnbabysit.core.report.charts.update_ratios import SIGNALS


def _gradient_norm(rows: RunRows) -> list[Chart]:
    norm = Series(name="gradient", points=rows.column("batch", "step", "gradient_norm"))
    title = "Gradient norm of the whole network"
    return [line_chart(title, [norm], x_name="step", log=True, legend=False)] if norm.known else []


GRADIENT_NORM = RunChart(
    name="gradient_norm", section=SIGNALS, needs=("batch.gradient_norm",), charts=_gradient_norm
)
