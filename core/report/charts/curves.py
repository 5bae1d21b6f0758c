"""Curves: loss and accuracy over the epochs of a training; of a very short one the loss of its batches."""

from __future__ import annotations

from nnbabysit.core.report.charts.chart import Chart, Mark, Series, line_chart
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows
from nnbabysit.core.report.charts.scale import drawable

_FEW_EPOCHS = 2
"""Up to so many epochs, the curve that tells something is that of the steps."""
_SPLITS = {"train": "training", "validation": "validation"}


def _curves(rows: RunRows) -> list[Chart]:
    epochs = len(rows.of("train"))
    batches = Series(name="batch", points=rows.column("batch", "step", "loss"))
    found = []
    if epochs <= _FEW_EPOCHS and batches.known:
        found.append(line_chart("Loss of single batches", [batches], x_name="step", legend=False))
        if epochs < 2:
            return found
    for key, title in (("loss", "Loss per sample"), ("accuracy", "Accuracy")):
        series = [
            Series(name=name, points=rows.column(split, "epoch", key), style=style)
            for style, (split, name) in enumerate(_SPLITS.items())
        ]
        if key == "loss" or any(one.known for one in series):
            found.append(line_chart(title, series, marks=_marks(rows)))
    return found


def _marks(rows: RunRows) -> list[Mark]:
    """The epoch whose weights are kept, and where a training that diverged was stopped."""
    best = drawable(rows.numbers.get("best_epoch"))
    marks = [] if best is None else [Mark(at=best, text=f"best: epoch {best:g}")]
    last = drawable(rows.of("train")[-1].get("epoch")) if rows.of("train") else None
    if rows.verdict == "diverged" and last is not None:
        marks.append(Mark(at=last, text="diverged", kind="stop"))
    return marks


CURVES = RunChart(
    name="curves", section="Loss and accuracy", needs=("train.loss or batch.loss",), charts=_curves, file=True
)
