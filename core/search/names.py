"""Names: config paths as short as people write them."""

from __future__ import annotations

from collections.abc import Iterable

SHORT_NAMES = {"optimizer.lr": "lr", "regularization.l2": "reg"}
"""As the notes print them."""


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Config path → ``lr``, ``reg``, else the shortest ending that tells it from the others."""
    everything = list(dict.fromkeys(paths))
    names = {path: SHORT_NAMES.get(path) or _shortest_ending(path, everything) for path in everything}
    taken = list(names.values())
    return {path: name if taken.count(name) == 1 else path for path, name in names.items()}


def drawn_value(value: object) -> str:
    """A drawn value as the notes print it: seven digits and an exponent, everything else as it is."""
    return f"{value:e}" if isinstance(value, float) else str(value)


def _shortest_ending(path: str, paths: list[str]) -> str:
    parts = path.split(".")
    for count in range(1, len(parts)):
        ending = parts[-count:]
        if sum(other.split(".")[-count:] == ending for other in paths) == 1:
            return ".".join(ending)
    return path
