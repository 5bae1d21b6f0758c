"""``explain`` and ``rules``: the page of a finding, and the list of all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nnbabysit.cli.app import run_command
from nnbabysit.core.diagnosis.rules.registry import RULES
from nnbabysit.core.record.finding_names import OLD_EVIDENCE, OLD_NAMES, under_current_names
from nnbabysit.core.record.strict_json import Json

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "word", ["TIN001", "tin001", "tiny-set-not-learned", "Tiny-Set-Not-Learned", "tiny-set-not-learnt"]
)
def test_a_finding_is_found_by_id_and_by_name_in_any_case_and_by_its_old_name(
    word: str, capsys: Capture
) -> None:
    assert run_command(["explain", word]) == 0
    assert capsys.readouterr().out.startswith("error     TIN001 tiny-set-not-learned\n")


def test_the_page_has_condition_evidence_false_alarms_causes_and_source(capsys: Capture) -> None:
    assert run_command(["explain", "UPD002"]) == 0
    lines = capsys.readouterr().out.splitlines()
    labels = [line[:10].strip() for line in lines]
    assert list(dict.fromkeys(label for label in labels if label)) == [
        "warning", "fires", "found by", "reads", "wrong", "cause", "remedy", "hides", "source",
    ]  # fmt: skip
    assert labels.count("cause") == labels.count("remedy") == 3, "each of the three causes has its remedy"
    assert "below 1e-4" in lines[2]
    assert "none on 157 healthy runs" in lines[labels.index("wrong")]
    assert not any("{" in line for line in lines), "no place of a number is left open"


def test_what_was_not_measured_is_said_to_be_so(capsys: Capture) -> None:
    assert run_command(["explain", "SEA002", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)["rule"]
    assert page["false_alarms"] == "not measured"
    assert page["evidence"]["trial_states"] == "Per trial: complete, diverged, stopped or failed"


@pytest.mark.parametrize(("word", "nearest"), [("TIN01", "TIN001"), ("nothing-lerned", "CUR007")])
def test_an_unknown_finding_is_answered_with_the_nearest(word: str, nearest: str, capsys: Capture) -> None:
    assert run_command(["explain", word]) == 2
    assert f"Did you mean {nearest}" in capsys.readouterr().err


def test_the_list_has_every_rule(capsys: Capture) -> None:
    assert run_command(["rules"]) == 0
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:-1]]
    assert ids == [rule.id for rule in RULES]
    assert run_command(["rules", "--json"]) == 0
    assert [rule["id"] for rule in json.loads(capsys.readouterr().out)["rules"]] == ids


def test_explaining_loads_no_torch() -> None:
    code = (
        "import sys; from nnbabysit.cli.app import run_command; run_command(['explain', 'TIN001']); "
        "print({'torch', 'numpy', 'matplotlib', 'optuna'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_old_names_lead_to_names_of_today() -> None:
    assert set(OLD_NAMES.values()) <= {rule.name for rule in RULES}
    assert not OLD_NAMES.keys() & {rule.name for rule in RULES}
    assert not OLD_EVIDENCE.keys() & {name for rule in RULES for name in rule.reads}


def test_a_finding_of_an_older_version_is_read_under_the_names_of_today() -> None:
    evidence: dict[str, Json] = {"share": 0.1, "first_loss": 2.0}
    old: dict[str, Json] = {"id": "DAT006", "name": "inputs-normalised-twice", "evidence": evidence}
    assert under_current_names(old) == {
        "id": "DAT006",
        "name": "inputs-normalized-twice",
        "evidence": {"fraction": 0.1, "first_loss": 2.0},
    }
    assert under_current_names({"name": 3}) == {"name": 3}
