"""Layers at the end of a training: the last numbers of each as a table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from nnbabysit.core.formatting import number_text
from nnbabysit.core.report.charts.chart import Series
from nnbabysit.core.report.charts.run_rows import RunRows

_LAST = 5  # probed steps


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerTable:
    """The head, and the cells of each layer; no rows where nothing was probed."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def layer_table(rows: RunRows) -> LayerTable:
    """Update ratio of each weight matrix and activations of each layer, medians of the last probed steps."""
    ratios = rows.layers("update_ratios")
    cells = [(one.name, "weights", _median(one), "", "", "") for one in ratios]
    parts = (rows.layers("activations", key) for key in ("mean", "std", "dead"))
    cells += [(one[0].name, "activations", "", *map(_median, one)) for one in zip(*parts, strict=True)]
    return LayerTable(columns=("layer", "what", "update ratio", "mean", "std", "dead"), rows=tuple(cells))


def _median(series: Series) -> str:
    """A cell; a step that lacks the layer counts as one of the last."""
    last = {x for x, _ in series.points[-_LAST:]}
    known = [y for x, y in series.known if x in last]
    return number_text(median(known)) if known else "–"
