"""Importances: the fraction of the variance of the trials' values that each setting explains."""

from __future__ import annotations

from nnbabysit.core.report.charts.chart import Chart, ChartAxis, Series
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows, as_row
from nnbabysit.core.report.charts.scale import drawable
from nnbabysit.core.report.charts.search_trials import TRIALS_SECTION


def _importances(rows: RunRows) -> list[Chart]:
    """The most important first; an importance that is not known is the last, without a bar."""
    shares = {name: drawable(share) for name, share in as_row(rows.numbers.get("importances")).items()}
    names = sorted(shares, key=lambda name: -(shares[name] or 0.0))
    points = [(shares[name] or 0.0, place) for place, name in enumerate(names)]
    texts = tuple("unknown" if shares[name] is None else f"{shares[name]:.2f}" for name in names)
    x = ChartAxis(name="importance (fraction of the variance of the value)", shown=(0.0, 1.0))
    y = ChartAxis(choices=tuple(names))
    series = Series(name="importance", points=points, mark="bars", texts=texts)
    return [Chart(title="Importance of each setting", x=x, y=y, series=(series,), legend=False)]


IMPORTANCES = RunChart(
    name="importances",
    section=TRIALS_SECTION,
    needs=("result.importances",),
    charts=_importances,
    file=True,
)
