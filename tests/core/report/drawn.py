"""What stands in a plot's files: the numbers of each named series, read back by the ticks of the SVG."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"
POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")

Points = list[tuple[float, float]]


def drawn_series(svg: Path) -> list[dict[str, Points]]:
    """For each panel: name of the series (or ``trials-…``) → its points, in the units of the axes.

    A line's points are its vertices, a bar's the middle of its top or, on its side, of its right end.
    """
    comments = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    root = ET.fromstring(svg.read_text(encoding="utf-8"), comments)
    panels = [g for g in root.iter(f"{SVG}g") if re.fullmatch(r"axes_\d+", g.get("id", ""))]
    found = []
    for panel in panels:
        x, y = _labels(panel, "xtick", "x"), _labels(panel, "ytick", "y")
        if len(x) > 1:  # a bar of colors has none
            x = x if any(text for _, text in x) else _labels(panels[-1], "xtick", "x")  # panels share them
            y = y if any(text for _, text in y) else _labels(panels[0], "ytick", "y")
            found.append(_series_of(panel, _from_place(x), _from_place(y), named=_are_names(y)))
    return found


def _series_of(
    panel: ET.Element, across: Callable[[float], float], up: Callable[[float], float], *, named: bool
) -> dict[str, Points]:
    found: dict[str, Points] = {}
    for group in panel.iter(f"{SVG}g"):
        name = group.get("id", "")
        if name.startswith(("series-", "trials-")):
            places = _places(group, named=named)
            found.setdefault(name.removeprefix("series-"), []).extend((across(x), up(y)) for x, y in places)
    return found


def _places(group: ET.Element, *, named: bool) -> Points:
    markers = [use for use in group.iter(f"{SVG}use") if use.get("x")]
    if markers:
        return [(float(use.get("x", "")), float(use.get("y", ""))) for use in markers]
    paths = [_vertices(path.get("d", "")) for path in group.findall(f"{SVG}path")]
    if group.get("id", "").startswith("trials-"):
        return [_middle(path) for path in paths]
    if not paths:
        return []
    (path,) = paths
    if "z" not in group.findall(f"{SVG}path")[0].get("d", ""):
        return path
    (x, y), right, top = _middle(path), max(x for x, _ in path), min(y for _, y in path)
    return [(right, y) if named else (x, top)]


def _middle(path: Points) -> tuple[float, float]:
    xs, ys = [x for x, _ in path], [y for _, y in path]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _vertices(path: str) -> Points:
    """Where each stroke of a path ends."""
    strokes = (numbers.split() for numbers in re.findall(r"[MLQC]([^MLQCz]*)", path))
    return [(float(numbers[-2]), float(numbers[-1])) for numbers in strokes]


def _are_names(labels: list[tuple[float, str]]) -> bool:
    return any(_number(text) is None for _, text in labels)


def _from_place(known: list[tuple[float, str]]) -> Callable[[float], float]:
    """From a place to the number there, by the labels of the ticks; names count from 0."""
    numbers = [_number(text) for _, text in known]
    values = [float(i) if number is None else number for i, number in enumerate(numbers)]
    places = [place for place, _ in known]
    if len(places) < 2:
        return lambda place: place
    log = len(values) > 2 and values[0] > 0 and not _even(places, values)
    scaled = [math.log10(v) for v in values] if log else values
    slope = (scaled[-1] - scaled[0]) / (places[-1] - places[0])

    def at(place: float) -> float:
        value = scaled[0] + (place - places[0]) * slope
        return 10**value if log else value

    return at


def _labels(panel: ET.Element, kind: str, key: str) -> list[tuple[float, str]]:
    """Place and text of each tick."""
    found = []
    for tick in panel.iter(f"{SVG}g"):
        if tick.get("id", "").startswith(kind):
            place = next(float(use.get(key, "")) for use in tick.iter(f"{SVG}use") if use.get(key))
            texts = [str(node.text).strip() for node in tick.iter() if "Comment" in str(node.tag)]
            found.append((place, texts[0] if texts else ""))
    return found


def _even(places: list[float], values: list[float]) -> bool:
    slopes = [(v - values[0]) / (p - places[0]) for p, v in zip(places[1:], values[1:], strict=True)]
    return max(slopes) - min(slopes) < 0.02 * abs(slopes[0])


def _number(text: str) -> float | None:
    """``0.5``, ``10⁻³`` or ``2·10⁻⁴``; None for a name."""
    match = re.fullmatch(r"(?:([\d.]+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    if match:
        return float(match[1] or 1) * 10.0 ** int(match[2].translate(POWERS))
    try:
        return float(text.replace(",", "").translate(POWERS))
    except ValueError:
        return None


def colors_of(png: Path) -> set[str]:
    """Colors of the pixels, such as ``#0072b2``."""
    with Image.open(png) as image:
        counted = image.convert("RGB").getcolors(image.width * image.height) or []
    return {"#" + bytes(color).hex() for _, color in counted if isinstance(color, tuple)}
