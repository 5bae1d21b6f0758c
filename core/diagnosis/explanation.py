"""Explanation: the page of a rule, from the rule itself and the evidence that it reads."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from difflib import get_close_matches

from nnbabysit.core.diagnosis.engine import Case, Rule
from nnbabysit.core.diagnosis.evidence.data_evidence import DataEvidence
from nnbabysit.core.diagnosis.evidence.run_evidence import RunEvidence
from nnbabysit.core.diagnosis.evidence.sanity_evidence import SanityEvidence
from nnbabysit.core.diagnosis.evidence.search_evidence import BorderEvidence, TrialsEvidence
from nnbabysit.core.diagnosis.evidence.tiny_evidence import TinyEvidence
from nnbabysit.core.diagnosis.rules.registry import RULES
from nnbabysit.core.errors import UserError
from nnbabysit.core.record.finding_names import OLD_NAMES


@dataclass(frozen=True, slots=True)
class Family:
    """Rules whose ids begin alike: what they are about, the command that asks them, what they read."""

    topic: str
    command: str
    evidence: tuple[type, ...]


FAMILIES: dict[str, Family] = {
    "DAT": Family("the data", "data", (DataEvidence,)),
    "INI": Family("the network before training", "sanity", (SanityEvidence,)),
    "TIN": Family("overfitting a tiny set", "overfit-tiny", (TinyEvidence,)),
    "SEA": Family("a search", "search", (TrialsEvidence, BorderEvidence)),
    "NUM": Family("numbers that are not finite", "train", (RunEvidence,)),
    "UPD": Family("update-to-weight ratios", "train", (RunEvidence,)),
    "ACT": Family("activations", "train", (RunEvidence,)),
    "CUR": Family("loss and accuracy curves", "train", (RunEvidence,)),
    "ANS": Family("predictions", "train", (RunEvidence,)),
}
"""What the first three letters of an id stand for."""


def family_of(rule: Rule) -> Family:
    """The family that a rule belongs to."""
    return FAMILIES[rule.id[:3]]


def evidence_read_by(rule: Rule) -> dict[str, str]:
    """Name → meaning of all that a rule reads, in the order of its check's parameters."""
    known = {name: text for one in family_of(rule).evidence for name, text in meanings(one).items()}
    return {name: known[name] for name in rule.reads}


def meanings(evidence: type) -> dict[str, str]:
    """Name → meaning of a dataclass of evidence: its attributes as documented, then its properties."""
    section = (inspect.getdoc(evidence) or "").replace("`", "").partition("Attributes:\n")[2]
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    found = {name: " ".join(text.split()).rstrip(".") for name, text in entries}
    for name, member in vars(evidence).items():
        if isinstance(member, property):
            found[name] = (inspect.getdoc(member) or "").partition("\n")[0].rstrip(".")
    return found


def find_rule(word: str) -> Rule:
    """The rule of an id or a name, in any case; names of older versions are known too.

    Raises:
        UserError: There is no such rule; the nearest are named.
    """
    wanted = word.strip().lower().replace("_", "-").replace(" ", "-")
    wanted = OLD_NAMES.get(wanted, wanted)
    by_word = {key.lower(): rule for rule in RULES for key in (rule.id, rule.name)}
    if wanted in by_word:
        return by_word[wanted]
    near = get_close_matches(wanted, by_word, n=2)
    named = dict.fromkeys(f"{by_word[key].id} {by_word[key].name}" for key in near)
    meant = f"Did you mean {' or '.join(named)}? " if named else ""
    raise UserError(f"no finding is called {word!r}", remedy=f"{meant}`nnbabysit rules` lists them all")


def without_numbers(text: str) -> str:
    """A text of a rule with an ellipsis for each number that is filled in when it fires."""
    return re.sub(r"\{[^}]*\}", "…", text)


def causes_in_words(rule: Rule) -> list[Case]:
    """What may be behind a rule's finding, each with its remedy, numbers left out."""
    return [Case(without_numbers(case.cause), without_numbers(case.remedy)) for case in rule.causes]


def to_document(rule: Rule) -> dict[str, object]:
    """The page of a rule as JSON-ready builtins."""
    family = family_of(rule)
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity,
        "about": family.topic,
        "asked_by": family.command,
        "symptom": without_numbers(rule.symptom),
        "fires_when": rule.fires_when,
        "evidence": evidence_read_by(rule),
        "false_alarms": rule.false_alarms,
        "causes": [{"cause": case.cause, "remedy": case.remedy} for case in causes_in_words(rule)],
        "explains": sorted(rule.explains),
        "source": rule.source,
    }
