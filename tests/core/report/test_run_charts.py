"""Charts of real runs hold the numbers of their files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nnbabysit.core.record.run_reader import read_run
from nnbabysit.core.report.charts.activations import ACTIVATIONS
from nnbabysit.core.report.charts.chart import Chart
from nnbabysit.core.report.charts.curves import CURVES
from nnbabysit.core.report.charts.gradient_norm import GRADIENT_NORM
from nnbabysit.core.report.charts.registry import RUN_CHARTS
from nnbabysit.core.report.charts.run_rows import RunRows
from nnbabysit.core.report.charts.search_trials import SEARCH_TRIALS
from nnbabysit.core.report.charts.trial_plane import TrialPlane
from nnbabysit.core.report.charts.update_ratios import SIGNALS, UPDATE_RATIOS
from nnbabysit.core.report.page.layer_table import layer_table
from nnbabysit.core.report.page.page import write_page
from nnbabysit.core.report.page.run import run_rows
from nnbabysit.core.report.page.svg import place_chart
from nnbabysit.core.report.page.trial_table import TrialTable, trial_table


def rows_of(run: Path) -> RunRows:
    return run_rows(read_run(run))


def planes_of(run: Path) -> list[TrialPlane]:
    return [plane for plane in SEARCH_TRIALS.of(rows_of(run)) if isinstance(plane, TrialPlane)]


def table_of(run: Path) -> TrialTable:
    table = trial_table(rows_of(run))
    assert table is not None
    return table


def test_a_training_shows_loss_and_accuracy_with_the_best_epoch(train: Path) -> None:
    run = read_run(train)
    loss, accuracy = CURVES.of(run_rows(run))
    assert isinstance(loss, Chart)
    assert isinstance(accuracy, Chart)
    assert [series.name for series in loss.series] == ["training", "validation"]
    metrics = [line for line in run.metrics if line["split"] == "validation"]
    assert accuracy.series[1].points == [(line["epoch"], line["accuracy"]) for line in metrics]
    assert loss.marks[0].text == f"best: epoch {run.numbers['best_epoch']}"


def test_signals_are_those_of_the_probed_steps(train: Path) -> None:
    run = read_run(train)
    batches = [line for line in run.metrics if line["split"] == "batch"]
    (ratios,) = UPDATE_RATIOS.of(run_rows(run))
    assert isinstance(ratios, Chart)
    names = list(batches[0]["update_ratios"])
    assert [series.name for series in ratios.series] == names
    for series in ratios.series:
        assert series.points == [(b["step"], b["update_ratios"][series.name]) for b in batches]
    titles = [c.title for chart in RUN_CHARTS if chart.section == SIGNALS for c in chart.of(run_rows(run))]
    assert titles[-3:] == [
        "Gradient norm of the whole network",
        "Standard deviation of the activations",
        "Fraction of units that are dead in a batch",
    ]
    table = layer_table(run_rows(run))
    assert {row[0] for row in table.rows} == {*names, *batches[0]["activations"]}
    assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize(("key", "panel"), [("std", 0), ("dead", 1)])
def test_activations_are_those_of_their_key(train: Path, key: str, panel: int) -> None:
    run = read_run(train)
    batches = [line for line in run.metrics if line["split"] == "batch"]
    chart = ACTIVATIONS.of(run_rows(run))[panel]
    assert isinstance(chart, Chart)
    for series in chart.series:
        assert series.points == [(b["step"], b["activations"][series.name][key]) for b in batches]


def test_the_gradient_norm_is_its_column(train: Path) -> None:
    run = read_run(train)
    batches = [line for line in run.metrics if line["split"] == "batch"]
    (chart,) = GRADIENT_NORM.of(run_rows(run))
    assert isinstance(chart, Chart)
    assert chart.series[0].points == [(b["step"], b["gradient_norm"]) for b in batches]


def test_a_run_that_diverged_at_once_shows_its_batches(diverged: Path) -> None:
    run = read_run(diverged)
    (chart,) = CURVES.of(run_rows(run))
    assert isinstance(chart, Chart)
    assert chart.title == "Loss of single batches"
    batches = [line for line in run.metrics if line["split"] == "batch"]
    assert chart.series[0].points == [(b["step"], b["loss"]) for b in batches]


def test_many_layers_are_colored_by_depth(train: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(train, run)
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        row["update_ratios"] = {f"layer{i}": 0.0 if i == 5 else 1e-3 for i in range(40)}
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (chart,) = UPDATE_RATIOS.of(rows_of(run))
    assert isinstance(chart, Chart)
    assert [chart.series[i].depth for i in (0, 39)] == [0, 1]
    line = place_chart(chart).lines[5]
    assert line.zeros
    assert line.path == ""


def test_every_trial_is_in_the_table_and_on_the_plane(search: Path) -> None:
    run = read_run(search)
    trials = table_of(search)
    assert len(trials.rows) == run.numbers["trials"] == 12
    assert trials.rows[0][0] == str(
        json.loads((search / "result.json").read_text())["metrics"]["best"]["index"] + 1
    )
    plane, alone = planes_of(search)
    assert len(plane.points) == len(alone.points) == 12
    assert [point.best for point in plane.points] == [False] * 11 + [True]
    assert plane.points[-1].words.startswith(f"trial {trials.rows[0][0]}: {plane.high} with optimizer.lr")


def test_a_trial_is_told_by_the_state_that_it_ended_in(search: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(search, run)
    result = json.loads((run / "result.json").read_text())
    states = ["diverged", "stopped", "failed", "unheard of", 7]
    for document, state in zip(result["metrics"]["trials"], states, strict=False):
        document.update(state=state, value=None, reason="why")
    (run / "result.json").write_text(json.dumps(result))
    trials = table_of(run)
    told = {row[0]: row[-2] for row in trials.rows}
    assert [told[str(n)] for n in range(1, 6)] == [
        "diverged: why",
        "stopped: why",
        "failed: why",
        "failed: why",
        "failed: why",
    ]
    points = [point for point in planes_of(run)[0].points if point.merit is None]
    assert sorted(point.state for point in points) == ["diverged", *["failed"] * 3, "stopped"]
    page = write_page([run], tmp_path / "page.html").read_text()
    assert page.count('<path class="stopped"') == 2 + 2  # on both planes, and in their legends
    assert "stopped early" in page


def test_a_search_that_was_cut_off_shows_the_trials_it_had(search: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(search, run)
    (run / "result.json").unlink()
    lines = (run / "events.jsonl").read_text().splitlines()
    trial_lines = [line for line in lines if '"trial"' in line][:3]
    (run / "events.jsonl").write_text("\n".join(trial_lines) + '\n{"kind": "tri')
    assert len(table_of(run).rows) == 3
