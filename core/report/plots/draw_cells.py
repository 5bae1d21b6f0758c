"""Drawing of cells: matrices, whose shades are numbers, and tiles, which are pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from nnbabysit.core.report.charts.confusion import WITH_COUNTS, Matrix
from nnbabysit.core.report.charts.tiles import Tiles
from nnbabysit.core.report.plots.figure import INK, label, say_no_data

_WITH_NAMES = 60  # rows up to which every name fits beside the matrix


def draw_matrix(figure: Figure, matrix: Matrix) -> None:
    """Shades are shares; up to 20 columns each cell holds its count."""
    axes = figure.subplots()
    shares, few = np.array(matrix.shares), len(matrix.columns) <= WITH_COUNTS
    # many cells are small ones: shades by the square root keep rare mistakes visible
    norm = PowerNorm(1.0 if few else 0.5, 0, 1)
    image = axes.imshow(shares, cmap="Blues", norm=norm, interpolation="nearest")
    axes.set_aspect("equal" if len(matrix.rows) == len(matrix.columns) else "auto")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bar.set_label(matrix.share_name)
    axes.set_xlabel(matrix.x_name)
    axes.set_ylabel(matrix.y_name)
    _name_rows(axes, matrix.rows)
    _name_columns(axes, matrix.columns)
    if few and len(matrix.rows) <= _WITH_NAMES:
        _write_counts(axes, matrix)
    if matrix.note:
        lines = [label(line, 60) for line in matrix.note.splitlines()]
        figure.supxlabel("\n".join(lines), fontsize=8, color=INK, x=0.02, ha="left")


def matrix_size(matrix: Matrix) -> tuple[float, float]:
    """Inches of its figure."""
    width, height = (
        min(9.0, max(2.6, (0.36 if count <= WITH_COUNTS else 0.15) * count))
        for count in (len(matrix.columns), len(matrix.rows))
    )
    return width + 1.9, height + 1.5


def draw_tiles(figure: Figure, tiles: Tiles) -> None:
    """Pictures in rows, with their names or their captions."""
    columns = max((len(row) for row in tiles.rows), default=1)
    panels = figure.subplots(max(1, len(tiles.rows)), max(1, columns), squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    if not any(tiles.rows):
        say_no_data(panels[0, 0], tiles.empty)
    for line, pictures in zip(panels, tiles.rows, strict=False):
        for axes, picture in zip(line, pictures, strict=False):
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    for line, captions in zip(panels, tiles.captions, strict=False):
        for axes, words in zip(line, captions, strict=False):
            axes.set_title("\n".join(label(text, 22) for text in words), fontsize=7, color=INK)
    for line, name in zip(panels, tiles.names, strict=False):
        place = line[0].transAxes
        line[0].text(-0.15, 0.5, label(name), transform=place, ha="right", va="center", fontsize=8, color=INK)


def tiles_size(tiles: Tiles) -> tuple[float, float]:
    """Inches of their figure: narrow, so that captions can be read on a phone."""
    if tiles.names:
        return 7.2, 0.4 + 0.72 * len(tiles.rows)
    columns = max((len(row) for row in tiles.rows), default=1)
    return 1.25 * max(2, columns), 1.6 * max(1, len(tiles.rows))


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(*_names(names), fontsize=_font_size(names))


def _name_columns(axes: Axes, names: Sequence[str]) -> None:
    places, texts = _names(names)
    upright = any(len(text) > 3 for text in texts) and len(names) > 2
    axes.set_xticks(places, texts, fontsize=_font_size(names), rotation=90 if upright else 0)


def _names(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Every name while they fit, else every so many."""
    places = list(range(0, len(names), math.ceil(len(names) / _WITH_NAMES)))
    return places, [label(names[place], 22) for place in places]


def _font_size(names: Sequence[str]) -> float:
    return 8.5 if len(names) <= WITH_COUNTS else 6.5


def _write_counts(axes: Axes, matrix: Matrix) -> None:
    longest = len(str(max(max(row) for row in matrix.counts)))
    for row, (counts, shares) in enumerate(zip(matrix.counts, matrix.shares, strict=True)):
        for column, (count, share) in enumerate(zip(counts, shares, strict=True)):
            if count:
                axes.text(
                    column, row, str(count), ha="center", va="center",
                    fontsize=8 if longest <= 3 else 6.5 if longest <= 4 else 5.5,
                    color="white" if share > 0.5 else INK,
                )  # fmt: skip
