"""Figure: the common look of all plots, and how one is written as PNG and SVG.

No pyplot: it keeps every figure alive in a global list and picks a screen. The user's matplotlibrc is left
out, so that a run looks the same on every machine.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnbabysit.core.record.files import write_atomically

DPI = 150
INK = "#222222"
MUTED = "#6b6b6b"
# Okabe & Ito (2008), "Color Universal Design": told apart by color-blind readers. Each comes with its own
# dashes, for readers without color.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F6A00")
DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = (
    "-",
    "--",
    "-.",
    ":",
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (8, 2)),
    (0, (3, 1)),
    (0, (1, 1)),
)

_LOOK: dict[str, bool | float | str] = {
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.constrained_layout.h_pad": 0.06,
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.hashsalt": "nnbabysit",
}
_LONGEST_LABEL = 40


@contextmanager
def drawing(path_stem: Path, width: float, height: float) -> Iterator[tuple[Figure, list[Path]]]:
    """Draw a figure in the block; it is written when the block ends.

    Args:
        path_stem: Where, without the suffix: ``.png`` and ``.svg`` are added.
        width: In inches.
        height: In inches.

    Yields:
        The empty figure, and the list that holds the paths of the two files afterwards.
    """
    paths: list[Path] = []
    # Names of the user's may hold characters that the font lacks; boxes are drawn for them.
    with warnings.catch_warnings(), style.context(["default", _LOOK]):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = Figure(figsize=(width, height))
        FigureCanvasAgg(figure)
        yield figure, paths
        for suffix, metadata in (
            ("png", {"Software": None}),
            ("svg", {"Date": None, "Creator": "nnbabysit"}),
        ):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=suffix, dpi=DPI, metadata=metadata)
            figure.set_layout_engine("none")  # the places found for the first file serve the second
            path = path_stem.with_name(f"{path_stem.name}.{suffix}")
            write_atomically(path, buffer.getvalue())
            paths.append(path)


def label(text: object, longest: int = _LONGEST_LABEL) -> str:
    """A name of the user's as text to draw: no formula, no control characters, not too long."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))
    if len(shown) > longest:
        shown = f"{shown[: longest // 2]}…{shown[-(longest // 2) + 1 :]}"
    return shown.replace("$", r"\$")


def say_no_data(axes: Axes, text: str = "no data") -> None:
    """Write into an empty panel that it is empty on purpose, and take its meaningless ticks away."""
    axes.tick_params(which="both", bottom=False, left=False, labelbottom=False, labelleft=False)
    axes.grid(visible=False)
    axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 4},
    )
