"""A rule is data plus one small check; it takes named plain numbers and never touches torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Evidence = Mapping[str, Any]
Patch = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is wrong, on which evidence, why, and what to change.

    Attributes:
        id: Code of the rule, such as ``INI001``; never reused.
        name: Name of the fault, such as ``initial-loss-above-chance``.
        severity: ``error`` stops a gate, ``warning`` does not, ``info`` is worth knowing.
        symptom: What was seen, one sentence with its numbers.
        evidence: The numbers that made the rule fire.
        cause: The most likely reason.
        remedy: What to do, naming the setting.
        patch: Config path → value to try; empty when no single line of the config would help.
    """

    id: str
    name: str
    severity: Severity
    symptom: str
    evidence: dict[str, Any]
    cause: str
    remedy: str
    patch: Patch = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """The finding as JSON-ready builtins."""
        return {
            "id": self.id,
            "name": self.name,
            "severity": self.severity,
            "symptom": self.symptom,
            "evidence": dict(self.evidence),
            "cause": self.cause,
            "remedy": self.remedy,
            "patch": dict(self.patch),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """What a check saw when its rule fires.

    Attributes:
        observed: The numbers to show; the rule's texts are formatted with them.
        words: Further words for the texts that are not evidence, such as the cause among several.
        patch: Config path → value to try.
        severity: Where it differs from the rule's, such as for a mild case.
    """

    observed: dict[str, Any]
    words: dict[str, str] = field(default_factory=dict)
    patch: Patch = field(default_factory=dict)
    severity: Severity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One diagnosis, as data.

    Attributes:
        id: Family and number, such as ``INI001``; never reused.
        name: Named after the fault, not after the fix.
        severity: Severity of its findings.
        needs: Names of the evidence it reads; the rule is skipped when one of them is missing.
        check: Returns a match when the fault is there, else None.
        symptom: Format string over the match's numbers.
        cause: Format string; the most likely reason.
        remedy: Format string; names the setting to change.
        source: Where the rule and its threshold come from.
        explains: Ids of the rules whose findings are only symptoms when this one fires; they are left out.
    """

    id: str
    name: str
    severity: Severity
    needs: frozenset[str]
    check: Callable[[Evidence], Match | None]
    symptom: str
    cause: str
    remedy: str
    source: str
    explains: frozenset[str] = frozenset()


def diagnose(rules: Iterable[Rule], evidence: Evidence) -> list[Finding]:
    """Apply each rule whose evidence is there, and keep the root causes.

    Args:
        rules: Rules of one or more families.
        evidence: Evidence name → plain number, text or tuple of them.

    Returns:
        One finding per rule that fired and that no other fired rule explains, as severe as the worst finding
        that it explains: errors first, then warnings, then information, within each in the order of the
        rules. Empty when all is well.
    """
    fired = {rule.id: (rule, finding) for rule in rules if (finding := apply(rule, evidence)) is not None}
    explained = {rule_id for rule, _ in fired.values() for rule_id in rule.explains}
    roots = [
        replace(finding, severity=_worst_severity(rule, fired))
        for rule, finding in fired.values()
        if rule.id not in explained
    ]
    return sorted(roots, key=lambda finding: SEVERITIES.index(finding.severity))


def _worst_severity(rule: Rule, fired: Mapping[str, tuple[Rule, Finding]]) -> Severity:
    """Of the rule and of all that it explains, directly or through others; the relation has no cycles."""
    symptoms = [_worst_severity(fired[rule_id][0], fired) for rule_id in rule.explains if rule_id in fired]
    return min((fired[rule.id][1].severity, *symptoms), key=SEVERITIES.index)


def apply(rule: Rule, evidence: Evidence) -> Finding | None:
    """Apply one rule; None when it does not fire or lacks evidence."""
    if not rule.needs <= evidence.keys():
        return None
    match = rule.check(evidence)
    if match is None:
        return None
    texts = {**match.observed, **match.words}
    return Finding(
        id=rule.id,
        name=rule.name,
        severity=match.severity or rule.severity,
        symptom=rule.symptom.format(**texts),
        evidence=match.observed,
        cause=rule.cause.format(**texts),
        remedy=rule.remedy.format(**texts),
        patch=match.patch,
    )
