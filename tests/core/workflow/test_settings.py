"""What the numbers of some data suggest, known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.checks.survey import Survey
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.workflow.init.loss_choice import Choice
from nnbabysit.core.workflow.init.settings import batch_size, proposed, target_hint

RNG = np.random.default_rng(0)


def seen(x: Any, y: Any = None, own: tuple[str, ...] = ()) -> Survey:
    statistics = Preprocessing.fit(torch.from_numpy(x), Preprocess()).statistics
    y = np.arange(len(x)) % 2 if y is None else y
    return Survey("here", y, None, statistics, x.dtype.kind in "biu", own)


def values(survey: Survey, data: dict[str, Any] | None = None) -> dict[str, Any]:
    entries = proposed(data or {}, survey, Choice("cross_entropy", 2, "two"))
    assert all(entry.reason for entry in entries if entry.path != ("search", "fine", "trials"))
    return {".".join(map(str, entry.path)): entry.value for entry in entries}


@pytest.mark.parametrize(
    ("train", "size"),
    [
        (5, "full"),
        (15, "full"),
        (16, 16),
        (1279, 16),
        (1280, 32),
        (2560, 64),
        (5119, 64),
        (5120, 128),
        (10**6, 128),
    ],
)
def test_the_batch_is_a_power_of_two_that_leaves_forty_steps(train: int, size: int | str) -> None:
    assert batch_size(train) == size


def test_splits_and_lengths_follow_from_the_number_of_samples() -> None:
    found = values(seen(RNG.normal(5, 3, (2000, 4))))
    assert (found["data.test"], found["data.validation"]) == (0.2, 0.2)
    assert found["training.batch_size"] == 32  # 1280 of 2000 are trained on
    assert found["training.epochs"] == 50  # 40 steps each; 75 would be 3000 steps
    assert found["search.coarse.epochs"] == 5
    big = values(seen(RNG.normal(5, 3, (60000, 1)), own=("test",)))
    assert "data.test" not in big
    assert big["training.epochs"] == 8  # 375 steps each


def test_what_is_given_or_the_sources_own_is_not_proposed() -> None:
    found = values(seen(RNG.normal(5, 3, (2000, 4)), own=("validation", "test")), {"validation": 7})
    assert "data.test" not in found
    assert "data.validation" not in found
    assert (
        values(seen(RNG.normal(5, 3, (100, 4))), {"test": 90, "validation": 2})["training.batch_size"]
        == "full"
    )


@pytest.mark.parametrize(
    ("x", "center", "scale"),
    [
        (RNG.normal(0, 1, (500, 4)), "none", "none"),
        (RNG.normal(0, 1, (500, 4)) * [1, 1, 1, 9], "feature", "standard"),
        (RNG.normal(50, 9, (500, 4)), "feature", "standard"),
        (RNG.integers(0, 256, (50, 3, 8, 8), dtype=np.uint8), "channel", "standard"),
        (RNG.uniform(0, 1, (50, 1, 8, 8)), "channel", "standard"),
        (RNG.integers(0, 256, (50, 64), dtype=np.uint8), "feature", "unit255"),
        (RNG.integers(0, 256, (50, 8, 8), dtype=np.uint8), "pixel", "unit255"),
        (RNG.integers(0, 9, (50, 6), dtype=np.uint8), "feature", "standard"),
        (np.full((50, 3), np.nan), "feature", "standard"),
        (np.ones((50, 3)), "feature", "standard"),
    ],
)
def test_preprocessing_suits_the_ranges(x: Any, center: str, scale: str) -> None:
    assert values(seen(x))["data.preprocess"] == {"center": center, "scale": scale}


def test_a_tiny_set_is_all_there_is() -> None:
    assert values(seen(RNG.normal(5, 3, (20, 4))))["overfit_tiny.samples"] == 13
    assert "overfit_tiny.samples" not in values(seen(RNG.normal(5, 3, (200, 4))))


@pytest.mark.parametrize(
    ("y", "told"),
    [(RNG.normal(0, 1, 99), False), (RNG.normal(2, 3, 99), False), (RNG.normal(150, 77, 99), True),
     (RNG.normal(9, 1, 99), True), (RNG.normal(0, 0.001, 99), True), (np.full(9, np.nan), False)],
)  # fmt: skip
def test_targets_far_from_zero_are_told(y: Any, told: bool) -> None:
    survey = seen(np.ones((len(y), 1)), y)
    assert ("standardize them" in target_hint(survey, Choice("mse", 1, ""))) is told
    assert target_hint(survey, Choice("bce", 1, "")) == ""
