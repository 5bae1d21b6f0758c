"""Several runs side by side: only what differs, and strangers refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run_reader import read_run
from nnbabysit.core.report.page.comparison import compare_on_page
from nnbabysit.core.report.page.page import write_page


def test_only_what_differs_is_shown(train: Path, slow: Path, diverged: Path) -> None:
    comparison = compare_on_page([read_run(path) for path in (train, slow, diverged)])
    assert {row.name: row.cells for row in comparison.settings.rows} == {
        "optimizer.lr": ("0.1", "1e-05", "60"),
        "training.batch_size": ("64", "100", "64"),
    }
    assert comparison.settings.equal > 30
    assert comparison.environment.rows == ()
    numbers = {row.name: row for row in comparison.metrics.rows}
    assert "parameters" not in numbers
    assert numbers["best val accuracy"].best == {0}
    assert numbers["best val accuracy"].cells[2] == ""
    assert {row.name.split()[0]: row.cells for row in comparison.findings}["CUR001"] == ("", "", "error")
    assert [one.label for one in comparison.runs] == ["A", "B", "C"]
    assert [chart.title for chart in comparison.charts][:2] == ["Validation loss", "Validation accuracy"]
    for chart in comparison.charts:
        assert [series.name for series in chart.series] == ["A", "B", "C"]
    lines = read_run(slow).metrics
    losses = [(line["epoch"], line["loss"]) for line in lines if line["split"] == "validation"]
    assert comparison.charts[0].series[1].points == losses


def test_searches_are_compared_by_their_best_so_far(search: Path, babysit: Path) -> None:
    coarse = next(babysit.parent.glob("*_search-fine"))
    chart = compare_on_page([read_run(search), read_run(coarse)]).charts[-1]
    assert chart.title == "Best value so far"


def test_runs_with_nothing_in_common_are_refused_in_words(sanity: Path, tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nothing in common.*is a run of sanity on digits.*of overfit-tiny"):
        write_page([sanity, tiny], tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_one_pair_in_common_is_enough(sanity: Path, train: Path, slow: Path) -> None:
    assert len(compare_on_page([read_run(path) for path in (sanity, train, slow)]).runs) == 3


def test_the_same_run_twice_is_one_run(train: Path, tmp_path: Path) -> None:
    assert "side by side" not in write_page([train, train], tmp_path / "page.html").read_text()
