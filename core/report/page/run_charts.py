"""Charts of a run: loss and accuracy, signals inside the network, and the trials of a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from nnbabysit.core.diagnosis.rules.bands import RATIO_TOO_HIGH, RATIO_TOO_LOW
from nnbabysit.core.record.run_reader import RecordedRun
from nnbabysit.core.report.page.chart import STYLES, Chart, Mark, Series, line_chart
from nnbabysit.core.report.page.scale import drawable
from nnbabysit.core.report.words import number

_HEALTHY = (RATIO_TOO_LOW, RATIO_TOO_HIGH)
_FEW_EPOCHS = 2
"""Up to so many epochs, the curve that tells something is that of the steps."""
Rows = Sequence[Mapping[str, Any]]


def curves(run: RecordedRun) -> list[Chart]:
    """Loss and accuracy over the epochs, of a training or of the tiny set; empty for other commands."""
    tiny = run.of_kind("tiny")
    if tiny:
        return [_tiny(tiny, "cost", "Cost per sample"), *_with_accuracy(tiny)]
    splits = {name: split(run.metrics, name) for name in ("train", "validation")}
    if not any(splits.values()) and not split(run.metrics, "batch"):
        return []
    batches = [Series(name="batch", points=column(split(run.metrics, "batch"), "step", "loss"))]
    few = len(splits["train"]) <= _FEW_EPOCHS and has_numbers(batches)
    found = []
    if few:
        found.append(line_chart("Loss of single batches", batches, x_name="step", legend=False))
    if few and len(splits["train"]) < 2:
        return found
    names = {"train": "training", "validation": "validation"}
    for key, title in (("loss", "Loss per sample"), ("accuracy", "Accuracy")):
        series = [
            Series(name=names[name], points=column(rows, "epoch", key), style=style)
            for style, (name, rows) in enumerate(splits.items())
        ]
        if has_numbers(series) or key == "loss":
            found.append(line_chart(title, series, marks=_marks(run, splits["train"])))
    return found


def _marks(run: RecordedRun, epochs: Rows) -> list[Mark]:
    """The epoch whose weights are kept, and where a training that ran away was stopped."""
    best = drawable(run.numbers.get("best_epoch"))
    marks = [] if best is None else [Mark(at=best, text=f"best: epoch {best:g}")]
    if run.verdict == "diverged" and epochs and drawable(epochs[-1].get("epoch")) is not None:
        marks.append(Mark(at=float(epochs[-1]["epoch"]), text="diverged", kind="stop"))
    return marks


def _tiny(rows: Rows, key: str, title: str) -> Chart:
    series = [Series(name="tiny set", points=column(rows, "epoch", key))]
    return line_chart(title, series, log=True if key == "cost" else None, legend=False)


def _with_accuracy(rows: Rows) -> list[Chart]:
    known = [row for row in rows if row.get("accuracy") is not None]
    return [_tiny(known, "accuracy", "Accuracy on the tiny set")] if known else []


def updates(run: RecordedRun) -> list[Chart]:
    """Update ratio of each weight matrix over the steps, with the healthy band; empty without."""
    rows = split(run.metrics, "batch")
    names = _names(rows, "update_ratios")
    if not names:
        return []
    series = _layers(rows, names, lambda row, name: _at(row, "update_ratios", name))
    note = f"Healthy is {RATIO_TOO_LOW:g} to {RATIO_TOO_HIGH:g}, the shaded band; 0 means not trained."
    title = "Size of an update relative to its weights, ‖ΔW‖ / ‖W‖"
    return [line_chart(title, series, x_name="step", note=note, log=True, band=_HEALTHY)]


def signals(run: RecordedRun) -> list[Chart]:
    """Gradient norm of the whole network; spread and dead units of each layer's activations."""
    rows = split(run.metrics, "batch")
    found = []
    norm = [Series(name="gradient", points=column(rows, "step", "gradient_norm"))]
    if has_numbers(norm):
        title = "Gradient norm of the whole network"
        found.append(line_chart(title, norm, x_name="step", log=True, legend=False))
    names = _names(rows, "activations")
    for key, title, log in (
        ("std", "Standard deviation of the activations", None),
        ("dead", "Share of units that are dead in a batch", False),
    ):
        series = _layers(rows, names, lambda row, name, key=key: _at(row, "activations", name, key))
        if has_numbers(series):
            found.append(line_chart(title, series, x_name="step", log=log))
    return found


def last_layers(run: RecordedRun) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of a table: the last numbers of each layer, the median of the last few steps."""
    rows = split(run.metrics, "batch")[-5:]
    ratios, active = _names(rows, "update_ratios"), _names(rows, "activations")
    cells: list[tuple[str, ...]] = [
        (name, "weights", _median(_at(row, "update_ratios", name) for row in rows), "", "", "")
        for name in ratios
    ]
    cells += [
        (
            name,
            "activations",
            "",
            *(_median(_at(row, "activations", name, key) for row in rows) for key in ("mean", "std", "dead")),
        )
        for name in active
    ]
    return ("layer", "what", "update ratio", "mean", "std", "dead"), cells


def _median(values: Iterable[Any]) -> str:
    known = [value for value in values if drawable(value) is not None]
    return number(float(median(known))) if known else "–"


def _layers(rows: Rows, names: Sequence[str], pick: Any) -> list[Series]:
    """A line per layer: its own style while there are few, else its depth in the network as a shade."""
    many = len(names) > STYLES
    return [
        Series(
            name=name,
            points=[
                (float(row["step"]), pick(row, name)) for row in rows if drawable(row.get("step")) is not None
            ],
            style=index % STYLES,
            depth=index / (len(names) - 1) if many else None,
        )
        for index, name in enumerate(names)
    ]


def split(rows: Rows, name: str) -> list[Mapping[str, Any]]:
    """Rows of one split of the data."""
    return [row for row in rows if row.get("split") == name]


def column(rows: Rows, x: str, y: str) -> list[tuple[float, Any]]:
    """Points of two columns; rows without the first are left out."""
    return [(float(row[x]), row.get(y)) for row in rows if drawable(row.get(x)) is not None]


def has_numbers(series: Sequence[Series]) -> bool:
    """Whether there is anything to draw."""
    return any(drawable(y) is not None for one in series for _, y in one.points)


def _names(rows: Rows, key: str) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in _mapping(row.get(key))))


def _at(row: Mapping[str, Any], *keys: str) -> Any:
    value: Any = row
    for key in keys:
        value = _mapping(value).get(key)
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
