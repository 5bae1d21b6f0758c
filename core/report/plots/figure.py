"""Figure: the common look of all plots, and how one is written as PNG and SVG.

No pyplot: it keeps every figure alive in a global list and picks a screen. The user's matplotlibrc is left
out, so that a run looks the same on every machine.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from nnbabysit.core.record.files import write_atomically

DPI = 150
INK = "#222222"
MUTED = "#6b6b6b"
# Okabe & Ito (2008), "Color Universal Design": told apart by color-blind readers. Each comes with its own
# dashes, for readers without color.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F6A00")
DASHES: tuple[Any, ...] = (
    "-",
    "--",
    "-.",
    ":",
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (8, 2)),
    (0, (3, 1)),
    (0, (1, 1)),
)

_LOOK: dict[str, Any] = {
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
_LARGEST = 1e100  # beyond it, the arithmetic of the axes overflows
_LONGEST_LABEL = 40
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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


def drawable(values: Iterable[Any]) -> NDArray[np.float64]:
    """The numbers that can be drawn, the others as NaN: missing, not finite, or beyond 1e100."""
    numbers = [math.nan if value is None else float(value) for value in values]
    return np.array([n if abs(n) < _LARGEST else math.nan for n in numbers], dtype=np.float64)


def any_positive(values: NDArray[np.float64]) -> bool:
    """Whether there is anything to draw on a log axis."""
    return bool(np.any(values > 0))


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


def whole_numbers(axes: Axes, values: Sequence[float]) -> None:
    """Ticks of the x axis on whole numbers only, and a range that one value does not collapse."""
    axes.margins(x=0.02)
    if values and min(values) == max(values):
        axes.set_xlim(values[0] - 1, values[0] + 1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=[1, 2, 5, 10]))


def use_log(axes: Axes, direction: Literal["x", "y"], *, decades_only: bool = False) -> None:
    """Make an axis logarithmic; values of 0 and below leave gaps.

    Args:
        axes: Panel.
        direction: Which of its axes.
        decades_only: No labels between the decades: on a narrow panel they run into each other.
    """
    (axes.set_xscale if direction == "x" else axes.set_yscale)("log", nonpositive="mask")
    axis = axes.xaxis if direction == "x" else axes.yaxis
    axis.set_major_formatter(_PowersOfTen())
    axis.set_minor_formatter(NullFormatter() if decades_only else _PowersOfTen())
    if decades_only:
        axis.set_major_locator(LogLocator(numticks=6))


class _PowersOfTen(LogFormatter):
    """Labels such as 10⁻³ and 3·10⁻⁴ in plain text.

    Matplotlib's own go through its formula parser, which takes a third of the time of a plot.
    """

    def __call__(self, x: float, pos: int | None = None) -> str:
        if not super().__call__(x, pos):
            return ""
        mantissa, exponent = f"{x:.0e}".split("e")
        power = "10" + str(int(exponent)).translate(_SUPERSCRIPTS)
        return power if mantissa == "1" else f"{mantissa}·{power}"


def legend_above(figure: Figure, axes: Sequence[Axes], columns: int, markerscale: float = 1.0) -> None:
    """One legend for the panels, above them; what they share is named once."""
    entries: dict[str, Artist] = {}
    for panel in axes:
        handles, names = panel.get_legend_handles_labels()
        entries |= dict(zip(names, handles, strict=True))
    if entries:
        figure.legend(
            list(entries.values()),
            list(entries),
            loc="outside upper left",
            ncols=columns,
            handlelength=2.8,
            columnspacing=1.8,
            markerscale=markerscale,
        )
