"""Registry: every chart that is drawn of a run from its files, in the order of the page."""

from __future__ import annotations

from nnbabysit.core.report.charts.activations import ACTIVATIONS
from nnbabysit.core.report.charts.curves import CURVES
from nnbabysit.core.report.charts.gradient_norm import GRADIENT_NORM
from nnbabysit.core.report.charts.importances import IMPORTANCES
from nnbabysit.core.report.charts.learning_rate import LEARNING_RATE
from nnbabysit.core.report.charts.run_rows import RunChart
from nnbabysit.core.report.charts.search_trials import SEARCH_TRIALS
from nnbabysit.core.report.charts.tiny_set import TINY_SET
from nnbabysit.core.report.charts.update_ratios import UPDATE_RATIOS

RUN_CHARTS: tuple[RunChart, ...] = (
    CURVES,
    LEARNING_RATE,
    TINY_SET,
    SEARCH_TRIALS,
    IMPORTANCES,
    UPDATE_RATIOS,
    GRADIENT_NORM,
    ACTIVATIONS,
)
