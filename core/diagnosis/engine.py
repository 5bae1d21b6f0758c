"""A rule is data plus one small check; it takes plain numbers by name and never touches torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from inspect import Parameter, signature
from typing import Literal, get_args

from nnbabysit.core.formatting import Sentence

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Patch = dict[str, object]
_SENTENCE = Sentence()


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
    evidence: Mapping[str, object]
    cause: str
    remedy: str
    patch: Patch = field(default_factory=dict)

    def to_document(self) -> dict[str, object]:
        """The finding as JSON-ready builtins, in the order of the fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Case:
    """One of several causes of a symptom, with its own remedy; format strings over the match's numbers."""

    cause: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """What a check saw when its rule fires.

    Attributes:
        observed: The numbers to show; the rule's texts are formatted with them.
        words: Further words for the texts that are not evidence.
        case: The cause that the evidence points to, where the rule has several.
        patch: Config path → value to try.
        severity: Where it differs from the rule's, such as for a mild case.
    """

    observed: Mapping[str, object]
    words: Mapping[str, str] = field(default_factory=dict)
    case: Case | None = None
    patch: Patch = field(default_factory=dict)
    severity: Severity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One diagnosis, as data.

    Attributes:
        id: Family and number, such as ``INI001``; never reused.
        name: Named after the fault, not after the fix.
        severity: Severity of its findings.
        check: Returns a match when the fault is there, else None. Its parameters name the evidence that it
            reads; one with a default may be missing.
        fires_when: The condition with its threshold, one plain sentence.
        symptom: Format string over the match's numbers.
        cause: Format string; the most likely reason. Empty where there are ``cases``.
        remedy: Format string; names the setting to change.
        cases: Causes, each with its remedy, among which the check chooses by what else was seen.
        source: Where the rule and its threshold come from.
        explains: Ids of the rules whose findings are only symptoms when this one fires; they are left out.
        false_alarms: How often it fired on healthy runs, and on how many that was measured.
    """

    id: str
    name: str
    severity: Severity
    check: Callable[..., Match | None]
    fires_when: str
    symptom: str
    source: str
    cause: str = ""
    remedy: str = ""
    cases: tuple[Case, ...] = ()
    explains: frozenset[str] = frozenset()
    false_alarms: str = "not measured"

    @property
    def causes(self) -> tuple[Case, ...]:
        """All that may be behind it, at least one."""
        return self.cases or (Case(self.cause, self.remedy),)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of all the evidence that the check may read."""
        return tuple(signature(self.check).parameters)

    @property
    def needs(self) -> frozenset[str]:
        """Those without which the rule is skipped."""
        parameters = signature(self.check).parameters
        return frozenset(name for name, one in parameters.items() if one.default is Parameter.empty)


def diagnose(rules: Iterable[Rule], evidence: object) -> list[Finding]:
    """Apply each rule whose evidence is there, and keep the root causes.

    Args:
        rules: Rules of one or more families.
        evidence: What was measured: one of the dataclasses of ``evidence/``. None stands for a value that is
            not there.

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


def apply(rule: Rule, evidence: object) -> Finding | None:
    """Apply one rule; None when it does not fire or lacks evidence."""
    given = {name: value for name in rule.reads if (value := getattr(evidence, name, None)) is not None}
    match = rule.check(**given) if rule.needs <= given.keys() else None
    if match is None:
        return None
    texts, case = {**match.observed, **match.words}, match.case or rule.causes[0]
    return Finding(
        id=rule.id,
        name=rule.name,
        severity=match.severity or rule.severity,
        symptom=_SENTENCE.format(rule.symptom, **texts),
        evidence=match.observed,
        cause=_SENTENCE.format(case.cause, **texts),
        remedy=_SENTENCE.format(case.remedy, **texts),
        patch=match.patch,
    )
