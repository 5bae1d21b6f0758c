"""What holds for every rule."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from nnbabysit.core.config.fields import find, split
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.explanation import FAMILIES, evidence_read_by, family_of, meanings
from nnbabysit.core.diagnosis.rules import registry
from nnbabysit.core.diagnosis.rules.registry import RULES

TEXTS = sorted({text for rule in RULES for case in rule.causes for text in (case.cause, case.remedy)})
SETTING = re.compile(rf"\b(?:{'|'.join(Config.model_fields)})(?:\.[a-z][a-z0-9_]*)+")
EVERY_RULE = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))


def test_names_are_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))


@EVERY_RULE
def test_an_id_is_a_family_and_a_number_and_a_name_is_words_with_hyphens(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)


@EVERY_RULE
def test_all_that_a_rule_reads_is_documented_evidence_of_its_gate(rule: Rule) -> None:
    assert all(evidence_read_by(rule).values())
    assert rule.needs


def test_every_field_of_evidence_is_documented_and_nothing_else() -> None:
    for gate in {one for family in FAMILIES.values() for one in family.evidence}:
        members = {name for name, value in vars(gate).items() if isinstance(value, property)}
        assert meanings(gate).keys() == {field.name for field in fields(gate)} | members, gate


@EVERY_RULE
def test_a_rule_has_all_its_texts(rule: Rule) -> None:
    assert all([rule.fires_when, rule.symptom, rule.source, rule.false_alarms, family_of(rule)])
    assert all(case.cause and case.remedy for case in rule.causes)


def test_every_file_of_rules_is_in_the_registry() -> None:
    folder = Path(registry.__file__).parent
    with_rules = {path.stem for path in folder.glob("*.py") if "= Rule(" in path.read_text(encoding="utf-8")}
    assert with_rules == {file.__name__.rpartition(".")[2] for file in registry.FILES}


@EVERY_RULE
def test_a_rule_explains_others_that_exist_and_not_itself(rule: Rule) -> None:
    assert rule.explains <= {other.id for other in RULES} - {rule.id}


@pytest.mark.parametrize("text", TEXTS)
def test_a_setting_that_a_text_names_exists(text: str) -> None:
    for key in SETTING.findall(text):
        assert find(split(key)) is not None, key


def test_no_two_rules_explain_each_other_away() -> None:
    explains = {rule.id: rule.explains for rule in RULES}
    for rule_id in explains:
        assert rule_id not in set(_all_explained(rule_id, explains)), f"{rule_id} would explain itself away"


def test_the_rules_import_without_torch_and_numpy() -> None:
    code = (
        "import sys, nnbabysit.core.diagnosis.explanation; "
        "print(sorted({'torch', 'numpy', 'optuna', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _all_explained(rule_id: str, explains: dict[str, frozenset[str]]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(explains[rule_id])
    while waiting:
        explained = waiting.pop()
        if explained not in seen:
            seen.add(explained)
            yield explained
            waiting.extend(explains[explained])
