"""``config check`` and ``config show``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from nnbabysit.cli.app import run_command
from nnbabysit.cli.config_origin import annotated


def test_check_says_ok(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["config", "check", "digits"]) == 0
    assert capsys.readouterr().out == "ok: digits\n"


def test_check_prints_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["config", "check", "digits", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "pass"


def test_show_names_the_origin_of_each_value_and_can_be_run_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(
        "name: mine\noptimizer:\n  name: adam\n  lr: 1e-2\n", encoding="utf-8"
    )
    arguments = ["mine.yaml", "-S", "training.epochs=3", "--seed", "5"]
    assert run_command(["config", "show", *arguments]) == 0
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "name: mine # mine.yaml:1" in lines
    assert "seed: 5 # --seed" in lines
    (tmp_path / "again.yaml").write_text(shown, encoding="utf-8")
    run_command(["config", "show", *arguments, "--json"])
    first = json.loads(capsys.readouterr().out)
    run_command(["config", "show", "again.yaml", "--json"])
    again = json.loads(capsys.readouterr().out)
    assert again["config"] == first["config"]
    assert first["origins"]["optimizer.lr"] == "mine.yaml:4"
    assert first["origins"]["training.epochs"] == "--set"
    assert first["origins"]["seed"] == "--seed"
    assert first["origins"]["training.batch_size"] == "default"


def test_a_name_like_a_number_stays_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["config", "show", "digits", "--name", "12", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["name"] == "12"


def test_comments_never_change_what_is_read() -> None:
    text = "a: {b: 1, c: [1, 2]}\nd:\n- x\n- \"y #\"\ne:\n  f: {}\n  g: 'long\n    text'\n"
    noted = annotated(text, lambda key: f"from {key}")
    assert yaml.safe_load(noted) == yaml.safe_load(text)
    assert "# from e.f" in noted
    assert "# from d" in noted
