"""Stratified splits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.data.preparation.split import allot, hold_out, stratified_sample


def test_every_class_gives_its_share() -> None:
    classes = np.array([0] * 50 + [1] * 30 + [2] * 20)
    stay, held = hold_out(10, np.arange(100), classes, seed=0)
    assert np.bincount(classes[held]).tolist() == [5, 3, 2]
    assert sorted([*stay, *held]) == list(range(100))


def test_the_largest_remainders_get_what_is_left_over() -> None:
    # exact shares of 5: 2.5, 1.5, 1.0 → 2, 1, 1 and one more for the first of the two remainders of a half
    assert allot(np.array([5, 3, 2]), 5, np.array([5, 3, 2])).tolist() == [3, 1, 1]


def test_a_class_of_one_stays_in_training() -> None:
    classes = np.array([0] * 9 + [1])
    for seed in range(20):
        stay, _ = hold_out(5, np.arange(10), classes, seed)
        assert 9 in stay


def test_a_class_whose_share_would_be_all_of_it_keeps_one_for_training() -> None:
    _, held = hold_out(8, np.arange(10), np.array([0] * 8 + [1] * 2), seed=0)
    assert np.bincount(held > 7).tolist() == [7, 1]  # by shares alone 6.4 and 1.6, that is 6 and 2


def test_the_split_depends_on_the_seed_alone() -> None:
    classes = np.arange(100) % 3
    first = hold_out(20, np.arange(100), classes, seed=1)[1]
    assert first.tolist() == hold_out(20, np.arange(100), classes, seed=1)[1].tolist()
    assert first.tolist() != hold_out(20, np.arange(100), classes, seed=2)[1].tolist()


def test_without_classes_any_sample_may_be_held_out() -> None:
    stay, held = hold_out(3, np.array([4, 6, 8, 10]), None, seed=0)
    assert len(held) == 3
    assert sorted([*stay, *held]) == [4, 6, 8, 10]


def test_only_candidates_are_held_out() -> None:
    _, held = hold_out(4, np.arange(50, 60), np.arange(60) % 2, seed=0)
    assert set(held) <= set(range(50, 60))


def test_a_sample_of_a_few_has_every_class() -> None:
    classes = np.arange(1000) % 10
    assert np.bincount(classes[stratified_sample(classes, 20, seed=0)]).tolist() == [2] * 10


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.data())
def test_what_is_shared_out_adds_up_within_the_limits(sizes: list[int], data: st.DataObject) -> None:
    groups = np.array(sizes)
    count = data.draw(st.integers(0, int(groups.sum())))
    shares = allot(groups, count, groups)
    assert shares.sum() == count
    assert (shares <= groups).all()
    assert (shares >= 0).all()
    if groups.sum():
        assert (np.abs(shares - groups * count / groups.sum()) < 1).all()
