"""The best trial in the outer tenth of a range is seen, with the wider range to try."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.diagnosis.engine import diagnose
from nnbabysit.core.diagnosis.evidence.search_evidence import BorderEvidence
from nnbabysit.core.diagnosis.rules.registry import SEARCH_RULES
from nnbabysit.core.search.space.border import find_borders
from nnbabysit.core.search.trial import Trial

NOTES = Axis(log_uniform=(1e-4, 1e-3))


def borders(axis: Axis, best: Any, **allowed: Any) -> list[BorderEvidence]:
    other = Trial(index=1, params={"x": best}, value=0.1, state="complete")
    return find_borders(
        {"x": axis}, [other, Trial(index=0, params={"x": best}, value=0.5, state="complete")], **allowed
    )


def test_the_best_trial_of_the_notes_is_at_the_border() -> None:
    (border,) = borders(NOTES, 9.47e-4)  # their fine search: 0.531 at lr 9.47e-4, the range ends at 1e-3
    assert border.search_side == "high"
    assert border.search_wider == pytest.approx((1e-4, 1e-2))


@pytest.mark.parametrize(
    ("best", "side"), [(1.2e-4, "low"), (1.3e-4, None), (7.9e-4, None), (8.0e-4, "high")]
)
def test_the_outer_tenth_is_meant_in_log_space(best: float, side: str | None) -> None:
    assert [border.search_side for border in borders(NOTES, best)] == ([side] if side else [])


def test_a_wide_range_is_widened_by_a_decade_and_a_narrow_one_by_itself() -> None:
    assert borders(Axis(log_uniform=(1e-6, 1e-3)), 1e-6)[0].search_wider == pytest.approx((1e-7, 1e-3))
    assert borders(Axis(log_uniform=(1.0, 2.0)), 2.0)[0].search_wider == (1.0, 4.0)


def test_linear_and_whole_ranges_are_widened_by_half() -> None:
    assert borders(Axis(uniform=(1.0, 2.0)), 1.95)[0].search_wider == (1.0, 2.5)
    assert borders(Axis(int=(10, 21)), 21)[0].search_wider == (10, 27)


def test_nothing_is_said_where_the_range_cannot_be_wider() -> None:
    assert borders(Axis(int=(1, 3)), 1) == []
    assert borders(Axis(uniform=(0.0, 0.5)), 0.01) == []
    assert borders(Axis(uniform=(0.5, 0.99)), 0.98, allowed=lambda path, value: value < 1) == []
    assert borders(Axis(log_uniform=(1.0, 1e308)), 1e308) == []


def test_choices_have_no_border() -> None:
    assert borders(Axis(choice=[1, 2]), 1) == []


def test_without_a_complete_trial_there_is_no_border() -> None:
    stopped = Trial(index=0, params={"x": 1e-3}, value=None, state="diverged", reason="x")
    assert find_borders({"x": NOTES}, [stopped]) == []


def test_the_rule_reads_the_evidence() -> None:
    (border,) = borders(NOTES, 9.47e-4)
    (finding,) = diagnose(SEARCH_RULES, replace(border, search_stage="fine"))
    assert finding.id == "SEA001"
    assert finding.severity == "warning"
    assert finding.patch == {"search.fine.space.x": {"log_uniform": [1e-4, pytest.approx(1e-2)]}}
