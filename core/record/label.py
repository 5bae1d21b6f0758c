"""Label: what a person wrote on a run, such as ``baseline``; a file of its own, so it can come at any time.

In ``meta.json`` it would be lost when the process that runs writes that file again.
"""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.errors import UserError
from nnbabysit.core.record.archive import read_meta
from nnbabysit.core.record.files import os_errors_in_words, write_atomically

LABEL_FILE = "label.txt"
MAX_LENGTH = 80


def checked_label(text: str) -> str:
    """The label without blanks around it.

    Raises:
        UserError: It is empty, longer than 80 characters, or holds a line break, a tab or another character
            that is not printed.
    """
    label = text.strip()
    if not label or len(label) > MAX_LENGTH or not label.isprintable():
        raise UserError(
            f"{text[:MAX_LENGTH]!r} cannot be a label, "
            f"which is 1 to {MAX_LENGTH} printable characters on one line",
            where="TEXT",
            remedy="Write a few words, such as 'wider net'",
        )
    return label


def read_label(run: Path) -> str:
    """The label of a run; empty if it has none, or somebody put something else there."""
    try:
        return checked_label((run / LABEL_FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UserError):
        return ""


def write_label(run: Path, text: str) -> str:
    """Label a run, whether it is running, ended or crashed; nothing else about it changes.

    Returns:
        The label as it was written.

    Raises:
        UserError: The text cannot be a label.
        RunError: There is no run, or it cannot be written.
        DiskError: The disk is full, over quota or broken.
    """
    read_meta(run)
    label = checked_label(text)
    write_atomically(run / LABEL_FILE, f"{label}\n")
    return label


def remove_label(run: Path) -> None:
    """Take the label off; harmless when there is none.

    Raises:
        RunError: There is no run, or it cannot be written.
    """
    read_meta(run)
    with os_errors_in_words(run / LABEL_FILE):
        (run / LABEL_FILE).unlink(missing_ok=True)
