"""Rule page: a finding explained, and the list of all, as JSON or as text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from nnbabysit.cli.query import document
from nnbabysit.cli.render.output import new_console, print_json, print_lines, print_table
from nnbabysit.cli.render.result import LABEL, SEVERITY_STYLES, Line, Span, aligned, plain_text
from nnbabysit.cli.render.terminal import Terminal, write
from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.explanation import (
    causes_in_words,
    evidence_read_by,
    family_of,
    find_rule,
    to_document,
    without_numbers,
)
from nnbabysit.core.diagnosis.rules.registry import RULES


def print_rule(word: str, *, as_json: bool) -> int:
    """Print the page of the rule that an id or a name stands for.

    Raises:
        UserError: There is no such rule.
    """
    rule = find_rule(word)
    if as_json:
        print_json(document("explain", rule=to_document(rule)))
    else:
        print_lines(list(rule_lines(rule)), Terminal.detect(os.environ, sys.stdout, sys.stderr))
    return 0


def rule_lines(rule: Rule) -> Iterator[Line]:
    """Heading and labeled paragraphs; an ellipsis stands for each number that a run fills in."""
    yield (
        Span(f"{rule.severity:<{LABEL}}", SEVERITY_STYLES[rule.severity]),
        Span(f"{rule.id} {rule.name}", "bold"),
    )
    yield _labeled("", without_numbers(rule.symptom))
    yield _labeled("fires", f"when {rule.fires_when}")
    yield _labeled("found by", f"nnbabysit {family_of(rule).command}")
    for number, (name, meaning) in enumerate(evidence_read_by(rule).items()):
        yield _labeled("" if number else "reads", f"{name}: {meaning}")
    yield _labeled("wrong", rule.false_alarms)
    for case in causes_in_words(rule):
        yield _labeled("cause", case.cause)
        yield _labeled("remedy", case.remedy)
    if rule.explains:
        yield _labeled("hides", f"{', '.join(sorted(rule.explains))}, which are then only symptoms of it")
    yield _labeled("source", rule.source)


def _labeled(label: str, text: str) -> Line:
    return Span(f"{label:<{LABEL}}", "dim"), Span(text)


def print_rules(*, as_json: bool) -> int:
    """Print the list of all rules."""
    if as_json:
        print_json(document("rules", rules=[to_document(rule) for rule in RULES]))
        return 0
    from nnbabysit.core.workflow.result import Table

    rows = tuple((rule.id, rule.severity, rule.name, family_of(rule).command) for rule in RULES)
    table = Table(title="", columns=("id", "severity", "finding", "found by"), rows=rows)
    terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
    if terminal.rich:
        print_table(new_console(sys.stdout, color=terminal.color), table)
    else:
        write(sys.stdout, "\n".join(aligned(table)) + "\n")
    hint = (Span("next  ", "dim"), Span("nnbabysit explain ID"))
    write(sys.stdout, plain_text([hint]))
    return 0
