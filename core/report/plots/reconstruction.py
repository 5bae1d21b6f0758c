"""Reconstructions: pictures beside what an autoencoder made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnbabysit.core.report.plots.figure import INK, drawing


def plot_reconstructions(rows: Mapping[str, NDArray[Any]], path_stem: Path) -> list[Path]:
    """Rows of pictures, the same samples in each.

    Args:
        rows: Name of the row → pictures in 0…1, (N, H, W) in gray or (N, H, W, 3); as many in each row.
        path_stem: Where, without the suffix.

    Returns:
        Paths of the PNG and of the SVG file.
    """
    columns = max(1, *(len(pictures) for pictures in rows.values()))
    with drawing(path_stem, 7.2, 0.4 + 0.72 * len(rows)) as (figure, paths):
        panels = figure.subplots(len(rows), columns, squeeze=False)
        for line, (name, pictures) in zip(panels, rows.items(), strict=True):
            for axes in line:
                axes.set_axis_off()
            for axes, picture in zip(line, pictures, strict=False):
                axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            line[0].text(
                -0.15, 0.5, name, transform=line[0].transAxes, ha="right", va="center", fontsize=8, color=INK
            )
    return paths
