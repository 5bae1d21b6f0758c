"""Shortening: a sentence in few columns that keeps its numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

MOST_WORDS = 80
"""Words behind these are not read: a message can be a page long."""


def shortened(text: str, width: int, *, dots: str = "…") -> str:
    """Text in at most ``width`` columns: numbers, then the first word, give way last."""
    if len(text) <= width:
        return text
    words = text[: width * MOST_WORDS].split()[:MOST_WORDS]
    numbers = [place for place, word in enumerate(words) if re.search(r"\d", word)]
    kept: set[int] = set()
    for places in (numbers, [0], [place - 1 for place in numbers if place], range(len(words))):
        for place in places:
            if len(_with_gaps(words, kept | {place}, dots)) > width:
                break
            kept.add(place)
    return _with_gaps(words, kept, dots) if kept else text[: max(0, width - len(dots))] + dots


def _with_gaps(words: Sequence[str], kept: Collection[int], dots: str) -> str:
    parts: list[str] = []
    for place, word in enumerate(words):
        if place in kept:
            parts.append(word)
        elif parts[-1:] != [dots]:
            parts.append(dots)
    return " ".join(parts)
