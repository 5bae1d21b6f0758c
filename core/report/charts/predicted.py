"""Predicted over true targets of a regression, and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.core.report.charts.chart import Chart, ChartAxis, Series
from nnbabysit.core.report.charts.scale import drawable

if TYPE_CHECKING:
    from torch import Tensor

_MOST_POINTS = 5000
_BINS = 40


def predicted_charts(outputs: Tensor, y: Tensor) -> list[Chart]:
    """Two panels; of many samples 5000 are drawn, the errors are those of all.

    Args:
        outputs: (N, K), or (N,) for one column.
        y: (N, K) or (N,); columns share the axes.
    """
    truth = y.double().reshape(len(y), -1)
    said = outputs.double().reshape(truth.shape)
    every = max(1, -(-len(truth) // _MOST_POINTS))
    columns = [
        [(t, p) for t, p in zip(true, predicted, strict=True) if drawable(t) is not None]
        for true, predicted in zip(truth[::every].T.tolist(), said[::every].T.tolist(), strict=True)
    ]
    known = [number for points in columns for t, p in points if drawable(p) is not None for number in (t, p)]
    ends = [(end, end) for end in (min(known), max(known))] if known else []
    return [
        Chart(
            title="",
            x=ChartAxis(name="true"),
            y=ChartAxis(name="predicted"),
            series=(
                Series(name="no error", points=ends, mark="dashed"),
                *(
                    Series(name="predicted", points=points, mark="dots", style=column % 8)
                    for column, points in enumerate(columns)
                ),
            ),
            legend=False,
        ),
        Chart(
            title="",
            x=ChartAxis(name="error: predicted − true"),
            y=ChartAxis(name="values", shown=(0.0,)),
            series=(Series(name="errors", points=_counted(said - truth), mark="bars"),),
            legend=False,
        ),
    ]


def _counted(errors: Tensor) -> list[tuple[float, object]]:
    """Middle and count of each bin; (N, K) errors, of which those that are not finite are left out."""
    finite = errors[errors.isfinite()]
    if not len(finite):
        return []
    low, high = float(finite.min()), float(finite.max())
    width = (high - low) / _BINS
    counts = finite.histc(bins=_BINS).tolist()
    return (
        [(low + (bin + 0.5) * width, count) for bin, count in enumerate(counts)]
        if width
        else [(low, sum(counts))]
    )
