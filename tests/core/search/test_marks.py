"""A mark means: among the best fraction of what has finished, and there is something to compare with."""

from __future__ import annotations

from nnbabysit.core.search.marks import Marks
from nnbabysit.core.search.trial import Trial


def trials(*values: float | None) -> list[Trial]:
    return [
        Trial(index=i, params={}, value=value, state="diverged" if value is None else "complete")
        for i, value in enumerate(values)
    ]


def marks(*values: float | None, share: float) -> list[bool]:
    """The mark of each trial at the moment it finished."""
    finished = trials(*values)
    growing = Marks(share)
    found = []
    for number, trial in enumerate(finished, start=1):
        growing.add(trial)
        found.append(growing.is_good(trial))
        assert found[-1] == Marks(share, finished[:number]).is_good(trial)
    return found


def good_values(finished: list[Trial], share: float) -> list[float | None]:
    together = Marks(share, finished)
    return [trial.value for trial in finished if together.is_good(trial)]


def test_the_first_four_are_never_marked() -> None:
    assert marks(0.1, 0.2, 0.3, 0.4, 0.5, share=0.5) == [False] * 4 + [True]


def test_the_good_ones_of_the_notes_first_eleven_are_marked() -> None:
    values = (0.412, 0.214, 0.208, 0.196, 0.079, 0.223, 0.441, 0.241, 0.482, 0.079, 0.154)
    finished = trials(*values)
    assert good_values(finished, 0.25) == [0.412, 0.441, 0.482]
    assert marks(*values, share=0.25)[6:] == [True, False, True, False, False]


def test_trials_that_did_not_complete_count_as_worst_and_are_never_marked() -> None:
    assert marks(None, None, None, None, 0.2, None, share=0.1) == [False] * 4 + [True, False]


def test_nothing_is_good_when_all_are_equal() -> None:
    assert not any(marks(*[0.1] * 10, share=0.1))


def test_ties_for_the_last_good_place_are_all_good() -> None:
    assert good_values(trials(0.9, 0.9, 0.5, 0.4, 0.3), 0.1) == [0.9, 0.9]


def test_the_best_is_the_earlier_draw_of_equal_ones() -> None:
    assert Marks(0.1).best is None
    growing = Marks(0.1)
    for trial in reversed(trials(0.5, 0.9, 0.9, None)):
        growing.add(trial)
    assert growing.best is not None
    assert growing.best.index == 1


def test_where_accuracy_tells_nothing_the_lower_loss_is_marked() -> None:
    rows = [(0.96, 0.17), (0.96, 0.16), (0.961, 0.18), (0.95, 0.12), (0.96, 0.15)]
    finished = [
        Trial(index=index, params={}, value=value, state="complete", loss=loss, by_loss=True)
        for index, (value, loss) in enumerate(rows)
    ]
    together = Marks(0.2, finished)
    assert [trial.index for trial in finished if together.is_good(trial)] == [3]
    assert together.best is finished[3]
