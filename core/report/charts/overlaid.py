"""Curves of several runs laid over each other."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from nnbabysit.core.report.charts.chart import STYLES, Chart, Points, Series, line_chart
from nnbabysit.core.report.charts.run_rows import RunRows, as_row
from nnbabysit.core.report.charts.scale import drawable
from nnbabysit.core.report.charts.search_trials import metric_of

_COLUMNS = (
    ("validation", "loss", "Validation loss"),
    ("validation", "accuracy", "Validation accuracy"),
    ("train", "loss", "Training loss"),
    ("train", "accuracy", "Training accuracy"),
    ("tiny", "cost", "Loss on the tiny set"),
)


def overlaid_charts(runs: Mapping[str, RunRows]) -> list[Chart]:
    """A chart for each column that any of the runs has.

    Args:
        runs: Label of each run → its rows.
    """

    def overlaid(title: str, points: list[Points], x_name: str, log: bool | None = None) -> Chart:
        series = [
            Series(name=name, points=own, style=place % STYLES)
            for place, (name, own) in enumerate(zip(runs, points, strict=True))
        ]
        return line_chart(title, series, x_name=x_name, log=log, legend=False)

    every = runs.values()
    charts = [
        overlaid(title, [rows.column(kind, "epoch", key) for rows in every], "epoch", kind == "tiny" or None)
        for kind, key, title in _COLUMNS
    ]
    ratios: list[Points] = [_median_ratios(rows) for rows in every]
    charts.append(overlaid("Update ratio, median over the layers", ratios, "epoch", log=True))
    charts.append(overlaid("Best value so far", [_best_so_far(rows) for rows in every], "trial"))
    return [chart for chart in charts if chart.has_numbers]


def _median_ratios(rows: RunRows) -> Points:
    points = []
    for event in rows.of("epoch"):
        ratios = map(drawable, as_row(event.get("update_ratios")).values())
        known = [ratio for ratio in ratios if ratio is not None]
        epoch = drawable(event.get("epoch"))
        if known and epoch is not None:
            points.append((epoch, median(known)))
    return points


def _best_so_far(rows: RunRows) -> Points:
    best = (drawable(as_row(event.get("best")).get("value")) for event in rows.of("trial"))
    sign = -1.0 if metric_of(rows) == "val_loss" else 1.0
    return [
        (float(count), None if value is None else sign * value) for count, value in enumerate(best, start=1)
    ]
