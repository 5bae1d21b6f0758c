"""Rules on a search, on hand-made evidence."""

from __future__ import annotations

from collections.abc import Callable

from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]
BORDER = {
    "search_axis": "optimizer.lr",
    "search_low": 1e-6,
    "search_high": 1e-3,
    "search_best": 9.47e-4,
    "search_side": "high",
    "search_wider": (1e-6, 1e-2),
}


def test_sea001_names_the_range_and_the_wider_one(findings: Diagnose) -> None:
    finding = findings(**BORDER)["SEA001"]
    assert "9.47e-04" in finding.symptom
    assert finding.remedy == "search optimizer.lr again over 1e-06 … 0.01"


def test_sea001_writes_the_wider_range_into_the_stage_that_was_searched(findings: Diagnose) -> None:
    finding = findings(**BORDER, search_kind="log_uniform", search_stage="fine")["SEA001"]
    assert finding.patch == {"search.fine.space.optimizer.lr": {"log_uniform": [1e-6, 1e-2]}}


def test_sea002_fires_when_more_than_half_diverged(findings: Diagnose) -> None:
    states, rates = ("complete", "diverged", "diverged", "diverged"), (0.01, 0.1, 0.2, 0.3)
    finding = findings(trial_states=states, trial_lrs=rates)["SEA002"]
    assert finding.symptom == "3 of 4 trials diverged"
    assert "0.01" in finding.remedy


def test_sea002_is_silent_on_half_and_on_a_handful(findings: Diagnose) -> None:
    assert findings(trial_states=("complete", "diverged") * 2) == {}
    assert findings(trial_states=("diverged",) * 3) == {}


def test_sea002_does_not_count_trials_that_failed(findings: Diagnose) -> None:
    assert findings(trial_states=("failed",) * 9 + ("complete",)) == {}


def test_sea002_does_not_count_trials_that_were_stopped(findings: Diagnose) -> None:
    assert findings(trial_states=("stopped",) * 9 + ("complete",)) == {}


def test_sea001_repeats_the_axes_that_a_narrowed_space_has_beside_it(findings: Diagnose) -> None:
    space = {"optimizer.lr": {"log_uniform": [1e-6, 1e-3]}, "regularization.l2": {"uniform": [0.0, 1.0]}}
    finding = findings(**BORDER, search_kind="log_uniform", search_stage="fine", search_space=space)["SEA001"]
    assert finding.patch == {"search.fine.space": {**space, "optimizer.lr": {"log_uniform": [1e-6, 1e-2]}}}
