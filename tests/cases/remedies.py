"""What our messages tell people to do about a file, done to a copy of the case."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Mend = Callable[[Path, str], None]
CLASSES = ("high", "low", "mid")
_NAMED = re.compile(r"(\w+\.csv):(\d+)")
_OFFERED = re.compile(r"\b((?:data|model|training)\.[a-z_.]*[a-z]|loss)(?: to|:|=) ?(\[[^\]]*\]|[\w.]+)")
_NO_VALUES = ("one", "the", "and", "is", "in", "or", "as", "with", "a", "takes", "names", "holds")


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """One way out that a message offers.

    Attributes:
        case: The case of ``files/`` that is refused.
        offers: Pattern of the words that offer it.
        mend: Does it to the folder; gets the message as well.
        classes: Names of the classes that are read then.
        inputs: Number of inputs that are read then.
        largest: Largest value of the first input then, if it can be read in two ways.
        settings: What the message tells to set as well, as it is typed behind ``-S``.
    """

    case: str
    offers: str
    mend: Mend
    classes: tuple[str, ...] = CLASSES
    inputs: int = 2
    largest: float | None = None
    settings: tuple[str, ...] = ()


def offered_settings(message: str) -> list[str]:
    """Settings that a message proposes, as they are typed behind ``-S``."""
    found = [f"{key}={value}" for key, value in _OFFERED.findall(message) if value not in _NO_VALUES]
    return [*found, *(["data.skip_broken=true"] if "--skip-broken" in message else [])]


def cells(old: str, new: str) -> Mend:
    """Every match of a pattern in the rows of t.csv, the header apart."""

    def mend(folder: Path, message: str) -> None:
        header, _, rows = (folder / "t.csv").read_text(encoding="utf-8").partition("\n")
        (folder / "t.csv").write_text(f"{header}\n{re.sub(old, new, rows)}", encoding="utf-8")

    return mend


def named_line(old: str, new: str) -> Mend:
    """The line that the message names, and no other; a pattern that does not match leaves it as it is."""

    def mend(folder: Path, message: str) -> None:
        named = _NAMED.search(message)
        assert named, message
        lines = (folder / named[1]).read_text(encoding="utf-8").splitlines(keepends=True)
        at = int(named[2]) - 1
        lines[at] = re.sub(old, new, lines[at], flags=re.DOTALL)
        (folder / named[1]).write_text("".join(lines), encoding="utf-8")

    return mend


def days(form: str, pattern: str) -> Mend:
    """Dates as days since the first of January."""

    def mend(folder: Path, message: str) -> None:
        header, _, rows = (folder / "t.csv").read_text(encoding="utf-8").partition("\n")
        first = datetime(2024, 1, 1)
        numbered = re.sub(pattern, lambda m: str((datetime.strptime(m[1], form) - first).days), rows)
        (folder / "t.csv").write_text(f"{header}\n{numbered}", encoding="utf-8")

    return mend


def as_utf8(folder: Path, message: str) -> None:
    """Save the table as UTF-8."""
    text = (folder / "t.csv").read_text(encoding="latin-1")
    (folder / "t.csv").write_text(text, encoding="utf-8")


def as_csv(folder: Path, message: str) -> None:
    """Save the sheet as csv."""
    rows = "".join(f"{20 + i % 19},{1 + i % 5},{('low', 'mid', 'high')[i % 3]}\n" for i in range(60))
    (folder / "t.csv").write_text("age,rooms,risk\n" + rows, encoding="utf-8")


def renamed(folder: Path, message: str) -> None:
    """Give the second column of that name another one."""
    text = (folder / "t.csv").read_text(encoding="utf-8")
    (folder / "t.csv").write_text(text.replace("age,age", "age,rooms"), encoding="utf-8")


def numbered(folder: Path, message: str) -> None:
    """Replace the names of people by numbers."""
    header, *rows = (folder / "t.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{i % 7}{row[row.index(',') :]}" for i, row in enumerate(rows)]
    (folder / "t.csv").write_text("\n".join([header, *rows]), encoding="utf-8")


REMEDIES = (
    Remedy(case="csv-latin1-class", offers="UTF-8", mend=as_utf8, classes=("Aachen", "Bonn", "Köln")),
    Remedy(case="csv-xlsx-renamed", offers="as csv", mend=as_csv),
    Remedy(case="csv-title-line", offers=r"t\.csv:1\b", mend=named_line(".*", "")),
    Remedy(case="csv-header-again", offers=r"t\.csv:32\b", mend=named_line(".*", "")),
    Remedy(case="csv-column-twice", offers="'age'", mend=renamed),
    Remedy(case="csv-one-stray-word", offers=r"t\.csv:42\b", mend=named_line("unknown", "30")),
    Remedy(
        case="csv-one-stray-word",
        offers="empty it and set data.missing to median",
        mend=named_line("unknown", ""),
        settings=("data.missing=median",),
    ),
    Remedy(case="csv-unicode-minus", offers=r"t\.csv:24\b", mend=named_line("−4", "-4")),
    Remedy(
        case="csv-decimal-comma-all", offers="point", mend=cells(r'"(\d),(\d\d)"', r"\1.\2"), largest=3.95
    ),
    Remedy(case="csv-decimal-comma-some", offers="point", mend=cells('"12,5"', "12.5"), largest=39),
    Remedy(
        case="csv-target-decimal-comma",
        offers="point",
        mend=cells(r"(\d),(\d)", r"\1.\2"),
        classes=(),
        inputs=1,
    ),
    Remedy(case="csv-thousands", offers="thousand", mend=cells(r'"1,(\d+)"', r"1\1"), largest=1570),
    Remedy(case="csv-thousands", offers="point|decimal", mend=cells(r'"1,(\d+)"', r"1.\1"), largest=1.57),
    Remedy(
        case="csv-thousands-mixed", offers="thousand", mend=cells(r'"(\d),?(\d+)"', r"\1\2"), largest=1700
    ),
    Remedy(case="csv-percent", offers="%", mend=cells("%", ""), largest=69),
    Remedy(case="csv-names-of-people", offers="numbers", mend=numbered, largest=6),
    Remedy(case="csv-us-dates", offers="days", mend=days("%m/%d/%Y", r"(\d+/\d+/\d+)"), largest=14),
    Remedy(case="csv-german-dates", offers="days", mend=days("%d.%m.%Y", r"(\d+\.\d+\.\d+)"), largest=14),
    Remedy(case="csv-word-dates", offers="days", mend=days("%b %d, %Y", r'"(\w+ \d+, \d+)"'), largest=14),
    Remedy(case="csv-iso-dates", offers="days", mend=days("%Y-%m-%d", r"(\d+-\d+-\d+)"), largest=14),
    Remedy(
        case="csv-continent-na",
        offers="'NA'",
        mend=cells("NA", "North America"),
        classes=("AS", "EU", "North America"),
    ),
    Remedy(
        case="csv-class-none",
        offers="'None'",
        mend=cells("None", "no symptoms"),
        classes=("mild", "no symptoms"),
    ),
)
