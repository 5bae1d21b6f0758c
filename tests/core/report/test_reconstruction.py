"""The picture of reconstructions: one row per name, whatever their number and colors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnbabysit.core.report.plots.write import plot_reconstructions


@pytest.mark.parametrize("shape", [(3, 8, 8), (10, 5, 7, 3), (1, 4, 4), (0, 4, 4)])
def test_it_is_written_as_png_and_svg(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pictures = np.random.default_rng(0).random(shape)
    rows = {"input": pictures, "damaged": pictures, "output": pictures}
    png, svg = plot_reconstructions(rows, tmp_path / "reconstructions")
    assert png.read_bytes()[:4] == b"\x89PNG"
    text = svg.read_text(encoding="utf-8")
    assert text.count("<image") == 3 * shape[0]
    again, _ = plot_reconstructions(rows, tmp_path / "again")
    assert again.read_bytes() == png.read_bytes()
