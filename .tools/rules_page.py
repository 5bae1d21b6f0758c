"""``core/diagnosis/RULES.md``: every rule in words, from the rules themselves."""

from __future__ import annotations

import textwrap

from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.explanation import FAMILIES, causes_in_words, evidence_read_by, without_numbers
from nnbabysit.core.diagnosis.rules.registry import RULES

PATH = "core/diagnosis/RULES.md"
WIDTH = 120
HEAD = """\
# Rules

Generated from the rules by `make docs`. An ellipsis stands for what is filled in from the evidence. Where
there are several causes, what else was seen decides. How the false alarms were counted: `README.md`. The same
pages in a terminal: `nnbabysit explain TIN001`.

| id | name | severity | fires when |
|---|---|---|---|
{table}
"""


def rules_page() -> str:
    """The whole page."""
    table = "\n".join(
        f"| {rule.id} | [{rule.name}](#{_anchor(rule)}) | {rule.severity} | {_cell(rule.fires_when)} |"
        for rule in RULES
    )
    parts = [HEAD.replace("{table}", table)]
    for family in dict.fromkeys(rule.id[:3] for rule in RULES):
        parts.append(f"## {family}: {FAMILIES[family].topic}\n")
        parts += [_section(rule) for rule in RULES if rule.id.startswith(family)]
    return "\n".join(parts)


def _anchor(rule: Rule) -> str:
    return f"{rule.id.lower()}-{rule.name}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(rule: Rule) -> str:
    explained = f"leaves out as its symptoms: {', '.join(sorted(rule.explains))}" if rule.explains else ""
    lines = [
        f"*{rule.severity}*: {without_numbers(rule.symptom)}",
        f"fires when {rule.fires_when}",
        *(f"cause: {case.cause}; remedy: {case.remedy}" for case in causes_in_words(rule)),
        f"false alarms: {rule.false_alarms}",
        f"source: {rule.source}",
        explained,
        "reads " + "; ".join(f"`{name}`: {meaning}" for name, meaning in evidence_read_by(rule).items()),
    ]
    wrapped = [_WRAPPER.fill(f"- {line}") for line in lines if line]
    return f"### {rule.id} {rule.name}\n\n" + "\n".join(wrapped) + "\n"


_WRAPPER = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
