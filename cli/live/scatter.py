"""Scatter: the trials of a search as dots over one setting, drawn with characters."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nnbabysit.cli.live.axis import Axis
from nnbabysit.core.report.charts.scale import Scale

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille character: four rows of two dots, from the top."""
CROWDS = (" ", ".", ":", ":", ":", "#")
"""Without braille: no trial, one, two to four, more."""
BEST = ("★", "@")
FRAME = (("│", "└", "─"), ("|", "+", "-"))
"""Left side, corner and bottom; with braille and without."""
MARKS = {"diverged": "x", "stopped": "v", "failed": "+"}
"""On the bottom line, at the setting of trials that have no value; as in the plots of a run."""

Point = tuple[float, float | None, str]
"""Setting, value (None: none) and state of a trial."""


class Scatter:
    """Dots of one setting against the value; the vertical axis can be shared by several.

    What is drawn is kept as cells. A trial changes one of them; all are made anew only when an end of an axis
    moves or the size changes.

    Attributes:
        x: Horizontal axis.
        y: Vertical axis.
    """

    def __init__(self, x: Axis, y: Axis) -> None:
        """Nothing is there to draw."""
        self.x, self.y = x, y
        self._points: list[Point] = []
        self._best: tuple[float, float] | None = None
        self._size = (0, 0, True)
        self._ends: tuple[object, ...] = ()
        self._scales: tuple[Scale, Scale] | None = None
        self._cells: list[list[int]] = []
        self._lost: list[dict[str, int]] = []

    def add(self, x: float, y: float | None, state: str = "complete") -> None:
        """Take in a trial: its setting, its value (None: none) and how it ended."""
        point = (x, y, state)
        self._points.append(point)
        self.x.take(x)
        if y is not None:
            self.y.take(y)
        if self._scales is not None and self._ends == self._seen_ends():
            self._put(point, *self._scales)

    def set_best(self, x: float, y: float) -> None:
        """Say where the best trial lies."""
        self.x.take(x)
        self.y.take(y)
        self._best = (x, y)

    def rows(self, width: int, height: int, *, labels: int, plain: bool = False) -> list[Text]:
        """The chart: ``height`` rows of ``width`` cells in a frame, and the ends of the horizontal axis.

        Args:
            width: Cells in a row.
            height: Rows.
            labels: Columns for the ends of the vertical axis; 0: it has none.
            plain: ASCII alone.
        """
        self._fit(width, height, plain)
        side, corner, bottom = FRAME[plain]
        ends = {0: end_label(self.y.high), height - 1: end_label(self.y.low)} if labels else {}
        best_row, best_column = self._best_cell()
        rows = [
            Text.assemble(
                (f"{ends.get(number, ''):>{labels}}{side}", "dim"),
                *self._row(cells, best_column if number == best_row else None),
            )
            for number, cells in enumerate(self._cells)
        ]
        margin = " " * labels
        rows.append(Text.assemble((margin + corner, "dim"), *self._bottom(bottom)))
        name = f"{self.x.name}, log" if self.x.log else self.x.name
        ends_of_x = between(end_label(self.x.low), name, end_label(self.x.high), width)
        rows.append(Text(f"{margin} {ends_of_x}", "dim"))
        return rows

    def _seen_ends(self) -> tuple[object, ...]:
        return (self.x.low, self.x.high, self.x.log, self.y.low, self.y.high, self.y.log)

    def _fit(self, width: int, height: int, plain: bool) -> None:
        """Make the cells anew if they were made for another size or other ends."""
        if (width, height, plain) == self._size and self._ends == self._seen_ends():
            return
        self._size, self._ends = (width, height, plain), self._seen_ends()
        wide, high = (1, 1) if plain else (2, 4)
        scales = self._scales = (self.x.places(width * wide), self.y.places(height * high))
        self._cells = [[0] * width for _ in range(height)]
        self._lost = [{} for _ in range(width)]
        for point in self._points:
            self._put(point, *scales)

    def _put(self, point: Point, across: Scale, up: Scale) -> None:
        plain = self._size[2]
        x, y, state = point
        column = _place(across, x)
        if column is None:
            return
        wide, high = (1, 1) if plain else (2, 4)
        if y is None:
            states = self._lost[column // wide]
            states[state] = states.get(state, 0) + 1
            return
        place = _place(up, y)
        if place is None:
            return
        row = self._size[1] * high - 1 - place
        cells = self._cells[row // high]
        if plain:
            cells[column] += 1
        else:
            cells[column // 2] |= DOTS[row % 4][column % 2]

    def _best_cell(self) -> tuple[int | None, int | None]:
        """Row and column of the best trial."""
        if self._best is None or self._scales is None:
            return None, None
        wide, high = (1, 1) if self._size[2] else (2, 4)
        column, place = (_place(scale, v) for scale, v in zip(self._scales, self._best, strict=True))
        if column is None or place is None:
            return None, None
        return self._size[1] - 1 - place // high, column // wide

    def _row(self, cells: Sequence[int], best: int | None) -> list[str | tuple[str, str]]:
        plain = self._size[2]
        if plain:
            text = "".join(CROWDS[min(count, len(CROWDS) - 1)] for count in cells)
        else:
            text = "".join(chr(BRAILLE + bits) if bits else " " for bits in cells)
        return [text] if best is None else [text[:best], (BEST[plain], "bold green"), text[best + 1 :]]

    def _bottom(self, line: str) -> list[tuple[str, str]]:
        """The bottom line, with the most frequent state of the trials of each column that have no value."""
        most = [max(states, key=states.__getitem__) if states else None for states in self._lost]
        return [(line, "dim") if state is None else (MARKS.get(state, "?"), "yellow") for state in most]


def _place(scale: Scale, value: float) -> int | None:
    """The nearest place; None where a log axis has none."""
    place = scale.place(value)
    return None if place is None else min(max(round(place), 0), round(scale.end))


def end_label(value: float) -> str:
    """A number at the end of an axis, in at most eight columns."""
    return f"{value:.4g}" if 0.01 <= abs(value) < 10_000 or not value else f"{value:.1e}".replace(".0e", "e")


def between(left: str, middle: str, right: str, width: int) -> str:
    """Two ends of a line and, where it fits, what stands between them; the left one alone if both do not."""
    room = width - len(left) - len(right)
    if room < 1:
        return left
    return f"{left}{middle if len(middle) <= room - 2 else '':^{room}}{right}"
