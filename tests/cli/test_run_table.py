"""The table of runs, its widths, CSV cells, and times in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.cli.render.csv_cells import FORMULA, cell
from nnbabysit.cli.render.result import plain_text
from nnbabysit.cli.render.run_comparison import comparison_lines
from nnbabysit.cli.render.run_details import size_in_words
from nnbabysit.cli.render.run_table import listing, listing_lines
from nnbabysit.cli.time_arguments import age, moment
from nnbabysit.core.record.comparison import compared_facts, run_letter
from nnbabysit.core.record.label import write_label
from nnbabysit.core.record.run_reader import RecordedRun

MakeRun = Callable[..., Path]
NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)


@pytest.fixture
def entries(tmp_path: Path, make_run: MakeRun) -> list[RecordedRun]:
    write_label(
        make_run(tmp_path, 0, metrics={"best_val_accuracy": 0.9}), "the widest net of all of them so far"
    )
    make_run(tmp_path, 57, command="data", name="mine")
    return [RecordedRun(path) for path in sorted(tmp_path.iterdir())]


def table(entries: list[RecordedRun], width: int | None, *, everything: bool = False) -> str:
    found = listing(entries, metrics=[], now=NOW, width=width, everything=everything)
    return plain_text(listing_lines(found, width=width))


def test_the_whole_table(entries: list[RecordedRun]) -> None:
    assert table(entries, None) == (
        "run                               age  result          command  name    label\n"
        "2026-11-20_1403_calm-otter_train  60m  val_acc 0.9000  train    digits  "
        "the widest net of all of them so far\n"
        "2026-11-20_1500_calm-otter_data   3m                   data     mine\n"
    )


def test_in_a_narrow_terminal_nothing_is_cut(entries: list[RecordedRun]) -> None:
    text = table(entries, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "command" not in text
    assert "".join(text.split()).count("thewidestnet") == 1
    found = listing(entries, metrics=[], now=NOW, width=80, everything=False)
    assert found.omitted == ("command", "name")
    assert found.same == {"outcome": "pass"}


def test_one_run_keeps_its_columns(entries: list[RecordedRun]) -> None:
    assert "outcome" in table(entries[:1], None)


def test_runs_that_do_not_fit_beside_each_other_go_below(tmp_path: Path, make_run: MakeRun) -> None:
    listed = [RecordedRun(make_run(tmp_path, number, lr=10.0**-number, seed=number)) for number in range(30)]
    rows = [row for row in compared_facts(listed) if row.differs]
    text = plain_text(comparison_lines(listed, rows, width=80, same=2))
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("A   2026-11-20_1403")
    assert "\nAD  2026-11-20_1432" in text
    for number in range(30):
        assert f" {run_letter(number)} " in f"{text} ".replace("\n", " ")
    assert "2 rows are the same" in text
    beside = plain_text(comparison_lines(listed, rows, width=None, same=0))
    assert len(beside.splitlines()) < len(text.splitlines())


def test_letters_go_on_after_z() -> None:
    assert [run_letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1m"),
        (7199, "119m"),
        (7200, "2h"),
        (86400 * 2, "2d"),
        (86400 * 15, "2w"),
    ],
)
def test_ages(seconds: int, words: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == words


def test_moments() -> None:
    assert moment("2026-11-20") == datetime(2026, 11, 20, tzinfo=UTC)
    assert moment("2026-11-20T14:03") == datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
    assert moment("2026-11-20T14:03+02:00") == datetime(2026, 11, 20, 12, 3, tzinfo=UTC)
    before = datetime.now(UTC)
    assert before <= moment("2d") + timedelta(days=2) <= datetime.now(UTC)
    for text in ("yesterday", "", "2026-13-01", "-2d", "9" * 30 + "d"):
        with pytest.raises(typer.BadParameter, match="neither a length of time"):
            moment(text)


@given(st.text())
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    assert not cell(text).startswith(FORMULA)
    assert "\x1b" not in cell(text)


def test_numbers_stay_numbers_in_a_csv() -> None:
    assert [cell(value) for value in (-0.5, 3, True, None, float("nan"))] == ["-0.5", "3", "true", "", "nan"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (26_697, "26.7 kB"), (3_200_000_000, "3.2 GB")],
)
def test_sizes(size: int, words: str) -> None:
    assert size_in_words(size) == words
