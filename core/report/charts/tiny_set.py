"""Tiny set: loss (log axis) and accuracy while a network overfits a handful of samples."""

from __future__ import annotations

from nnbabysit.core.report.charts.chart import Chart, Series, line_chart
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows


def _tiny_set(rows: RunRows) -> list[Chart]:
    panels = {"cost": "Loss per sample", "accuracy": "Accuracy on the tiny set"}
    series = {key: Series(name="tiny set", points=rows.column("tiny", "epoch", key)) for key in panels}
    return [
        line_chart(title, [series[key]], log=True if key == "cost" else None, legend=False)
        for key, title in panels.items()
        if key == "cost" or series[key].known
    ]


TINY_SET = RunChart(
    name="overfit_tiny", section="Loss and accuracy", needs=("tiny.cost",), charts=_tiny_set, file=True
)
