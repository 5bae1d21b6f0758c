"""``config diff`` and ``config schema``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnbabysit.cli.app import run_command

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("seed: 1\nname: x\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("name: x\noptimizer: {name: adam}\n", encoding="utf-8")


def test_both_values_and_places_stand_side_by_side(capsys: Capture) -> None:
    assert run_command(["config", "diff", "a.yaml", "b.yaml"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["setting", "a.yaml", "from", "b.yaml", "from"]
    assert rows[1] == ["seed", "1", "a.yaml:1", "0", "default"]
    assert rows[2] == ["optimizer.name", "momentum", "default", "adam", "b.yaml:2"]
    assert ["optimizer.momentum", "0.9", "default", "–"] in rows


def test_alone_a_config_is_compared_with_the_defaults(capsys: Capture) -> None:
    assert run_command(["config", "diff", "a.yaml"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["setting", "a.yaml", "from", "defaults"],
        ["name", "x", "a.yaml:2", "experiment"],
        ["seed", "1", "a.yaml:1", "0"],
    ]


def test_no_difference_is_said_and_is_no_failure(capsys: Capture) -> None:
    assert run_command(["config", "diff", "digits", "digits"]) == 0
    assert capsys.readouterr().out == "no difference between digits and digits\n"


def test_the_document_holds_both_sides(capsys: Capture) -> None:
    assert run_command(["config", "diff", "a.yaml", "b.yaml", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = {row["key"]: row for row in document["differences"]}
    assert (document["first"], document["second"]) == ("a.yaml", "b.yaml")
    assert rows["seed"]["first"] == {"value": 1, "origin": "a.yaml:1"}
    assert rows["optimizer.betas"]["first"] is None


def test_a_run_is_named_by_its_folder_or_its_name(capsys: Capture, tmp_path: Path) -> None:
    run = tmp_path / "my runs" / "2026_x"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("seed: 9\nname: x\n", encoding="utf-8")
    for words in (["my runs/2026_x"], ["2026_x", "--runs-dir", "my runs"]):
        assert run_command(["config", "diff", "a.yaml", *words]) == 0
        assert "config.yaml:1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.yaml"], "none.yaml  there is no such file"),
        (["digit"], "did you mean digits?"),
        (["a.yaml", "bad.yaml"], "bad.yaml:1:1  sed: unknown key, did you mean seed?"),
    ],
)
def test_mistakes_are_told(words: list[str], message: str, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("sed: 1\n", encoding="utf-8")
    assert run_command(["config", "diff", *words]) == 2
    assert message in capsys.readouterr().err


def test_the_schema_is_printed_or_written(capsys: Capture, tmp_path: Path) -> None:
    assert run_command(["config", "schema"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["title"] == "nnbabysit config"
    assert run_command(["config", "schema", "--output", "deep/s.json"]) == 0
    assert (tmp_path / "deep" / "s.json").read_text(encoding="utf-8") == printed
    assert run_command(["config", "schema", "--output", "deep/s.json"]) == 0
    assert run_command(["config", "schema", "--output", "a.yaml"]) == 2
    assert "a.yaml is there already" in capsys.readouterr().err
    assert (tmp_path / "a.yaml").read_text(encoding="utf-8") == "seed: 1\nname: x\n"


def test_a_run_is_named_by_the_end_of_its_name_as_everywhere(capsys: Capture, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "2026-11-20_1403_calm-otter_train"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("seed: 9\nname: x\n", encoding="utf-8")
    for word in ("calm-otter", "calm-otter_train"):
        assert run_command(["config", "diff", word, "a.yaml"]) == 0
        assert "9" in capsys.readouterr().out


def test_a_file_that_is_no_schema_is_refused_without_naming_a_flag_that_is_not_there(capsys: Capture) -> None:
    assert run_command(["config", "schema", "-o", "a.yaml"]) == 2
    message = capsys.readouterr().err
    assert "a.yaml is there already" in message
    assert "--output" in message
    assert "--force" not in message
