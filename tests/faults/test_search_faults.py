"""Faults of a search space, each beside its healthy twin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnbabysit.core.diagnosis.engine import Finding

Diagnose = Callable[..., dict[str, Finding]]


def test_a_space_around_the_best_learning_rate_gets_no_finding(search: Diagnose) -> None:
    assert search((1e-4, 1.0)) == {}


def test_sea001_a_space_below_the_best_learning_rate(search: Diagnose) -> None:
    finding = search((1e-6, 1e-3))["SEA001"]
    assert finding.evidence["search_side"] == "high"
    assert finding.patch == {"search.coarse.space.optimizer.lr": {"log_uniform": [1e-6, pytest.approx(1e-2)]}}


def test_sea002_a_space_that_no_run_survives(search: Diagnose) -> None:
    assert "SEA002" in search((3.0, 3e3))
