"""Plots hold the numbers of their run: each named series is read back from the files that were written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from nnbabysit.core.report.charts.importances import IMPORTANCES
from nnbabysit.core.report.charts.layers import layer_charts
from nnbabysit.core.report.charts.learning_rate import LEARNING_RATE
from nnbabysit.core.report.charts.registry import RUN_CHARTS
from nnbabysit.core.report.charts.run_rows import RunChart, RunRows
from nnbabysit.core.report.charts.search_trials import SEARCH_TRIALS
from nnbabysit.core.report.charts.trial_plane import TrialPlane, trial_plane
from nnbabysit.core.report.charts.update_ratios import UPDATE_RATIOS
from nnbabysit.core.report.page.svg import place_chart, place_plane
from nnbabysit.core.report.plots.figure import COLORS
from nnbabysit.core.report.plots.write import write_panels, write_run_plots
from nnbabysit.core.search.trial import State, Trial
from nnbabysit.core.training.probes.layer_statistics import LayerStatistics

from .drawn import Points, colors_of, drawn_series

Row = dict[str, object]
NASTY = "$\\frac{x <b>\x07"
STEPS = range(1, 8)
WIGGLE = (3.0, 1.0, 2.0, 0.7, 0.9, 0.2, 0.4)
"""No two columns of the rows below are a multiple or a shift of each other."""


def epochs(split: str, power: float) -> list[Row]:
    return [
        {
            "split": split,
            "epoch": n,
            "step": 10 * n,
            "loss": w**power,
            "accuracy": 1 / (1 + w + power * n / 10),
        }
        for n, w in zip(STEPS, WIGGLE, strict=True)
    ]


def batches(**columns: Callable[[int, float], object]) -> list[Row]:
    made = {"loss": lambda n, w: 9 * w + n, **columns}
    return [
        {"split": "batch", "step": 3 * n, **{name: column(n, w) for name, column in made.items()}}
        for n, w in zip(STEPS, WIGGLE, strict=True)
    ]


def column(rows: Sequence[Mapping[str, object]], x: str, y: str) -> Points:
    return [(float(str(row[x])), float(str(row[y]))) for row in rows]


def close(points: Points, expected: Points, tolerance: float = 0.01) -> None:
    """Equal but for the rounding of places in a file."""
    assert len(points) == len(expected)
    for point, other in zip(sorted(points), sorted(expected), strict=True):
        assert point == pytest.approx(other, rel=tolerance, abs=tolerance / 10)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """A run directory with these lines in its logs."""

    def written(metrics: Sequence[Row] = (), events: Sequence[Row] = ()) -> Path:
        for name, rows in (("metrics", metrics), ("events", events)):
            (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return tmp_path

    return written


def test_curves_are_those_of_their_split_and_column(run: Callable[..., Path]) -> None:
    train, validation = epochs("train", 1.0), epochs("validation", 0.5)
    path = run([*train, *validation, *batches()])
    write_run_plots(path, {"best_epoch": 6}, "pass")
    loss, accuracy = drawn_series(path / "plots" / "curves.svg")
    close(loss["training"], column(train, "epoch", "loss"))
    close(loss["validation"], column(validation, "epoch", "loss"))
    close(accuracy["training"], column(train, "epoch", "accuracy"))
    close(accuracy["validation"], column(validation, "epoch", "accuracy"))
    assert (path / "plots" / "curves.svg").read_text().count("<!-- best: epoch 6 -->") == 1
    assert {color.lower() for color in COLORS[:2]} <= colors_of(path / "plots" / "curves.png")


def test_a_regression_has_the_panel_of_the_loss_alone(run: Callable[..., Path]) -> None:
    rows: list[Row] = [{**row, "accuracy": None} for row in epochs("train", 1.0)]
    path = run(rows)
    write_run_plots(path, {}, "pass")
    assert [set(panel) for panel in drawn_series(path / "plots" / "curves.svg")] == [
        {"training", "validation"}
    ]


def test_a_run_that_diverged_says_where(run: Callable[..., Path]) -> None:
    path = run(epochs("train", 1.0))
    write_run_plots(path, {}, "diverged")
    assert "<!-- diverged -->" in (path / "plots" / "curves.svg").read_text()


def test_update_ratios_are_those_of_each_matrix(run: Callable[..., Path]) -> None:
    rows = batches(
        update_ratios=lambda n, w: {"first.weight": w * 1e-3, "last.weight": 10.0**-n, "frozen": 0.0},
        gradient_norm=lambda n, w: n,
    )
    path = run(rows)
    write_run_plots(path, {}, "pass")
    (panel,) = drawn_series(path / "plots" / "updates.svg")
    steps = [3.0 * n for n in STEPS]
    close(panel["first.weight"], [(s, w * 1e-3) for s, w in zip(steps, WIGGLE, strict=True)], 0.02)
    close(panel["last.weight"], [(s, 10.0**-n) for s, n in zip(steps, STEPS, strict=True)], 0.02)
    assert "<!-- frozen: exactly 0 -->" in (path / "plots" / "updates.svg").read_text()


def test_the_learning_rate_is_drawn_where_it_changes(run: Callable[..., Path]) -> None:
    path = run(batches(lr=lambda n, w: w / 10))
    write_run_plots(path, {}, "pass")
    (panel,) = drawn_series(path / "plots" / "learning_rate.svg")
    close(panel["learning rate"], [(3.0 * n, w / 10) for n, w in zip(STEPS, WIGGLE, strict=True)])
    assert not LEARNING_RATE.of(RunRows(metrics=batches(lr=lambda n, w: 0.1)))


def test_the_tiny_set_shows_its_cost_and_its_accuracy(run: Callable[..., Path]) -> None:
    rows: list[Row] = [
        {"kind": "tiny", "epoch": n, "cost": w, "accuracy": 1 - w / 4}
        for n, w in zip(STEPS, WIGGLE, strict=True)
    ]
    path = run(events=rows)
    write_run_plots(path, {}, "pass")
    cost, accuracy = drawn_series(path / "plots" / "overfit_tiny.svg")
    close(cost["tiny set"], column(rows, "epoch", "cost"), 0.02)
    close(accuracy["tiny set"], column(rows, "epoch", "accuracy"))


def trial(index: int, lr: object, value: float | None, state: State = "complete", **l2: object) -> Row:
    params = {"optimizer.lr": lr, **({"regularization.l2": l2["l2"]} if l2 else {})}
    return {"index": index, "params": params, "value": value, "state": state, "reason": "", "seconds": 1.0}


def test_trials_lie_at_their_settings_and_the_best_has_the_star(run: Callable[..., Path]) -> None:
    trials = [
        trial(n, 10.0 ** -(n % 5), w / 4, l2=10.0 ** (-n / 2)) for n, w in zip(STEPS, WIGGLE, strict=True)
    ]
    lost: list[Row] = [trial(20, 1.0, None, "diverged", l2=1.0), trial(21, 0.1, None, "stopped", l2=1e-3)]
    path = run(events=[{"kind": "trial", "metric": "val_acc"}])
    shares = {"regularization.l2": 0.3, "optimizer.lr": 0.6}
    write_run_plots(path, {"trials": [*trials, *lost], "importances": shares}, "pass")
    plane, over_lr = drawn_series(path / "plots" / "search.svg")
    at = [(10.0 ** -(n % 5), 10.0 ** (-n / 2), w / 4) for n, w in zip(STEPS, WIGGLE, strict=True)]
    close(plane["trials-complete"], [(lr, l2) for lr, l2, _ in at], 0.05)
    close(over_lr["trials-complete"], [(lr, value) for lr, _, value in at], 0.05)
    close(plane["trials-best"], [(0.1, 10.0**-0.5)], 0.05)
    close(plane["trials-diverged"], [(1.0, 1.0)], 0.05)
    close(plane["trials-stopped"], [(0.1, 1e-3)], 0.05)
    (bars,) = drawn_series(path / "plots" / "importances.svg")
    close(bars["importance"], [(0.6, 0.0), (0.3, 1.0)])
    text = (path / "plots" / "importances.svg").read_text()
    assert text.index("<!-- optimizer.lr -->") < text.index("<!-- regularization.l2 -->")


def test_the_star_is_on_the_trial_that_is_ranked_first() -> None:
    trials = [
        Trial(index=i, params={"optimizer.lr": lr}, value=value, state="complete", loss=loss, by_loss=True)
        for i, (lr, value, loss) in enumerate([(1e-3, 0.96, 0.17), (1e-2, 0.95, 0.12)])
    ]
    (best,) = (point for point in trial_plane(trials, "optimizer.lr", None, "val_acc").points if point.best)
    assert (best.x, best.y) == (1e-2, 0.95)


def layer(number: int = 0, name: str = "hidden", **changed: float) -> LayerStatistics:
    known = {
        "mean": 0.1 * number,
        "std": 1.0 + number,
        "zeros": 0.5 / (1 + number),
        "gradient": 10.0**-number,
    }
    return LayerStatistics(name=f"{name}{number}", kind="Linear", **{**known, **changed})


def test_layers_show_mean_zeros_and_gradient(tmp_path: Path) -> None:
    layers = [layer(number) for number in range(4)]
    _, svg = write_panels(layer_charts(layers), tmp_path / "activations")
    spread, zeros, gradients = drawn_series(svg)
    close(spread["mean ± std"], [(one.mean, row) for row, one in enumerate(layers)])
    close(zeros["zeros"], [(one.zeros, row) for row, one in enumerate(layers)])
    close(gradients["gradient"], [(one.gradient, row) for row, one in enumerate(layers)], 0.02)
    assert layer_charts(layers)[0].series[0].spread == (1.0, 2.0, 3.0, 4.0)


def test_a_layer_that_no_gradient_reaches_is_marked(tmp_path: Path) -> None:
    _, svg = write_panels(layer_charts([layer(0), layer(1, gradient=0.0)]), tmp_path / "activations")
    assert svg.read_text().count("<!-- exactly 0 -->") == 1


def ratios(rows: Sequence[Mapping[str, float]]) -> RunRows:
    return RunRows(
        metrics=[{"split": "batch", "step": i, "update_ratios": row} for i, row in enumerate(rows)]
    )


def search(*trials: Row) -> RunRows:
    return RunRows(numbers={"trials": list(trials), "importances": {}})


ODD: dict[str, tuple[RunChart, RunRows]] = {
    "one point": (UPDATE_RATIOS, ratios([{"a": 1e-3}])),
    "not finite": (UPDATE_RATIOS, ratios([{"a": math.nan, NASTY: math.inf}, {"a": 0.0, NASTY: -1.0}])),
    "far away": (UPDATE_RATIOS, ratios([{"a": 1e-30, "b": 1e30}, {"a": 1e-12, "b": 5.0}])),
    "coming and going": (UPDATE_RATIOS, ratios([{"a": 1e-3}, {"b": 1e-3}])),
    "forty layers": (UPDATE_RATIOS, ratios([{f"w{n}": 0.0 if n == 3 else 10.0**-n for n in range(40)}] * 2)),
    "nine broken layers": (UPDATE_RATIOS, ratios([{f"w{n}": math.nan for n in range(9)}])),
    "one trial": (SEARCH_TRIALS, search(trial(0, 1e-3, 0.5, l2=1.0))),
    "equal values": (SEARCH_TRIALS, search(*(trial(n, 10.0**-n, 0.0, l2=1.0) for n in range(4)))),
    "nothing completed": (SEARCH_TRIALS, search(trial(0, 1e-3, None, "failed", l2=1.0))),
    "broken values": (SEARCH_TRIALS, search(trial(0, 1e-3, math.nan, l2=1), trial(1, math.inf, 0.5))),
    "one setting": (SEARCH_TRIALS, search(trial(0, 1e-3, 0.5))),
    "words": (SEARCH_TRIALS, search(trial(0, 1e-3, 0.5, l2=NASTY), trial(1, 1e-2, 0.6, l2=None))),
    "lists and switches": (SEARCH_TRIALS, search(trial(0, True, 0.5, l2=[50, 10]))),
    "zero beside others": (SEARCH_TRIALS, search(trial(0, 0.0, 0.5, l2=0), trial(1, 1e-3, 0.6, l2=1))),
    "unknown importance": (IMPORTANCES, RunRows(numbers={"importances": {"a": math.nan, NASTY: 0.0}})),
}
for name, values in {"not finite": [math.nan, math.inf], "beyond": [2.3, 1e300], "zero": [0.0, 0.0]}.items():
    curve_rows: list[Row] = [
        {"split": "train", "epoch": n, "loss": value, "accuracy": value} for n, value in enumerate(values)
    ]
    ODD[f"curve: {name}"] = RUN_CHARTS[0], RunRows(metrics=curve_rows)


@pytest.mark.parametrize("case", ODD)
def test_whatever_the_numbers_both_back_ends_draw(tmp_path: Path, case: str) -> None:
    """A warning is an error here."""
    chart, rows = ODD[case]
    panels = chart.of(rows)
    png, svg = write_panels(panels, tmp_path / chart.name)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert len(drawn_series(svg)) <= len(panels)
    assert "<b>" not in svg.read_text()
    for panel in panels:
        place_plane(panel) if isinstance(panel, TrialPlane) else place_chart(panel)


@pytest.mark.parametrize(
    "layers", [[], [layer()], [layer(gradient=0.0)] * 2, [layer(0, NASTY, mean=math.nan, std=math.inf)]]
)
def test_odd_layers_are_drawn(tmp_path: Path, layers: list[LayerStatistics]) -> None:
    write_panels(layer_charts(layers), tmp_path / "activations")


def test_a_setting_asks_for_its_log_axis() -> None:
    rows = RunRows(
        numbers={
            "trials": [trial(0, 0.0, 0.5), trial(1, 0.5, 0.6), trial(2, 1.0, 0.7)],
            "space": {"optimizer.lr": {"log_uniform": [0.1, 1]}},
        }
    )
    (plane,) = SEARCH_TRIALS.of(rows)
    assert plane.x.log
    assert isinstance(plane, TrialPlane)
    assert [point.x for point in plane.points] == [0.5, 1.0]


@pytest.mark.parametrize("chart", RUN_CHARTS, ids=lambda chart: chart.name)
def test_a_chart_is_left_out_where_a_run_lacks_what_it_needs(chart: RunChart) -> None:
    assert chart.needs
    assert not chart.of(RunRows())
