"""Between step and rule: each rule is asked by a step that hands over what it needs, nothing more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.core.config.loading import load_config, with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.diagnosis.engine import Finding, Rule
from nnbabysit.core.diagnosis.engine import diagnose as real_diagnose
from nnbabysit.core.diagnosis.rules.registry import RULES
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.gates import data as data_check
from nnbabysit.core.workflow.gates import overfit_tiny, sanity
from nnbabysit.core.workflow.gates.search import search, search_outcome
from nnbabysit.core.workflow.gates.train import train

SHORT: dict[str, Any] = {
    "device": "cpu",
    "sanity.seeds": 1,
    "overfit_tiny.epochs": 2,  # too few: the rule is asked on failure alone
    "training.epochs": 1,
    "search.coarse.trials": 4,
    "search.coarse.epochs": 1,
    "search.coarse.space": {"optimizer.lr": {"log_uniform": [1e-6, 1e-4]}},
}


class Asked:
    """Stands in for ``diagnose`` and notes what it was given."""

    def __init__(self) -> None:
        self.rules: set[str] = set()
        self.answerable: set[str] = set()
        self.evidence: set[Any] = set()

    def __call__(self, rules: Iterable[Rule], evidence: object) -> list[Finding]:
        rules = tuple(rules)
        there = {name for rule in rules for name in rule.reads if getattr(evidence, name, None) is not None}
        self.evidence.add(type(evidence))
        self.rules |= {rule.id for rule in rules}
        self.answerable |= {rule.id for rule in rules if rule.needs <= there}
        return real_diagnose(rules, evidence)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """All steps on the digits; data and training on real-valued targets too."""
    noted, folder = Asked(), tmp_path_factory.mktemp("runs")
    config = with_values(load_config("digits", cwd=folder).config, SHORT)
    with pytest.MonkeyPatch.context() as patch:
        for module in (data_check, sanity, overfit_tiny, search_outcome, train):
            patch.setattr(module, "diagnose", noted)
        regression = with_values(config, {"loss": "mse"})
        for changed in (config, regression):
            with _run(folder, changed) as run:
                data_check.run_data_check(changed, run)
        with _run(folder, regression) as run:
            train.run_train(regression, run)
        with _run(folder, config) as run:
            sanity.run_sanity(config, run)
            overfit_tiny.run_overfit_tiny(config, run)
            search.run_search(config, run, stage="coarse")
            train.run_train(config, run)
    return noted


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_step_asks_the_rule_and_hands_over_what_it_needs(asked: Asked, rule: Rule) -> None:
    assert rule.id in asked.rules
    assert rule.id in asked.answerable, f"{rule.needs} is measured by nobody"


def test_no_evidence_is_handed_over_in_vain(asked: Asked) -> None:
    read = {name for rule in RULES for name in rule.reads}
    read |= {"prior_loss", "train_bar", "val_bar"}  # by way of the curves
    for gate in asked.evidence:
        assert {field.name for field in fields(gate)} <= read, gate


def _run(folder: Path, config: Config) -> Run:
    return Run.create(root=folder, command="test", config_yaml="", words="a-test")
