"""What holds for every rule."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnbabysit.core.diagnosis
from nnbabysit.core.config.fields import find, split
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.engine import Rule
from nnbabysit.core.diagnosis.evidence_names import EVIDENCE
from nnbabysit.core.diagnosis.rules.plateau import REMEDIES
from nnbabysit.core.diagnosis.rules.registry import RULES

README = Path(nnbabysit.core.diagnosis.__path__[0]) / "README.md"
TEXTS = sorted({*(text for rule in RULES for text in (rule.cause, rule.remedy)), *REMEDIES.values()})
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
def test_all_needed_evidence_is_documented(rule: Rule) -> None:
    assert rule.needs <= EVIDENCE.keys()


@EVERY_RULE
def test_a_rule_has_all_its_texts(rule: Rule) -> None:
    assert all([rule.symptom, rule.cause, rule.remedy, rule.source, rule.needs])


@EVERY_RULE
def test_the_readme_lists_the_rule(rule: Rule) -> None:
    assert f"| {rule.id} | {rule.name} | {rule.severity} |" in README.read_text(encoding="utf-8")


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
        "import sys, nnbabysit.core.diagnosis.rules.registry, nnbabysit.core.diagnosis.evidence; "
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
