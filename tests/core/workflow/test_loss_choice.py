"""Which losses some targets allow, known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbabysit.core.workflow.init.loss_choice import choices, counted_from


@pytest.mark.parametrize(
    ("y", "names", "expected"),
    [
        (np.arange(30) % 3, None, [("cross_entropy", 3), ("mse", 1)]),
        (np.arange(30) % 2, None, [("cross_entropy", 2), ("bce", 1), ("mse", 1)]),
        (np.arange(30) % 3, ("a", "b", "c"), [("cross_entropy", 3)]),
        (np.arange(30) % 2, ("no", "yes"), [("cross_entropy", 2), ("bce", 1)]),
        (np.arange(30) % 2 * 1.0, None, [("bce", 1), ("cross_entropy", 2), ("mse", 1)]),
        (np.arange(30) % 3 * 1.0, None, [("cross_entropy", 3), ("mse", 1)]),
        (np.arange(30) % 3 + 1, None, [("mse", 1)]),
        (np.arange(30), None, [("mse", 1)]),
        (np.arange(30) % 3 * 10, None, [("mse", 1)]),
        (np.linspace(0, 1, 30), None, [("mse", 1)]),
        (np.array([0.0, 1.0, np.nan] * 10), None, [("mse", 1)]),
        (np.zeros(30, int), None, [("mse", 1)]),
        (np.random.default_rng(0).normal(size=(30, 4)), None, [("mse", 4)]),
        (np.random.default_rng(0).integers(0, 2, (30, 4)), None, [("bce", 4)]),
        (np.eye(3)[np.arange(30) % 3], None, [("bce", 3)]),
    ],
)
def test_the_likeliest_loss_comes_first(
    y: Any, names: tuple[str, ...] | None, expected: list[tuple[str, int]]
) -> None:
    assert [(choice.loss, choice.outputs) for choice in choices(y, names)] == expected
    assert all(choice.reason for choice in choices(y, names))


@pytest.mark.parametrize(
    ("y", "first"),
    [
        (np.arange(30) % 3, 0),
        (np.arange(30) % 3 + 1, 1),
        (np.arange(30) % 3 - 1.0, -1),
        (np.arange(30) % 3 * 2, None),
        (np.arange(30) % 3 + 0.5, None),
        (np.arange(12) % 3, None),  # 4 of each
        (np.array([0.0, 1.0, np.nan] * 10), None),
        (np.ones(30), None),
    ],
)
def test_from_which_label_on_classes_are_counted(y: Any, first: int | None) -> None:
    assert counted_from(y) == first


def test_reasons_hold_what_was_counted() -> None:
    assert choices(np.array([0] * 7 + [1] * 5 + [2] * 6), None)[0].reason == "3 classes, 5 to 7 samples each"
    assert choices(np.arange(30) % 3, None)[0].reason == "3 classes, 10 samples each"
    assert "1 to 4, mean 2.5, deviation 1.118" in choices(np.array([1.0, 2, 3, 4]), None)[0].reason
    assert "y.argmax(1)" in choices(np.eye(3), None)[0].reason
