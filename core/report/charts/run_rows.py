"""Rows of a run: what its charts read of its logs and of its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nnbabysit.core.report.charts.chart import Chart, Series, styled
from nnbabysit.core.report.charts.scale import drawable
from nnbabysit.core.report.charts.trial_plane import TrialPlane

Row = Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRows:
    """What a run has written.

    Attributes:
        metrics: ``metrics.jsonl``.
        events: ``events.jsonl``.
        numbers: Metrics of the result, as far as they are known.
        verdict: Its verdict.
    """

    metrics: Sequence[Row] = ()
    events: Sequence[Row] = ()
    numbers: Row = field(default_factory=dict)
    verdict: str = ""

    def of(self, kind: str) -> list[Row]:
        """Rows of a split of the metrics (``batch``, ``train``), or events of a kind (``tiny``)."""
        found = [row for row in self.metrics if row.get("split") == kind]
        return found or [row for row in self.events if row.get("kind") == kind]

    def has(self, need: str) -> bool:
        """Whether any row has what a chart needs, such as ``batch.lr``; ``or`` parts alternatives."""
        places = (place.split(".") for place in need.split(" or "))
        return any(
            bool(self.numbers.get(key))
            if kind == "result"
            else any(row.get(key) is not None for row in self.of(kind))
            for kind, key in places
        )

    def column(self, kind: str, x: str, y: str) -> list[tuple[float, object]]:
        """Points of two columns; rows without the first are left out."""
        return column(self.of(kind), x, y)

    def layers(self, key: str, inner: str = "") -> list[Series]:
        """A line per layer over the steps, from ``{layer: number}`` or ``{layer: {inner: number}}``."""
        rows = self.of("batch")
        names = dict.fromkeys(name for row in rows for name in as_row(row.get(key)))

        def number_of(row: Row, name: str) -> object:
            value = as_row(row.get(key)).get(name)
            return as_row(value).get(inner) if inner else value

        steps = [(row, step) for row in rows if (step := drawable(row.get("step"))) is not None]
        return styled(
            Series(name=name, points=[(step, number_of(row, name)) for row, step in steps]) for name in names
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RunChart:
    """A chart that is drawn of every run that has what it needs.

    Attributes:
        name: Name of its file in ``plots/``.
        section: Heading on the page under which it stands.
        needs: Rows and columns without which it is left out: ``batch.gradient_norm``, ``tiny.cost``,
            ``result.importances``.
        charts: The panels; none where there is nothing to see.
        file: Whether it is drawn into ``plots/`` too.
    """

    name: str
    section: str
    needs: tuple[str, ...]
    charts: Callable[[RunRows], Sequence[Chart | TrialPlane]]
    file: bool = False

    def of(self, rows: RunRows) -> Sequence[Chart | TrialPlane]:
        """The panels of a run; none where it lacks what they need."""
        return self.charts(rows) if all(map(rows.has, self.needs)) else ()


def column(rows: Sequence[Row], x: str, y: str) -> list[tuple[float, object]]:
    """Points of two columns; rows without a number in the first are left out."""
    return [(at, row.get(y)) for row in rows if (at := drawable(row.get(x))) is not None]


def as_row(value: object) -> Row:
    """The object of a JSON document; empty where it is none."""
    return value if isinstance(value, Mapping) else {}
