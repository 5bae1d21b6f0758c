"""Plots of an evaluation: both files are written for whatever comes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from nnbabysit.core.report.plots.write import plot_confusion, plot_predicted, plot_reliability, plot_wrong
from nnbabysit.core.training.evaluation.metrics import calibration


def text_of(paths: list[Path]) -> str:
    """The SVG, after a look that both files are pictures."""
    png, svg = paths
    assert png.read_bytes().startswith(b"\x89PNG")
    text = svg.read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    return text


@pytest.mark.parametrize("classes", [2, 10, 21, 100])
def test_a_matrix_of_any_size_is_drawn_the_same_each_time(tmp_path: Path, classes: int) -> None:
    counts = torch.randint(0, 50, (classes, classes), generator=torch.Generator().manual_seed(0))
    names = [f"class number {i} with a long name" if i % 3 else "$x^2$ <b>" for i in range(classes)]
    first = text_of(plot_confusion(counts, names, tmp_path / "confusion"))
    assert text_of(plot_confusion(counts, names, tmp_path / "confusion")) == first
    assert "<b>" not in first


def test_a_class_without_samples_leaves_an_empty_row(tmp_path: Path) -> None:
    text_of(plot_confusion(torch.tensor([[3, 1], [0, 0]]), ["a", "b"], tmp_path / "c"))


def test_labels_have_a_row_each(tmp_path: Path) -> None:
    counts = torch.randint(0, 50, (5, 2, 2), generator=torch.Generator().manual_seed(0))
    text_of(plot_confusion(counts, list("abcde"), tmp_path / "c"))


def test_reliability_is_drawn_with_empty_bins(tmp_path: Path) -> None:
    found = calibration(torch.tensor([0.1, 0.95]), torch.tensor([True, False]))
    text_of(plot_reliability(found, tmp_path / "r"))


@pytest.mark.parametrize("count", [0, 1, 16])
def test_wrong_pictures_are_drawn_gray_or_colored(tmp_path: Path, count: int) -> None:
    captions = [("said <script>, 99.0%", "true $1$, <0.1%")] * count
    text_of(plot_wrong(np.zeros((count, 4, 5)), captions, tmp_path / "w"))
    text_of(plot_wrong(np.ones((count, 4, 5, 3)), captions, tmp_path / "w"))


def test_numbers_are_drawn_and_none_too(tmp_path: Path) -> None:
    y = torch.linspace(0, 1, 6000)
    text_of(plot_predicted(y + 0.1, y, tmp_path / "p"))
    text_of(plot_predicted(torch.randn(20, 3), torch.randn(20, 3), tmp_path / "p"))
    text_of(plot_predicted(torch.tensor([math.nan]), torch.tensor([1.0]), tmp_path / "p"))
