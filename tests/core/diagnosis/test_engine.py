"""The engine: apply, explain, sort."""

from __future__ import annotations

from typing import Any

from nnbabysit.core.diagnosis.engine import Evidence, Match, Rule, diagnose


def _above_one(evidence: Evidence) -> Match | None:
    if evidence["x"] <= 1:
        return None
    return Match(observed={"x": evidence["x"]}, words={"why": "because"}, patch={"optimizer.lr": 0.1})


def _rule(rule_id: str, **changes: Any) -> Rule:
    fields: dict[str, Any] = {
        "id": rule_id,
        "name": "too-large",
        "severity": "warning",
        "needs": frozenset({"x"}),
        "check": _above_one,
        "symptom": "x is {x:.1f}",
        "cause": "{why}",
        "remedy": "make it smaller",
        "source": "none",
    }
    return Rule(**{**fields, **changes})


def test_a_rule_that_fires_gives_a_finding_with_its_numbers_in_the_texts() -> None:
    (finding,) = diagnose([_rule("AAA001")], {"x": 2.0})
    assert (finding.symptom, finding.cause, finding.patch) == ("x is 2.0", "because", {"optimizer.lr": 0.1})


def test_words_are_for_the_texts_and_no_evidence() -> None:
    (finding,) = diagnose([_rule("AAA001")], {"x": 2.0})
    assert finding.evidence == {"x": 2.0}


def test_a_rule_without_its_evidence_is_skipped() -> None:
    assert diagnose([_rule("AAA001")], {"y": 2.0}) == []


def test_a_rule_that_does_not_fire_gives_no_finding() -> None:
    assert diagnose([_rule("AAA001")], {"x": 1.0}) == []


def test_errors_come_first_and_information_last() -> None:
    rules = [_rule("AAA001", severity="info"), _rule("AAA002"), _rule("AAA003", severity="error")]
    assert [finding.id for finding in diagnose(rules, {"x": 2.0})] == ["AAA003", "AAA002", "AAA001"]


def test_what_another_finding_explains_is_left_out() -> None:
    rules = [_rule("AAA001"), _rule("AAA002", explains=frozenset({"AAA001"}))]
    assert [finding.id for finding in diagnose(rules, {"x": 2.0})] == ["AAA002"]


def test_a_root_is_as_severe_as_the_worst_that_it_explains_through_others() -> None:
    rules = [
        _rule("AAA001", severity="error"),
        _rule("AAA002", severity="info", explains=frozenset({"AAA001"})),
        _rule("AAA003", severity="info", explains=frozenset({"AAA002"})),
    ]
    assert [(f.id, f.severity) for f in diagnose(rules, {"x": 2.0})] == [("AAA003", "error")]


def test_a_rule_that_does_not_fire_explains_nothing() -> None:
    silent = _rule("AAA002", explains=frozenset({"AAA001"}), check=lambda evidence: None)
    assert [finding.id for finding in diagnose([_rule("AAA001"), silent], {"x": 2.0})] == ["AAA001"]


def test_a_chain_of_explanations_leaves_its_root() -> None:
    rules = [
        _rule("AAA001"),
        _rule("AAA002", explains=frozenset({"AAA001"})),
        _rule("AAA003", explains=frozenset({"AAA002"})),
    ]
    assert [finding.id for finding in diagnose(rules, {"x": 2.0})] == ["AAA003"]
