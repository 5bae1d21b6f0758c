"""Charts of real runs hold the numbers of their files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from nnbabysit.core.record.run_reader import read_run
from nnbabysit.core.report.page.page import write_page
from nnbabysit.core.report.page.run_charts import curves, last_layers, signals, updates
from nnbabysit.core.report.page.trials import trials_of


def test_a_training_shows_loss_and_accuracy_with_the_best_epoch(train: Path) -> None:
    run = read_run(train)
    loss, accuracy = curves(run)
    assert [line.series.name for line in loss.lines] == ["training", "validation"]
    metrics = [line for line in run.metrics if line["split"] == "validation"]
    assert list(accuracy.lines[1].series.points) == [(line["epoch"], line["accuracy"]) for line in metrics]
    assert loss.marks[0][1] == f"best: epoch {run.numbers['best_epoch']}"


def test_signals_are_those_of_the_probed_steps(train: Path) -> None:
    run = read_run(train)
    batches = [line for line in run.metrics if line["split"] == "batch"]
    (ratios,) = updates(run)
    names = list(batches[0]["update_ratios"])
    assert [line.series.name for line in ratios.lines] == names
    assert list(ratios.lines[0].series.points) == [(b["step"], b["update_ratios"][names[0]]) for b in batches]
    assert len(signals(run)) == 3
    head, rows = last_layers(run)
    assert {row[0] for row in rows} == {*names, *batches[0]["activations"]}
    assert all(len(row) == len(head) for row in rows)


def test_a_run_that_diverged_at_once_shows_its_batches(diverged: Path) -> None:
    (chart,) = curves(read_run(diverged))
    assert chart.title == "Loss of single batches"


def test_many_layers_are_colored_by_depth(train: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(train, run)
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        row["update_ratios"] = {f"layer{i}": 0.0 if i == 5 else 1e-3 for i in range(40)}
    (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (chart,) = updates(read_run(run))
    assert [chart.lines[i].series.depth for i in (0, 39)] == [0, 1]
    assert chart.lines[5].zeros
    assert chart.lines[5].path == ""


def test_every_trial_is_in_the_table_and_on_the_plane(search: Path) -> None:
    run = read_run(search)
    trials = trials_of(run)
    assert trials is not None
    assert len(trials.rows) == run.numbers["trials"] == 12
    assert trials.rows[0][0] == str(
        json.loads((search / "result.json").read_text())["metrics"]["best"]["index"] + 1
    )
    plane, alone = trials.planes
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
    trials = trials_of(read_run(run))
    assert trials is not None
    told = {row[0]: row[-2] for row in trials.rows}
    assert [told[str(n)] for n in range(1, 6)] == [
        "diverged: why",
        "stopped: why",
        "failed: why",
        "failed: why",
        "failed: why",
    ]
    points = [point for point in trials.planes[0].points if point.shade is None]
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
    trials = trials_of(read_run(run))
    assert trials is not None
    assert len(trials.rows) == 3
