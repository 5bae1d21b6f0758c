"""Tables in narrow terminals: no number, name or word of theirs is broken, and nothing is left out."""

from __future__ import annotations

import io
import re
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from nnbabysit.cli.render.output import print_table
from nnbabysit.cli.render.result import plain_text
from nnbabysit.cli.render.run_comparison import comparison_lines
from nnbabysit.cli.render.run_details import run_detail_lines
from nnbabysit.cli.render.run_table import listing, listing_lines
from nnbabysit.core.record.catalog import read_catalog
from nnbabysit.core.record.comparison import ComparedFact
from nnbabysit.core.workflow.result import Table
from tests.conftest import FIRST, MakeRun

WIDTHS = (1, 20, 40, 60, 80, 120)
SPLITS = Table(
    title="Splits",
    columns=("split", "samples", "mean", "deviation", "smallest", "largest", "what it is made of"),
    rows=(
        ("training", "1150", "-0.0000", "0.8958", "-1.8462", "12.4171", "64 numbers from 8 × 8 pixels"),
        ("validation", "288", "0.0041", "0.8941", "-1.8462", "11.0034", ""),
        ("test", "359", "0.0002", "0.8919", "-1.8462", "123,456.7", "of the source's own"),
    ),
)
SETTINGS = Table(
    title="",
    columns=("setting", "digits", "from", "defaults"),
    rows=(
        ("regularization.label_smoothing", "0.05", "digits.yaml:23", "0.0"),
        ("search.coarse.space", "optimizer.lr: [0.001, 0.31622776]", "digits.yaml:31", "{}"),
    ),
)


def printed(table: Table, width: int) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, no_color=True, force_terminal=True, markup=False, highlight=False
    )
    print_table(console, table)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


def words(text: str) -> list[str]:
    return text.split()


GATES = Table(
    title="Gates",
    columns=("step", "verdict", "seconds", "what it says", "run"),
    rows=(
        (
            *("search --coarse", "pass", "12.3"),
            "best val_acc 0.9757 in trial 12 of 100: lr 0.0312, reg 1.2e-05",
            "2026-11-28_1930_zesty-deer_search-coarse",
        ),
    ),
)


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_a_sentence_is_not_squeezed_into_a_column_of_a_word_a_line(width: int) -> None:
    shown = printed(GATES, width)
    line = next(line for line in shown.splitlines() if "best val_acc" in line)
    assert "best val_acc 0.9757 in" in line


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("table", [SPLITS, SETTINGS], ids=["splits", "settings"])
def test_every_word_of_a_table_stays_whole(table: Table, width: int) -> None:
    shown = words(printed(table, width))
    for row in table.rows:
        for cell in row:
            assert [word for word in words(cell) if word not in shown] == []


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_no_line_of_a_table_is_wider_than_the_terminal(width: int) -> None:
    assert [line for line in printed(SPLITS, width).splitlines() if len(line.rstrip()) > width] == []


def test_a_table_with_room_is_drawn_and_without_room_stacked() -> None:
    assert printed(SPLITS, 120).splitlines()[0].startswith("Splits")
    assert "─" in printed(SPLITS, 120)
    assert printed(SPLITS, 40).splitlines()[:4] == [
        "Splits",
        "split training",
        "  samples             1150",
        "  mean                -0.0000",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_listing_of_runs_keeps_its_words(make_run: MakeRun, tmp_path: Path, width: int) -> None:
    for number in range(3):
        make_run(
            tmp_path,
            number,
            metrics={"best_val_accuracy": 0.981234},
            words=f"calm-otter-{number}",
            name=f"n{number}",
        )
    entries = read_catalog(tmp_path).runs
    table = listing(entries, metrics=["best_val_accuracy"], now=FIRST, width=width, everything=True)
    text = plain_text(listing_lines(table, width=width))
    for column in table.columns:
        assert {word for cell in column.cells for word in words(cell)} <= set(words(text))
    longest = max(len(word) for word in words(text))
    if width > longest:
        assert max(len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("width", [*WIDTHS, 35])
def test_runs_side_by_side_keep_their_words(make_run: MakeRun, tmp_path: Path, width: int) -> None:
    for number in range(2):
        make_run(tmp_path, number)
    rows = [
        ComparedFact(section="config", key="regularization.label_smoothing", values=(0.05, 0.123456)),
        ComparedFact(section="metrics", key="best_val_accuracy", values=(0.9812, 0.8958)),
    ]
    text = plain_text(comparison_lines(read_catalog(tmp_path).runs, rows, width=width, same=3))
    assert {"0.05", "0.123", "0.9812", "0.8958", "regularization.label_smoothing"} <= set(words(text))
    facts = text.splitlines()[2:-1]
    if width >= 35:
        assert max(map(len, facts)) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_details_of_a_run_keep_their_words(make_run: MakeRun, tmp_path: Path, width: int) -> None:
    make_run(tmp_path, 0, metrics={"best_val_accuracy": 0.981234, "samples_per_second": 123456.789})
    (entry,) = read_catalog(tmp_path).runs
    wide = plain_text(run_detail_lines(entry, [], datetime.fromisoformat("2026-11-21T00:00:00Z")))
    text = plain_text(
        run_detail_lines(entry, [], datetime.fromisoformat("2026-11-21T00:00:00Z"), width=width)
    )
    assert words(text) == words(wide)
