"""Pictures of a run: those of its ``plots/`` that the page does not draw itself."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.record.files import os_errors_in_words

_LARGEST = 4_000_000  # bytes of a picture that is taken into the page
_MOST = 24
_TITLES = {
    "confusion": "Confusion matrix",
    "reliability": "Calibration",
    "predicted": "Predicted over true",
    "activations": "Activations and gradients, layer by layer",
    "curves": "Loss and accuracy",
    "importances": "Importance of each setting",
    "overfit_tiny": "The tiny set",
    "search": "Trials",
    "updates": "Update ratios by layer",
}
"""Plots that are lines on white and may be turned to light on dark; others may be photographs."""
_PNG = b"\x89PNG\r\n\x1a\n"
_DARK = (
    b"<style>@media (prefers-color-scheme: dark) { #patch_1 path { fill: none !important }"
    b" g[id^=text_] * { fill: #e9eaec !important } }</style></svg>"
)
"""Ends a drawing that holds photographs: on a dark page its ground and its words change, not its images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture of the run's ``plots/``.

    Attributes:
        title: Its name in words.
        data: ``data:`` URL; an image shows it without running anything that is in it.
        ground: ``drawing``, lines on white that may be shown light on dark; ``own``, an SVG that follows the
            theme itself; ``white`` for anything else.
    """

    title: str
    data: str
    ground: str


def pictures_of(folder: Path, drawn_anew: Collection[str]) -> Iterator[Picture]:
    """The SVG of each plot, or its PNG. A link could lead anywhere and is not followed.

    Args:
        folder: ``plots/`` of the run.
        drawn_anew: Names of the plots that the page draws itself.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".svg", ".png")]
    stems = {path.stem: path for path in sorted(files, key=lambda path: path.suffix)}  # svg wins
    for stem in sorted(stems.keys() - drawn_anew)[:_MOST]:
        path = stems[stem]
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        with os_errors_in_words(path, "read"):
            data = path.read_bytes()
        yield _picture(stem, data)


def _picture(stem: str, data: bytes) -> Picture:
    kind, ground = "image/png" if data.startswith(_PNG) else "image/svg+xml", "white"
    if _kind(stem) in _TITLES:
        ground = "drawing"
    elif kind == "image/svg+xml" and data.rstrip().endswith(b"</svg>"):
        ground, data = "own", data.rstrip().removesuffix(b"</svg>") + _DARK
    return Picture(
        title=_title(stem), data=f"data:{kind};base64,{base64.b64encode(data).decode()}", ground=ground
    )


def _kind(stem: str) -> str:
    """What a plot shows: several networks have theirs numbered, ``confusion-2``."""
    return stem.rpartition("-")[0] if stem.rpartition("-")[2].isdigit() else stem


def _title(stem: str) -> str:
    kind = _kind(stem)
    return (_TITLES.get(kind) or kind.replace("_", " ").capitalize()) + stem.removeprefix(kind).replace(
        "-", " "
    )
