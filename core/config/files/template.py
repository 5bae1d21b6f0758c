"""Template: a bundled config as ``init`` writes it, without what says nothing but the default."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnbabysit.core.config import tree
from nnbabysit.core.config.files import bundle, yaml_loader
from nnbabysit.core.config.reference.json_schema import schema_line
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import UserError

KEPT = ("loss", "training")
"""Written out even where they are the default: a newcomer looks for them first."""
_KEY = re.compile(r"^([A-Za-z_]+):")


@dataclass(frozen=True, slots=True)
class Template:
    """A config to start from.

    Attributes:
        name: Name of the bundled config.
        path: Its file.
    """

    name: str
    path: Path

    @property
    def summary(self) -> str:
        """One line about it: the first comment of the file, up to its first semicolon."""
        first = self.path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        return first.partition(";")[0].rstrip(".")

    def text(self, file_name: str) -> str:
        """The config under its new name; it loads to the same settings as the bundled one.

        Args:
            file_name: Name of the file that will hold it, for the command in its head.
        """
        head, blocks = _blocks(self.path.read_text(encoding="utf-8"))
        command = f"nnbabysit babysit {shlex.quote(file_name)}"
        head = re.sub(rf"nnbabysit babysit {re.escape(self.name)}(?![-\w])", lambda _: command, head)
        kept = [block for block in blocks if not _is_default(block)]
        foot = f"# What is not here has its default: nnbabysit config show {shlex.quote(file_name)}\n"
        return f"{schema_line()}\n{head}{''.join(kept).rstrip()}\n\n{foot}"

    def code(self) -> dict[str, str]:
        """File name → text of the Python files that go with it."""
        if self.path.stem != self.path.parent.name:
            return {}
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(self.path.parent.glob("*.py"))}


def templates() -> list[Template]:
    """Every template, by name."""
    return [Template(name, path) for name, path in bundle.bundled().items()]


def find(name: str | None) -> Template:
    """The template of this name; None: the digits.

    Raises:
        UserError: There is none; the nearest, or all of them, are told.
    """
    known = {template.name: template for template in templates()}
    name = bundle.DEFAULT_NAME if name is None else name
    if name in known:
        return known[name]
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    listed = ", ".join(known)
    remedy = f"Did you mean {near[0]}?" if near else f"Choose one of {listed}"
    raise UserError(f"there is no template {name!r}", remedy=remedy)


def _blocks(text: str) -> tuple[str, list[str]]:
    """The comment at the head of a config, and its top-level settings, each with the comment above it."""
    head: list[str] = []
    blocks: list[list[str]] = []
    above: list[str] = []
    for line in text.splitlines(keepends=True):
        if _KEY.match(line):
            blocks.append([*above, line])
            above = []
        elif line[:1] in ("#", "\n") and blocks:
            above.append(line)
        else:
            (blocks[-1] if blocks else head).append(line)
    return "".join(head), ["".join(block) for block in blocks]


def _is_default(block: str) -> bool:
    """Whether a top-level setting says nothing but the default, so that leaving it out changes nothing."""
    settings: dict[str, Any] = yaml_loader.parse(block).value
    if settings.keys() & set(KEPT):
        return False
    tree.fill_names(settings, Config())
    return Config.model_validate(settings) == Config()
