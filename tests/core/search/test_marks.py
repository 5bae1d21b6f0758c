"""A mark means: among the best share of what has finished so far, and there is something to compare with."""

from __future__ import annotations

from nnbabysit.core.search.marks import is_good
from nnbabysit.core.search.trial import Trial


def trials(*values: float | None) -> list[Trial]:
    return [
        Trial(index=i, params={}, value=value, state="diverged" if value is None else "complete")
        for i, value in enumerate(values)
    ]


def marks(*values: float | None, share: float) -> list[bool]:
    """The mark of each trial at the moment it finished."""
    finished = trials(*values)
    return [is_good(trial, finished[: i + 1], share) for i, trial in enumerate(finished)]


def test_the_first_four_are_never_marked() -> None:
    assert marks(0.1, 0.2, 0.3, 0.4, 0.5, share=0.5) == [False] * 4 + [True]


def test_the_good_ones_of_the_notes_first_eleven_are_marked() -> None:
    values = (0.412, 0.214, 0.208, 0.196, 0.079, 0.223, 0.441, 0.241, 0.482, 0.079, 0.154)
    finished = trials(*values)
    assert [t.value for t in finished if is_good(t, finished, 0.25)] == [0.412, 0.441, 0.482]
    assert marks(*values, share=0.25)[6:] == [True, False, True, False, False]


def test_trials_that_did_not_complete_count_as_worst_and_are_never_marked() -> None:
    assert marks(None, None, None, None, 0.2, None, share=0.1) == [False] * 4 + [True, False]


def test_nothing_is_good_when_all_are_equal() -> None:
    assert not any(marks(*[0.1] * 10, share=0.1))


def test_ties_for_the_last_good_place_are_all_good() -> None:
    finished = trials(0.9, 0.9, 0.5, 0.4, 0.3)
    assert [is_good(trial, finished, 0.1) for trial in finished] == [True, True, False, False, False]
