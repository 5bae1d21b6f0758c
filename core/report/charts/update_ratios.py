"""Update ratios: ‖ΔW‖ / ‖W‖ of each weight matrix over the steps, with the band that the rules use."""

from __future__ import annotations

from nnbabysit.core.diagnosis.rules.bands import RATIO_TOO_HIGH, RATIO_TOO_LOW
from nnbabysit.core.report.charts.chart import Chart, line_chart
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows

SIGNALS = "Update ratios, gradients and activations"


def _update_ratios(rows: RunRows) -> list[Chart]:
    band = (RATIO_TOO_LOW, RATIO_TOO_HIGH)
    note = f"Most healthy runs stay in the band {band[0]:g} to {band[1]:g}; 0 means not trained."
    title = "Update-to-weight ratio, ‖ΔW‖ / ‖W‖"
    return [line_chart(title, rows.layers("update_ratios"), x_name="step", note=note, log=True, band=band)]


UPDATE_RATIOS = RunChart(
    name="updates", section=SIGNALS, needs=("batch.update_ratios",), charts=_update_ratios, file=True
)
