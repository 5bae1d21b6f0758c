"""``core/diagnosis/RULES.md``: every rule in words, from the rules themselves."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path

from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.rules.registry import RULES

PATH = "core/diagnosis/RULES.md"
WIDTH = 120
FAMILIES = {
    "DAT": "the data",
    "INI": "the network before training",
    "TIN": "a tiny set, learned by heart",
    "SEA": "a search",
    "NUM": "numbers that are none",
    "UPD": "the size of the steps",
    "ACT": "units that are off",
    "CUR": "the curves",
    "ANS": "the answers",
}
"""What the first three letters of an id stand for."""

HEAD = """\
# Rules

Generated from the rules by `make docs`; when each fires, and how often, is in `README.md`. An ellipsis
stands for what is filled in from the evidence. A cause that is one of several is chosen by what else was
seen, in the file that is named.

| id | name | severity |
|---|---|---|
{table}
"""


def rules_page() -> str:
    """The whole page."""
    table = "\n".join(f"| {rule.id} | [{rule.name}](#{_anchor(rule)}) | {rule.severity} |" for rule in RULES)
    parts = [HEAD.replace("{table}", table)]
    for family in dict.fromkeys(rule.id[:3] for rule in RULES):
        parts.append(f"## {family}: {FAMILIES[family]}\n")
        parts += [_section(rule) for rule in RULES if rule.id.startswith(family)]
    return "\n".join(parts)


def _anchor(rule: Rule) -> str:
    return f"{rule.id.lower()}-{rule.name}"


def _section(rule: Rule) -> str:
    explained = f"leaves out as its symptoms: {', '.join(sorted(rule.explains))}" if rule.explains else ""
    lines = [
        f"*{rule.severity}*: {_filled(rule.symptom)}",
        f"cause: {_choice(rule, rule.cause)}",
        f"remedy: {_choice(rule, rule.remedy)}",
        f"source: {_filled(rule.source)}",
        explained,
        "reads " + ", ".join(f"`{name}`" for name in sorted(rule.needs)),
    ]
    wrapped = [_WRAPPER.fill(f"- {line}") for line in lines if line]
    return f"### {rule.id} {rule.name}\n\n" + "\n".join(wrapped) + "\n"


_WRAPPER = textwrap.TextWrapper(WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _choice(rule: Rule, text: str) -> str:
    """A text, or where it is chosen when nothing of it is fixed."""
    if re.fullmatch(r"\{\w+\}", text):
        return f"one of several, by the evidence: `{Path(inspect.getfile(rule.check)).name}`"
    return _filled(text)


def _filled(text: str) -> str:
    return re.sub(r"\{[^}]*\}", "…", text)
