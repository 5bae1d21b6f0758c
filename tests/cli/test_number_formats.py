"""One format for learning rates on every screen, in the log and in the report, of real runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Shell

LITERAL = re.compile(r"^(\S+Z )?(again trial \d+, seed|val_(acc|loss): |epoch \d+ / \d+: loss |next )")
"""Lines that are printed as the notes print them, and commands to be typed again."""
RATE = r"(?:0(?:\.0{0,2}[1-9]\d{0,2})?|[1-9]\d{0,2}(?:\.\d{1,2})?|[1-9](?:\.\d{1,2})?e-(?:0[4-9]|[1-9]\d))"
"""Three significant digits, and below 1e-3 an exponent."""
SEARCH = (
    '{"optimizer.lr": {"log_uniform": [0.00031, 0.5]}, "regularization.l2": {"log_uniform": [0.000012, 0.1]}}'
)
FLAGS = ["-S", "training.epochs=2", "-S", "search.coarse.trials=6", "-S", "search.coarse.epochs=1"]
FLAGS += ["-S", f"search.coarse.space={SEARCH}", "-S", "optimizer.lr=0.0268417", "--device", "cpu", "-v"]


def rates(text: str) -> Iterator[str]:
    """What stands behind each ``lr``, in sentences and in the columns of tables."""
    column: tuple[int, int] | None = None
    for line in text.splitlines():
        if LITERAL.match(line):
            continue
        if re.search(r"\S  +lr\b", line):
            end = re.search(r"\blr\b", line)
            column = (end.end(), line.count("  ")) if end else None
        elif not line.strip():
            column = None
        elif column is not None:
            yield line[: column[0]].split()[-1]
        if column is None:
            yield from re.findall(r"\b(?:lr|reg|l2)[: =]+([0-9][^\s,;)]*)", line)


@pytest.mark.parametrize("command", ["train", "search", "overfit-tiny"])
def test_a_learning_rate_has_one_format(shell: Shell, tmp_path: Path, command: str) -> None:
    flags = ["--coarse"] if command == "search" else ["-S", "overfit_tiny.epochs=30"]
    done = shell(command, "digits", *flags, *FLAGS)
    assert done.returncode in (0, 3), done.stderr
    (log,) = tmp_path.glob("runs/2*/log.txt")
    shown = [*rates(done.stdout), *rates(done.stderr), *rates(log.read_text(encoding="utf-8"))]
    assert len(shown) >= 3
    assert [text for text in shown if not re.fullmatch(RATE, text)] == []
    (page,) = tmp_path.glob("runs/2*/report.html")
    told = re.findall(r"optimizer\.lr ([0-9][0-9.e+-]*)", page.read_text(encoding="utf-8"))
    assert [text for text in told if not re.fullmatch(RATE, text)] == []
    assert command != "search" or told


@pytest.mark.parametrize("text", ["0.0268", "2.68e-04", "0.1", "1e-05", "100", "0.001", "0"])
def test_the_pattern_knows_the_format(text: str) -> None:
    assert re.fullmatch(RATE, text)


@pytest.mark.parametrize("text", ["2.678e-01", "2.68e-02", "0.02684", "0.2284", "0.00012", "1.405206e-04"])
def test_the_pattern_refuses_those_of_before(text: str) -> None:
    assert not re.fullmatch(RATE, text)
