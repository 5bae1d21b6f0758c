"""Writing: charts as PNG and SVG files in the ``plots/`` of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nnbabysit.core.record.directory import EVENTS, METRICS
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.report.charts.chart import Chart
from nnbabysit.core.report.charts.confusion import Matrix
from nnbabysit.core.report.charts.registry import RUN_CHARTS
from nnbabysit.core.report.charts.run_rows import RunRows
from nnbabysit.core.report.charts.tiles import Tiles
from nnbabysit.core.report.charts.trial_plane import TrialPlane
from nnbabysit.core.report.plots.draw import Panel, draw_panels
from nnbabysit.core.report.plots.draw_cells import draw_matrix, draw_tiles, matrix_size, tiles_size
from nnbabysit.core.report.plots.figure import drawing


def write_run_plots(run: Path, numbers: Mapping[str, object], verdict: str) -> list[Path]:
    """Write every chart of the registry that the files of a run have the numbers of.

    Args:
        run: Run directory.
        numbers: Metrics of its result, which is not written yet.
        verdict: Its verdict.

    Returns:
        Paths of the files, a PNG and an SVG for each chart.

    Raises:
        DiskError: The disk is full, over quota or broken.
    """
    folder = run / "plots"
    folder.mkdir(exist_ok=True)
    metrics, events = (read_lines(run / name)[0] for name in (METRICS, EVENTS))
    rows = RunRows(metrics=metrics, events=events, numbers=numbers, verdict=verdict)
    drawn = {chart.name: chart.of(rows) for chart in RUN_CHARTS if chart.file}
    return [path for name, panels in drawn.items() if panels for path in write_panels(panels, folder / name)]


def write_panels(panels: Sequence[Panel], path_stem: Path, *, upright: bool = False) -> list[Path]:
    """Write charts as one figure.

    Args:
        panels: At least one.
        path_stem: Where, without the suffix.
        upright: One above another, the first the highest.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    rows = max((len(one.y.choices) for one in panels if isinstance(one, Chart)), default=0)
    width = 4.6 if upright or len(panels) == 1 else 7.2
    height = 4.8 if upright else min(1.5 + 0.27 * max(rows, 3), 14.0) if rows else 3.4
    with drawing(path_stem, width + isinstance(panels[0], TrialPlane), height) as (figure, paths):
        draw_panels(figure, panels, upright=upright)
    return paths


def write_matrix(matrix: Matrix, path_stem: Path) -> list[Path]:
    """Write a matrix; returns the paths of the PNG and of the SVG file."""
    with drawing(path_stem, *matrix_size(matrix)) as (figure, paths):
        draw_matrix(figure, matrix)
    return paths


def write_tiles(tiles: Tiles, path_stem: Path) -> list[Path]:
    """Write pictures; returns the paths of the PNG and of the SVG file."""
    with drawing(path_stem, *tiles_size(tiles)) as (figure, paths):
        draw_tiles(figure, tiles)
    return paths
