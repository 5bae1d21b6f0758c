"""The engine: apply, explain, sort."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from nnbabysit.core.diagnosis.engine import Match, Rule, diagnose

TWO = SimpleNamespace(x=2.0)


def _above_one(x: float, y: float = 0.0) -> Match | None:
    if x <= 1:
        return None
    return Match(observed={"x": x}, words={"why": f"y is {y:g}"}, patch={"optimizer.lr": 0.1})


def _rule(rule_id: str, **changes: Any) -> Rule:
    fields: dict[str, Any] = {
        "id": rule_id,
        "name": "too-large",
        "severity": "warning",
        "check": _above_one,
        "fires_when": "x is above 1",
        "symptom": "x is {x:.1f}",
        "cause": "{why}",
        "remedy": "make it smaller",
        "source": "none",
    }
    return Rule(**{**fields, **changes})


def test_a_rule_that_fires_gives_a_finding_with_its_numbers_in_the_texts() -> None:
    (finding,) = diagnose([_rule("AAA001")], TWO)
    assert (finding.symptom, finding.cause, finding.patch) == ("x is 2.0", "y is 0", {"optimizer.lr": 0.1})


def test_words_are_for_the_texts_and_no_evidence() -> None:
    (finding,) = diagnose([_rule("AAA001")], TWO)
    assert finding.evidence == {"x": 2.0}


def test_a_rule_without_its_evidence_is_skipped() -> None:
    assert diagnose([_rule("AAA001")], SimpleNamespace(y=2.0)) == []
    assert diagnose([_rule("AAA001")], SimpleNamespace(x=None)) == [], "None is not there either"


def test_a_rule_needs_the_parameters_of_its_check_that_have_no_default_and_reads_all() -> None:
    assert _rule("AAA001").needs == frozenset({"x"})
    assert _rule("AAA001").reads == ("x", "y")
    (finding,) = diagnose([_rule("AAA001")], SimpleNamespace(x=2.0, y=3.0, z=4.0))
    assert finding.cause == "y is 3"


def test_a_rule_that_does_not_fire_gives_no_finding() -> None:
    assert diagnose([_rule("AAA001")], SimpleNamespace(x=1.0)) == []


def test_errors_come_first_and_information_last() -> None:
    rules = [_rule("AAA001", severity="info"), _rule("AAA002"), _rule("AAA003", severity="error")]
    assert [finding.id for finding in diagnose(rules, TWO)] == ["AAA003", "AAA002", "AAA001"]


def test_what_another_finding_explains_is_left_out() -> None:
    rules = [_rule("AAA001"), _rule("AAA002", explains=frozenset({"AAA001"}))]
    assert [finding.id for finding in diagnose(rules, TWO)] == ["AAA002"]


def test_a_root_is_as_severe_as_the_worst_that_it_explains_through_others() -> None:
    rules = [
        _rule("AAA001", severity="error"),
        _rule("AAA002", severity="info", explains=frozenset({"AAA001"})),
        _rule("AAA003", severity="info", explains=frozenset({"AAA002"})),
    ]
    assert [(f.id, f.severity) for f in diagnose(rules, TWO)] == [("AAA003", "error")]


def test_a_rule_that_does_not_fire_explains_nothing() -> None:
    silent = _rule("AAA002", explains=frozenset({"AAA001"}), check=lambda x: None)
    assert [finding.id for finding in diagnose([_rule("AAA001"), silent], TWO)] == ["AAA001"]


def test_a_chain_of_explanations_leaves_its_root() -> None:
    rules = [
        _rule("AAA001"),
        _rule("AAA002", explains=frozenset({"AAA001"})),
        _rule("AAA003", explains=frozenset({"AAA002"})),
    ]
    assert [finding.id for finding in diagnose(rules, TWO)] == ["AAA003"]
