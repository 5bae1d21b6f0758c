"""Every plot with sound, empty, single and broken data; a warning is an error here."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from nnbabysit.core.report.plots import write as plots
from nnbabysit.core.search.trial import State, Trial
from nnbabysit.core.training.loop.records import EpochRecord, Score

NASTY = "$\\frac{x"


@dataclass(frozen=True)
class Layer:
    name: str = "layers.0"
    mean: float = 0.1
    std: float = 1.0
    zeros: float = 0.5
    gradient: float | None = 0.2


def epoch(
    number: int, loss: float, accuracy: float | None, stopped: str = "", validation: float | None = None
) -> EpochRecord:
    score = Score(loss=loss, accuracy=accuracy)
    return EpochRecord(
        epoch=number,
        step=number * 10,
        train=score,
        validation=Score(loss=loss, accuracy=accuracy if validation is None else validation),
        cost=loss,
        lr=0.1,
        seconds=1.0,
        samples_per_second=100.0,
        stopped=stopped,
    )


ABSENT = object()


def trial(
    index: int, lr: object, value: float | None, state: State = "complete", l2: object = ABSENT
) -> Trial:
    params = {"optimizer.lr": lr} if l2 is ABSENT else {"optimizer.lr": lr, "regularization.l2": l2}
    return Trial(index=index, params=params, value=value, state=state)


SOUND = [epoch(number, 2.3 / number, 1 - 0.9 / number) for number in range(1, 6)]
CURVES = {
    "sound": SOUND,
    "none": [],
    "one": SOUND[:1],
    "many": [epoch(number, 1 / number, 0.5) for number in range(1, 101)],
    "over several decades": [epoch(number, 10.0 ** (3 - number), 0.5) for number in range(1, 6)],
    "regression": [epoch(number, 2.3 / number, None) for number in range(1, 6)],
    "diverged": [epoch(1, 2.3, 0.1), epoch(2, 1e300, 0.1), epoch(3, math.nan, 0.1, "not finite")],
    "broken": [epoch(1, math.nan, math.nan), epoch(2, math.inf, math.nan)],
    "zero loss": [epoch(1, 0.0, 1.0), epoch(2, 0.0, 1.0)],
}
UPDATES: dict[str, list[tuple[int, dict[str, float]]]] = {
    "sound": [(step, {"a.weight": 1e-3 / step, "b.weight": 1e-2}) for step in range(1, 20)],
    "none": [],
    "one": [(1, {"a": 1e-3})],
    "no matrices": [(1, {}), (2, {})],
    "broken": [(1, {"a": math.nan, NASTY: math.inf}), (2, {"a": 0.0, NASTY: -1.0})],
    "far away": [(1, {"a": 1e-30, "b": 1e30}), (2, {"a": 1e-12, "b": 5.0})],
    "coming and going": [(1, {"a": 1e-3}), (2, {"b": 1e-3})],
    "eight": [(step, {f"w{n}": 1e-3 for n in range(8)}) for step in (1, 2)],
    "forty": [(step, {f"w{n}": 0.0 if n == 3 else 10.0**-n for n in range(40)}) for step in (1, 2)],
    "nine, all broken": [(1, {f"w{n}": math.nan for n in range(9)})],
}
LAYERS = {
    "sound": [Layer("layers.0"), Layer("layers.1", gradient=0.02)],
    "none": [],
    "one": [Layer()],
    "dead": [Layer(zeros=1.0, gradient=0.0, std=0.0), Layer()],
    "all dead": [Layer(gradient=0.0), Layer(gradient=0.0)],
    "broken": [Layer(NASTY, math.nan, math.inf, math.nan, math.nan), Layer(gradient=None)],
    "deep": [Layer(f"stage{n // 10}.block{n}.conv", gradient=10.0**-n) for n in range(62)],
}
TRIALS = {
    "sound": [trial(n, 10.0 ** (-n % 6), n / 20, l2=10.0**-n) for n in range(1, 12)],
    "none": [],
    "one": [trial(0, 1e-3, 0.5, l2=1.0)],
    "equal values": [trial(n, 10.0**-n, 0.0, l2=1.0) for n in range(4)],
    "nothing completed": [trial(n, 10.0**-n, None, "diverged", l2=1.0) for n in range(4)],
    "failed": [trial(0, 1e-3, None, "failed", l2=1.0)],
    "broken values": [trial(0, 1e-3, math.nan, l2=1.0), trial(1, math.inf, 0.5)],
    "without the setting": [trial(0, 1e-3, 0.5)],
    "words": [
        trial(0, 1e-3, 0.5, l2="$a$"),
        trial(1, 1e-2, 0.6, l2=None),
    ],
    "lists and switches": [trial(0, True, 0.5, l2=[50, 10])],
    "zero on a log axis": [
        trial(0, 0.0, 0.5, l2=0),
        trial(1, 1e-3, 0.6, l2=1),
    ],
}


def assert_written(paths: list[Path], stem: Path) -> None:
    assert [path.name for path in paths] == [f"{stem.name}.png", f"{stem.name}.svg"]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    ET.fromstring(paths[1].read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CURVES)
def test_curves_are_drawn(tmp_path: Path, case: str) -> None:
    assert_written(plots.plot_curves(CURVES[case], tmp_path / "curves"), tmp_path / "curves")


@pytest.mark.parametrize("case", UPDATES)
def test_updates_are_drawn(tmp_path: Path, case: str) -> None:
    assert_written(plots.plot_updates(UPDATES[case], tmp_path / "updates"), tmp_path / "updates")


@pytest.mark.parametrize("case", LAYERS)
def test_activations_are_drawn(tmp_path: Path, case: str) -> None:
    assert_written(plots.plot_activations(LAYERS[case], tmp_path / "activations"), tmp_path / "activations")


@pytest.mark.parametrize("case", TRIALS)
def test_searches_are_drawn(tmp_path: Path, case: str) -> None:
    paths = plots.plot_search(TRIALS[case], "optimizer.lr", "regularization.l2", tmp_path / "search")
    assert_written(paths, tmp_path / "search")


@pytest.mark.parametrize("case", ["sound", "nothing completed", "broken values"])
def test_searches_over_one_setting_are_drawn(tmp_path: Path, case: str) -> None:
    paths = plots.plot_search(TRIALS[case], "optimizer.lr", None, tmp_path / "search")
    assert_written(paths, tmp_path / "search")


def test_a_search_is_drawn_on_the_log_axes_it_asks_for(tmp_path: Path) -> None:
    trials = TRIALS["sound"] + TRIALS["zero on a log axis"]
    log = ("optimizer.lr",)
    paths = plots.plot_search(trials, "optimizer.lr", "regularization.l2", tmp_path / "s", log=log)
    assert_written(paths, tmp_path / "s")
    assert "<!-- 10⁻³ -->" in paths[1].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("losses", "accuracies"),
    [
        ([2.3, 0.1, 0.003], [0.1, 0.9, 1.0]),
        ([], []),
        ([2.3, 0.1], []),
        ([0.0, 0.0], [1.0, 1.0]),
        ([math.nan, math.inf], [math.nan, 0.1]),
    ],
)
def test_the_tiny_set_is_drawn(tmp_path: Path, losses: list[float], accuracies: list[float]) -> None:
    assert_written(plots.plot_tiny(losses, accuracies, tmp_path / "tiny"), tmp_path / "tiny")


@pytest.mark.parametrize(
    "importances",
    [{"optimizer.lr": 0.8, "b": 0.2}, {}, {"a": math.nan}, {NASTY: 0.0}],
)
def test_importances_are_drawn(tmp_path: Path, importances: dict[str, float]) -> None:
    assert_written(plots.plot_importances(importances, tmp_path / "i"), tmp_path / "i")


def test_the_best_trial_and_the_lost_ones_are_named(tmp_path: Path) -> None:
    lost: list[State] = ["diverged", "stopped", "stopped", "failed"]
    trials = [*TRIALS["sound"], *(trial(40 + n, 1.0, None, state, l2=1.0) for n, state in enumerate(lost))]
    svg = plots.plot_search(trials, "optimizer.lr", "regularization.l2", tmp_path / "s")[1].read_text()
    assert "<!-- complete: 11 -->" in svg
    assert "<!-- diverged: 1 -->" in svg
    assert "<!-- stopped: 2 -->" in svg
    assert "<!-- failed: 1 -->" in svg
    assert "<!-- best: 0.55, trial 12 -->" in svg


def test_the_star_is_on_the_trial_that_is_ranked_first(tmp_path: Path) -> None:
    rows = [(1e-3, 0.96, 0.17), (1e-2, 0.95, 0.12)]
    trials = [
        Trial(
            index=index,
            params={"optimizer.lr": lr},
            value=value,
            state="complete",
            loss=loss,
            by_loss=True,
        )
        for index, (lr, value, loss) in enumerate(rows)
    ]
    svg = plots.plot_search(trials, "optimizer.lr", None, tmp_path / "s")[1].read_text()
    assert "<!-- best: 0.95, trial 2 -->" in svg


def test_the_best_epoch_is_named(tmp_path: Path) -> None:
    """The one that the run kept, which is not always that of the highest accuracy."""
    epochs = [epoch(1, 1.0, 0.8), epoch(2, 0.9, 0.8), epoch(3, 0.8, 0.7)]
    svg = plots.plot_curves(epochs, tmp_path / "c", epochs[2])[1].read_text()
    assert svg.count("<!-- best: epoch 3 -->") == 1
    assert "best" not in plots.plot_curves(epochs, tmp_path / "c")[1].read_text()


def test_a_matrix_that_is_not_trained_is_named(tmp_path: Path) -> None:
    rows = [(1, {"a": 1e-3, "frozen.weight": 0.0})]
    assert "<!-- exactly 0: frozen.weight -->" in plots.plot_updates(rows, tmp_path / "u")[1].read_text()
