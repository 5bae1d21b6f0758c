"""Learning rate over the steps, as it was applied: what the schedule and the warm-up made of it."""

from __future__ import annotations

from nnbabysit.core.report.charts.chart import Chart, Series, line_chart
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows


def _learning_rate(rows: RunRows) -> list[Chart]:
    """Nothing where it never changes."""
    applied = Series(name="learning rate", points=rows.column("batch", "step", "lr"))
    if len({rate for _, rate in applied.known}) < 2:
        return []
    return [line_chart("Learning rate", [applied], x_name="step", legend=False)]


LEARNING_RATE = RunChart(
    name="learning_rate", section="Loss and accuracy", needs=("batch.lr",), charts=_learning_rate, file=True
)
