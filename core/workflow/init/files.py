"""Starter: the files that ``init`` writes, all or none, over nothing that is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnbabysit.core.config.reference import json_schema
from nnbabysit.core.errors import UserError
from nnbabysit.core.record.files import os_errors_in_words, write_atomically


@dataclass(frozen=True)
class Starter:
    """Files to be written.

    Attributes:
        files: Path → text.
        schema: Text of the JSON Schema.
        schema_file: Where it goes. It is made by this program and holds nothing of the user's, so another
            version of it is replaced without a question.
    """

    files: Mapping[Path, str]
    schema: str
    schema_file: Path

    def write(self, *, force: bool) -> list[Path]:
        """Write the files; nothing is written if one of them is in the way.

        Args:
            force: Replace files that are there.

        Returns:
            What was written, in order, the schema last.

        Raises:
            UserError: A file, or something else of its name, is there already.
            RunError: A folder cannot be written.
            DiskError: The disk is full or broken.
        """
        taken = [path for path in self.files if os.path.lexists(path) and not force]
        if os.path.lexists(self.schema_file) and not force and not _is_schema(self.schema_file):
            taken.append(self.schema_file)
        if taken:
            or_force = (
                ", or replace what is there with --force" if self.files else ""
            )  # a schema alone: never
            are = "are there already" if len(taken) > 1 else "is there already"
            raise UserError(
                f"{', '.join(path.name for path in taken)} {are}, and nothing was written",
                where=str(taken[0].parent),
                remedy=f"Choose another place with --output{or_force}",
            )
        texts = {**self.files, self.schema_file: self.schema}
        for path in texts:
            if path.is_dir():
                raise UserError("this is a folder", where=str(path), remedy="Name a file with --output")
        for path, text in texts.items():
            with os_errors_in_words(path.parent):
                path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
        return [*texts]


def _is_schema(path: Path) -> bool:
    """Whether a schema of ours, of whatever version, lies there."""
    try:
        return json_schema.is_ours(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
