"""Cleaning: text of a user's, without what could act in a terminal or break a line."""

from __future__ import annotations

import re

ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: window titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control strings
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colors, cursor
    r"|\x1b[ -/]*[0-~]"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SURROGATES = re.compile(r"[\ud800-\udfff]")
BREAKS = re.compile(r"\s*[\n\t\u2028\u2029]\s*")


def clean(text: str) -> str:
    r"""Text without escape sequences, control characters and direction overrides; tab and newline stay.

    Bytes of a file name that are not UTF-8 become visible, such as ``caf\xe9``.
    """
    return SURROGATES.sub(_visible, CONTROLS.sub("", ESCAPES.sub("", text)))


def _visible(surrogate: re.Match[str]) -> str:
    code = ord(surrogate[0])
    return f"\\x{code & 0xFF:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def clean_line(text: str) -> str:
    """Clean text on one line."""
    return BREAKS.sub(" ", clean(text)).strip()
