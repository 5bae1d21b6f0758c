"""Plots of an evaluation hold its numbers, whatever they are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from nnbabysit.core.report.charts.confusion import confusion_matrix
from nnbabysit.core.report.charts.predicted import predicted_charts
from nnbabysit.core.report.charts.reliability import reliability_charts
from nnbabysit.core.report.charts.tiles import reconstruction_tiles, wrong_tiles
from nnbabysit.core.report.plots.write import write_matrix, write_panels, write_tiles
from nnbabysit.core.training.evaluation.metrics import calibration

from .drawn import colors_of, drawn_series


def text_of(paths: list[Path]) -> str:
    """The SVG, after a look that both files are pictures with something in them."""
    png, svg = paths
    assert len(colors_of(png)) > 2
    return svg.read_text(encoding="utf-8")


def random_counts(*shape: int) -> torch.Tensor:
    return torch.randint(0, 50, shape, generator=torch.Generator().manual_seed(0))


def test_a_matrix_holds_the_counts_and_the_shares_of_its_rows() -> None:
    matrix = confusion_matrix(torch.tensor([[3, 1], [0, 0]]), ["a", "b"])
    assert (matrix.rows, matrix.columns, matrix.y_name, matrix.x_name) == (
        ("a", "b"), ("a", "b"), "true", "predicted",
    )  # fmt: skip
    assert matrix.counts == [[3, 1], [0, 0]]
    assert matrix.shares == [[0.75, 0.25], [0.0, 0.0]]


@pytest.mark.parametrize("classes", [2, 10, 21, 100])
def test_a_matrix_of_any_size_is_drawn_the_same_each_time(tmp_path: Path, classes: int) -> None:
    names = [f"class number {i} with a long name" if i % 3 else "$x^2$ <b>" for i in range(classes)]
    matrix = confusion_matrix(random_counts(classes, classes), names)
    first = text_of(write_matrix(matrix, tmp_path / "confusion"))
    assert text_of(write_matrix(matrix, tmp_path / "confusion")) == first
    assert "<b>" not in first
    cells = [f"<!-- {count} -->" in first for row in matrix.counts for count in row if count]
    assert all(cells) or classes > 20


def test_the_largest_cells_off_the_diagonal_are_named_where_cells_are_small() -> None:
    counts = torch.eye(30, dtype=torch.int64) * 9
    counts[3, 7], counts[8, 2] = 5, 6
    note = confusion_matrix(counts, [f"c{i}" for i in range(30)]).note
    assert note == "Most often: 6 × c8 taken for c2\n5 × c3 taken for c7"


def test_labels_have_a_row_each(tmp_path: Path) -> None:
    counts = random_counts(5, 2, 2)
    matrix = confusion_matrix(counts, list("abcde"))
    bear, said = counts[4, 1].sum(), counts[4, 1, 1]
    assert matrix.columns == ("bear it", "do not")
    assert matrix.counts[4] == [int(said), int(counts[4, 0, 1])]
    assert matrix.shares[4][0] == pytest.approx(float(said / bear))
    text_of(write_matrix(matrix, tmp_path / "c"))


def test_reliability_shows_accuracy_and_confidence_of_each_bin(tmp_path: Path) -> None:
    found = calibration(torch.tensor([0.15, 0.95, 0.96, 0.55]), torch.tensor([True, False, True, True]))
    svg = write_panels(reliability_charts(found), tmp_path / "r", upright=True)[1]
    upper, lower = drawn_series(svg)
    bars = {round(x, 2): y for x, y in upper["accuracy"]}
    width = 1 / len(found.count)
    assert bars == pytest.approx({round((int(c / width) + 0.5) * width, 2): y for c, y in
                                  ((0.15, 1.0), (0.55, 1.0), (0.95, 0.5))}, abs=0.01)  # fmt: skip
    assert sorted(upper["mean confidence in the bin"])[-1] == pytest.approx((0.955, 0.5), abs=0.01)
    assert max(y for _, y in lower["answers"]) == pytest.approx(0.5, abs=0.01)


def test_predicted_numbers_lie_over_the_true_ones(tmp_path: Path) -> None:
    y = torch.tensor([0.0, 1.0, 2.0, 4.0])
    left, right = drawn_series(write_panels(predicted_charts(y**2, y), tmp_path / "p")[1])
    for point, expected in zip(sorted(left["predicted"]), [(0, 0), (1, 1), (2, 4), (4, 16)], strict=True):
        assert point == pytest.approx(expected, abs=0.05)
    assert sum(count for _, count in right["errors"]) == pytest.approx(4, abs=0.05)


@pytest.mark.parametrize(
    ("outputs", "y"),
    [
        (torch.linspace(0, 1, 6000) + 0.1, torch.linspace(0, 1, 6000)),
        (torch.randn(20, 3), torch.randn(20, 3)),
        (torch.tensor([math.nan]), torch.tensor([1.0])),
        (torch.tensor([1.0]), torch.tensor([1.0])),
    ],
)
def test_any_numbers_are_drawn(tmp_path: Path, outputs: torch.Tensor, y: torch.Tensor) -> None:
    text_of(write_panels(predicted_charts(outputs, y), tmp_path / "p"))


@pytest.mark.parametrize("count", [0, 1, 16])
@pytest.mark.parametrize("color", [(), (3,)])
def test_wrong_pictures_stand_with_their_captions(tmp_path: Path, count: int, color: tuple[int, ...]) -> None:
    captions = [(f"said <script>, {i}.0%", "true $1$, <0.1%") for i in range(count)]
    tiles = wrong_tiles(np.random.default_rng(0).random((count, 4, 5, *color)), captions)
    text = text_of(write_tiles(tiles, tmp_path / "w"))
    assert text.count("<image") == count
    assert "<script>" not in text
    assert all(f", {i}.0% -->" in text for i in range(count))


@pytest.mark.parametrize("shape", [(3, 8, 8), (10, 5, 7, 3), (1, 4, 4), (0, 4, 4)])
def test_reconstructions_have_a_row_each(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pictures = np.random.default_rng(0).random(shape)
    tiles = reconstruction_tiles({"input": pictures, "damaged": pictures, "output": pictures})
    png, svg = write_tiles(tiles, tmp_path / "reconstructions")
    assert svg.read_text(encoding="utf-8").count("<image") == 3 * shape[0]
    assert write_tiles(tiles, tmp_path / "again")[0].read_bytes() == png.read_bytes()
