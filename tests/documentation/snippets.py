"""The fenced blocks of the pages for people, and the comparison of what is shown with what is printed.

By its language a block is checked in one of these ways; all blocks of a page share one folder, in order:

- ``console``: each ``$ command`` is run, and what follows must be printed. A line of ``...`` stands for any
  lines, ``...`` within a line for anything, numbers may be off by a twentieth, the name of a run by anything.
- ``sh``: each line is run and must succeed.
- ``yaml``: written to the file named by its first comment, and checked by ``config check``.
- ``python``: written to the file named by its first comment, or else run as a program.
- ``text``: left alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..program import run_program

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("console", "sh", "yaml", "python", "text")
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "CI", "PYTHONPATH")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "NO_COLOR": "1",
    "OMP_NUM_THREADS": "1",
}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?(?![\w])")
_RUN = re.compile(r"\b\d{4}-\d\d-\d\d_\d{4}_[a-z]+-[a-z]+_")
_PLAIN = re.compile(r"nnbabysit ([\w./:=,+ -]*)")
"""A command without quotes, pipes or anything else that is the shell's."""
_TOLERANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """One fenced block of a page.

    Attributes:
        page: The page, relative to the repository.
        line: Number of the line of its fence.
        language: Word behind the fence.
        text: What is in it.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def file_name(self) -> str:
        """The file that its first comment names; empty for none."""
        match = re.match(r"# ([\w./-]+\.\w+)\n", self.text)
        return match[1] if match else ""


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One command of a ``console`` or ``sh`` block, and the lines that must be printed."""

    command: str
    printed: tuple[str, ...] = ()


def pages() -> list[Path]:
    """Every page for people, in the order of their paths."""
    return sorted(
        path
        for path in (*ROOT.glob("*.md"), *(page for top in _TOPS for page in (ROOT / top).rglob("*.md")))
        if not path.is_relative_to(ROOT / "runs") or path.parent == ROOT / "runs"
    )


_TOPS = (".docs", ".github", "cli", "configs", "core", "runs", "tests")


def snippets(page: Path) -> list[Snippet]:
    """The blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    name = str(page.relative_to(ROOT))
    return [
        Snippet(page=name, line=text.count("\n", 0, found.start()) + 1, language=found[1], text=found[2])
        for found in _FENCE.finditer(text)
    ]


def typed(snippet: Snippet) -> Iterator[Typed]:
    """The commands of a block, without trailing comments."""
    if snippet.language == "sh":
        for line in snippet.text.splitlines():
            yield Typed(command=re.sub(r"\s+# .*", "", line))
        return
    for part in re.split(r"^\$ ", snippet.text, flags=re.MULTILINE)[1:]:
        command, *printed = part.rstrip("\n").split("\n")
        yield Typed(command=command, printed=tuple(printed))


def call(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with the program under test first on the path; both streams as one text."""
    if command[:2] == ["bash", "-c"] and (plain := _PLAIN.fullmatch(command[2])):
        done = run_program(plain[1].split(), folder, ENVIRONMENT, merged=True)
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), "")
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def difference(shown: Sequence[str], printed: Sequence[str]) -> str:
    """What of the shown lines was not printed, in words; empty if all is there and nothing else is."""
    found = [line.rstrip() for line in printed]
    lines = [line.rstrip() for line in shown]
    while found and not found[-1]:
        found.pop()
    at, anywhere = 0, False
    for line in lines:
        if line == "...":
            anywhere = True
            continue
        places = range(at, len(found) if anywhere else min(at + 1, len(found)))
        place = next((place for place in places if _same(line, found[place])), None)
        if place is None:
            got = found[at] if at < len(found) and not anywhere else "no such line"
            return f"shown: {line!r}, printed: {got!r}"
        at, anywhere = place + 1, False
    return "" if anywhere or at == len(found) else f"printed and not shown: {found[at]!r}"


def _same(shown: str, printed: str) -> bool:
    shown, printed = _RUN.sub("RUN_", shown), _RUN.sub("RUN_", printed)
    parts = [_NUMBER.sub("\0", part) for part in shown.split("...")]
    pattern = "(.*)".join(re.escape(part).replace("\0", f"({_NUMBER.pattern})") for part in parts)
    match = re.fullmatch(pattern, printed)
    if not match:
        return False
    wanted = [_NUMBER.findall(part) for part in shown.split("...")]
    groups = iter(match.groups())
    for index, numbers in enumerate(wanted):
        if index:
            next(groups)  # what an ellipsis stands for
        if not all(_near(number, next(groups)) for number in numbers):
            return False
    return True


def _near(shown: str, printed: str) -> bool:
    """Integers must be equal, others agree within a twentieth: other processors round in other ways."""
    if not re.search(r"[.e]", shown):
        return shown == printed
    first, second = (float(number.replace(",", "")) for number in (shown, printed))
    return abs(first - second) <= _TOLERANCE * max(abs(first), abs(second), _TOLERANCE)
