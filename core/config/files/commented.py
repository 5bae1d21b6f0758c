"""Commented: settings as YAML in which each value has its reason beside it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.config.fields import Path
from nnbabysit.core.config.files import yaml_writer
from nnbabysit.core.formatting import UNSAFE

WIDTH = 110
_COLUMN = 40
_CONTROLS = re.compile(f"[\n\t{UNSAFE}]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a config.

    Attributes:
        path: Where the value belongs.
        value: Plain numbers, texts, lists and dicts.
        reason: Why it is that; empty for none.
        is_missing: The value is not known and the user has to give it: the line itself is a comment.
    """

    path: Path
    value: Any
    reason: str = ""
    is_missing: bool = False


def comment(text: str, indent: str = "") -> str:
    """A text of any origin as comment lines, ``# `` before each; nothing in it can end the comment."""
    width = WIDTH - len(indent) - 2
    lines = textwrap.wrap(plain(text), width, break_long_words=False, break_on_hyphens=False) or [""]
    return "".join(f"{indent}# {line}\n" for line in lines)


def plain(text: str) -> str:
    """A text of any origin on one line, without control characters and direction overrides."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def write(entries: Sequence[Entry]) -> str:
    """The config; sections stand in the order of their first entry, with an empty line around each block."""
    blocks: list[str] = []
    for name in dict.fromkeys(entry.path[0] for entry in entries):
        own = [entry for entry in entries if entry.path[0] == name]
        single = len(own) == 1 and len(own[0].path) == 1
        text = _block(own, 0)
        joined = single and bool(blocks) and not blocks[-1].startswith("\n")
        blocks.append(text if single and (joined or not blocks) else f"\n{text}")
    return "".join(blocks)


def _block(entries: Sequence[Entry], depth: int) -> str:
    text, indent = "", "  " * depth
    for name in dict.fromkeys(entry.path[depth] for entry in entries):
        own = [entry for entry in entries if entry.path[depth] == name]
        if len(own[0].path) == depth + 1:
            text += _line(own[0], indent)
        elif all(entry.is_missing for entry in own):  # a section of comments alone would be an empty one
            text += f"{indent}# {_key(name)}:\n" + "".join(_missing(entry, f"{indent}#   ") for entry in own)
        else:
            text += f"{indent}{_key(name)}:\n" + _block(own, depth + 1)
    return text


def _line(entry: Entry, indent: str) -> str:
    if entry.is_missing:
        return _missing(entry, f"{indent}# ")
    setting = f"{indent}{_key(entry.path[-1])}: {yaml_writer.dump_inline(entry.value)}"
    if not entry.reason:
        return f"{setting}\n"
    reason = comment(entry.reason)
    beside = f"{setting:<{_COLUMN - 2}}  {reason}"
    if reason.count("\n") == 1 and len(beside) <= WIDTH + 1:
        return beside
    return comment(entry.reason, indent) + f"{setting}\n"


def _missing(entry: Entry, indent: str) -> str:
    """A line to be filled in, with its reason on the same line, however long."""
    setting = f"{indent}{_key(entry.path[-1])}:"
    return f"{setting:<{_COLUMN - 2}}  # set me: {plain(entry.reason)}\n"


def _key(part: str | int) -> str:
    return yaml_writer.dump_inline(str(part))
