"""A reason in few columns keeps its number."""

from __future__ import annotations

import pytest

from nnbabysit.cli.render.abbreviate import shortened

REASON = "cost 39.63 is over 3 × the first cost 2.302 at epoch 1, step 66"


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (80, REASON),
        (60, "cost 39.63 is over 3 × the … cost 2.302 … epoch 1, step 66"),
        (30, "… 39.63 … 3 … 2.302 … 1, … 66"),
        (12, "cost 39.63 …"),
    ],
)
def test_words_go_before_numbers(width: int, text: str) -> None:
    assert shortened(REASON, width) == text


@pytest.mark.parametrize("width", [1, 5, 20, 79])
@pytest.mark.parametrize("text", [REASON, "x" * 5000, "1 " * 5000, "word " * 300 + "7", ""])
def test_it_is_never_wider(text: str, width: int) -> None:
    assert len(shortened(text, width)) <= width
    assert shortened(text, width, dots="...").isascii() or text is REASON
