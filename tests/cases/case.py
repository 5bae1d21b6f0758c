"""A case: a folder of files as people have them, command lines typed in it, and what must come of each."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..program import run_program

CASES = Path(__file__).parent
SCREEN = 24
"""Lines of a terminal: what the user must know about how the data was read stands in the first of them."""
HANGS = 400
"""Seconds after which a command is taken to be stuck; each takes a tenth of it."""
NOT_MEANT = "No such (option|command)|neither a file nor a bundled|is there already"
"""Words that come of a command line that is mistyped in a table, which no issue will make right."""
NEVER = ("this is a bug in nnbabysit", "Traceback (most recent call last)")
ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "CI", "PYTHONPATH")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "OMP_NUM_THREADS": "1",
    "NO_COLOR": "1",
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a command line came to.

    Attributes:
        code: Exit code.
        lines: What the screen shows, stdout and stderr in the order in which they were written.
        folder: Where it was typed.
    """

    code: int
    lines: tuple[str, ...]
    folder: Path

    @property
    def screen(self) -> str:
        """All lines as one, so that a pattern does not hang on where a line breaks."""
        return " ".join(" ".join(self.lines).split())

    @property
    def first_screen(self) -> str:
        """What is on a terminal before it scrolls."""
        return " ".join(" ".join(self.lines[:SCREEN]).split())

    @property
    def result(self) -> dict[str, Any]:
        """The newest run's ``result.json``, which ``--json`` prints; empty if no run directory was made."""
        written = sorted(self.folder.rglob("runs/*/result.json"), key=lambda path: path.stat().st_mtime_ns)
        found: dict[str, Any] = json.loads(written[-1].read_text(encoding="utf-8")) if written else {}
        return found

    @property
    def report(self) -> str:
        """Text of the newest run's report."""
        page = (Path(self.result["run_dir"]) / "report.html").read_text(encoding="utf-8", errors="replace")
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())

    @property
    def findings(self) -> list[str]:
        """Ids of the findings that are errors or warnings; what is only worth knowing is left out."""
        return [found["id"] for found in self.result["findings"] if found["severity"] != "info"]

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in order, as ``data`` counts them."""
        tables = [table for table in self.result["tables"] if table["title"] == "Samples per class"]
        return [row[0] for row in tables[0]["rows"]]

    @property
    def samples(self) -> int:
        """Samples of all splits, as ``data`` counts them."""
        metrics = self.result["metrics"]
        return sum(metrics[f"samples_{split}"] or 0 for split in ("train", "validation", "test"))


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command line that is typed in a copy of a case's folder, and what must come of it.

    Attributes:
        case: The folder, such as ``files/csv-zip-target``.
        type: What is typed behind ``nnbabysit``, or ``sh …`` for a script of the case.
        exit: Exit codes that are right.
        before: Command lines that are typed before it.
        says: Patterns that the screen must show, in any case of letters.
        notes: Patterns of what must be said within the first screen, and in the report as well.
        never: Patterns that must not be shown.
        finds: Ids of findings that must be there.
        silent: Neither an error nor a warning is found.
        writes: File → patterns that it must hold.
        data: ``inputs``, ``samples``, ``classes``, ``shape`` as ``data`` counts them, or any metric.
        above: Metric → what it must be above.
        issue: Number of the issue that makes it right, if that is to come: until then it must fail.
        why: What is wrong until then.
        slow: It takes more than some seconds.
    """

    case: str
    type: str
    exit: tuple[int, ...]
    before: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    finds: tuple[str, ...] = ()
    silent: bool = False
    writes: dict[str, list[str]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    above: dict[str, float] = field(default_factory=dict)
    issue: int | None = None
    why: str = ""
    slow: bool = False

    @classmethod
    def of(cls, case: str, entry: dict[str, Any]) -> Step:
        """An entry of a table; a single value stands for a list of one."""
        lists = ("exit", "before", "says", "notes", "never", "finds")
        values = {key: value for key, value in entry.items() if key not in lists}
        for key in lists:
            if key in entry:
                values[key] = tuple(entry[key]) if isinstance(entry[key], list) else (entry[key],)
        return cls(case=case, **values)

    def check(self, told: Told) -> None:
        """Assert that this is what came."""
        assert told.code in self.exit, told.screen
        for pattern in self.says:
            assert re.search(pattern, told.screen, re.IGNORECASE), (pattern, told.screen)
        for pattern in (*NEVER, *self.never):
            assert not re.search(pattern, told.screen, re.IGNORECASE), (pattern, told.screen)
        for pattern in self.notes:
            assert re.search(pattern, told.first_screen, re.IGNORECASE), (pattern, told.lines[:SCREEN])
            assert re.search(pattern, told.report, re.IGNORECASE), f"the report lacks {pattern}"
        for name, patterns in self.writes.items():
            text = (told.folder / name).read_text(encoding="utf-8")
            assert all(re.search(pattern, text, re.IGNORECASE) for pattern in patterns), text
        if self.finds:
            assert set(self.finds) <= set(told.findings), told.screen
        if self.silent:
            assert told.findings == [], told.screen
        for key, value in self.above.items():
            assert told.result["metrics"][key] > value, (key, told.screen)
        check_data(self.data, told)


def check_data(wanted: dict[str, Any], told: Told) -> None:
    """Assert that ``data`` read what is in the file."""
    for key, value in wanted.items():
        if key == "classes":
            assert told.classes == value, told.screen
        elif key == "samples":
            assert told.samples == value, told.screen
        elif key == "shape":
            assert told.result["tables"][0]["rows"][0][2] == value
        else:
            assert told.result["metrics"][{"inputs": "features"}.get(key, key)] == value, key


def steps(kind: str) -> list[Any]:
    """The steps of ``files.yaml`` or ``training.yaml`` as parameters of a test, with their marks."""
    table = yaml.safe_load((CASES / f"{kind}.yaml").read_text(encoding="utf-8"))
    found = []
    for name, entries in table.items():
        for entry in entries:
            step = Step.of(f"{kind}/{name}", entry)
            marks = [pytest.mark.slow] if step.slow else []
            if step.issue is not None:
                reason = f"issue {step.issue}: {step.why}"
                # a typing error, which ends in ValueError, is not what is expected to fail
                marks.append(pytest.mark.xfail(strict=True, reason=reason, raises=AssertionError))
            found.append(pytest.param(step, marks=marks, id=f"{name}: {step.type}"))
    return found


def copied(case: str, folder: Path) -> Path:
    """A copy of a case's folder, with what its ``make.py`` makes."""
    copy = folder / Path(case).name
    shutil.copytree(CASES / case, copy)
    if (copy / "make.py").is_file():
        subprocess.run([sys.executable, "make.py"], cwd=copy, check=True)
    return copy


def typed(step: Step, folder: Path) -> Told:
    """What comes of a step in this folder.

    Raises:
        ValueError: The command line is no command line, or what is typed before it fails.
    """
    for line in step.before:
        told = type_in(folder, line.split())
        if told.code not in (0, 3):  # a check may say no
            raise ValueError(f"{line}: {told.screen}")
    told = type_in(folder, step.type.split())
    if step.issue and re.search(NOT_MEANT, told.screen):
        raise ValueError(told.screen)
    return told


def type_in(folder: Path, words: Sequence[str], **environment: str) -> Told:
    """What comes of ``nnbabysit WORDS`` in this folder, or of ``sh SCRIPT``."""
    environment = {**ENVIRONMENT, **environment}
    if words[0] == "sh":
        done = subprocess.run(
            list(words),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HANGS,
            check=False,
        )
    else:
        done = run_program(words, folder, environment, merged=True, timeout=HANGS)
    text = done.stdout.decode("utf-8", errors="replace")
    lines = text.replace(f"{folder}{os.sep}", "").splitlines()  # or a pattern may match the name of the case
    return Told(code=done.returncode, lines=tuple(lines), folder=folder)
