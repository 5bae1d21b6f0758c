"""Invisible characters: what comes along when a line is copied from a page, and looks like nothing."""

from __future__ import annotations

import unicodedata

_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs by their category, blanks by their look."""


def is_invisible(letter: str) -> bool:
    """Whether a character shows nothing: each blank but the plain one, format characters, byte-order mark."""
    return letter not in " \t\r\n" and (
        unicodedata.category(letter) in ("Cf", "Zs", "Zl", "Zp") or letter in _BLANK_LETTERS
    )


def first_invisible(text: str) -> str:
    """The first invisible character of a text; empty if there is none."""
    return next(filter(is_invisible, text), "")


def stripped(text: str) -> str:
    """The text without the invisible characters and the blanks at its ends."""
    return text.strip(" " + "".join(filter(is_invisible, text)))


def in_words(letter: str) -> str:
    """An invisible character by its number, its name and the way to be rid of it."""
    name = unicodedata.name(letter, "")
    shown = "ZERO WIDTH NO-BREAK SPACE, a byte-order mark" if letter == "\ufeff" else name
    blank = unicodedata.category(letter) == "Zs" or letter in _BLANK_LETTERS
    remedy = "type a plain space in its place" if blank else "delete it"
    return f"the invisible character U+{ord(letter):04X} {shown}; {remedy}"
