"""Results and failures as text: golden texts."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from nnbabysit.cli.render.output import drawn, failure_text, hanging, painted
from nnbabysit.cli.render.result import Settings, aligned, changes, plain_text, result_lines, shown_path
from nnbabysit.core.diagnosis.engine import Finding
from nnbabysit.core.errors import Mistake
from nnbabysit.core.workflow.failure import Failure
from nnbabysit.core.workflow.result import StepResult, Table

FINDING = Finding(
    id="INI001",
    name="initial-loss-above-chance",
    severity="error",
    symptom="The initial loss is 9.21; chance-level loss 2.303.",
    evidence={"initial_loss": 9.21034, "seeds": (0, 1, 2), "samples": 12000},
    cause="The weights start too large.",
    remedy="Start smaller: lower model.init.std.",
    patch={"model.init.std": 0.01, "optimizer.lr": 0.05},
)
TABLE = Table(
    title="Loss at initialization",
    columns=("what", "loss"),
    rows=(("seed 0", "9.2103"), ("guessing [/evenly]", "2.3026"), ("prior", "")),
)
VALUES = {"model.init.std": 1.0}
PLACES = {"model.init.std": "digits.yaml:23"}
SETTINGS = Settings(value=VALUES.__getitem__, locate=lambda key: PLACES.get(key, "default"))


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StepResult:
    monkeypatch.chdir(tmp_path)
    return StepResult(
        command="sanity",
        verdict="fail",
        summary="1 of 5 checks said no",
        run_dir=tmp_path / "runs" / "2026-11-20_1403_brave-otter_sanity",
        metrics={},
        findings=(FINDING,),
        tables=(TABLE,),
        next_command="nnbabysit sanity digits.yaml -S model.init.std=0.01",
    )


GOLDEN = """\
error     INI001 initial-loss-above-chance
          The initial loss is 9.21; chance-level loss 2.303.
evidence  initial_loss 9.210, seeds [0, 1, 2], samples 12,000
cause     The weights start too large.
remedy    Start smaller: lower model.init.std.
change    digits.yaml:23  model.init.std: 1 → 0.01
change    default  optimizer.lr: 0.05
more      nnbabysit explain INI001

fail: 1 of 5 checks said no
run   runs/2026-11-20_1403_brave-otter_sanity
next  nnbabysit sanity digits.yaml -S model.init.std=0.01
"""


def test_a_result_is_findings_verdict_run_and_next_command(result: StepResult) -> None:
    assert plain_text(result_lines(result, SETTINGS)) == GOLDEN
    assert painted(result_lines(result, SETTINGS), color=False) == GOLDEN


def test_quiet_leaves_findings_and_verdict(result: StepResult) -> None:
    text = plain_text(result_lines(result, SETTINGS, quiet=True))
    assert text == GOLDEN[: GOLDEN.index("run ")]


def test_color_changes_nothing_but_escape_codes(result: StepResult) -> None:
    text = painted(result_lines(result, SETTINGS), color=True)
    assert "\x1b[1;31mfail\x1b[0m: 1 of 5 checks said no" in text


def test_user_strings_are_cleaned(result: StepResult) -> None:
    nasty = replace(FINDING, symptom="class \x1b]0;x\x07[red]tabby\x1b[0m", patch={})
    text = plain_text(result_lines(replace(result, findings=(nasty,)), None))
    assert "          class [red]tabby\n" in text


def test_without_settings_a_patch_has_no_place() -> None:
    assert changes({"optimizer.lr": 0.05}, None) == ["optimizer.lr: 0.05"]


def test_a_table_in_a_pipe_is_aligned_and_complete() -> None:
    assert aligned(TABLE) == [
        "Loss at initialization",
        "what                  loss",
        "seed 0              9.2103",
        "guessing [/evenly]  2.3026",
        "prior",
    ]


def test_a_wide_table_in_a_pipe_is_neither_wrapped_nor_cut() -> None:
    wide = Table(title="", columns=("a", "b"), rows=(("x" * 500, "y" * 500),))
    assert aligned(wide)[1] == "x" * 500 + "  " + "y" * 500


def test_a_table_in_a_terminal_folds_and_takes_no_markup() -> None:
    stream = io.StringIO()
    console = Console(
        file=stream, width=24, no_color=True, markup=False, highlight=False, legacy_windows=False
    )
    console.print(drawn(TABLE))
    text = stream.getvalue()
    assert "…" not in text
    assert "[/evenly" in text.replace("\n", "")
    assert all(len(line) <= 24 for line in text.splitlines())


def test_a_finding_in_a_terminal_is_wrapped_between_words_beside_its_label(result: StepResult) -> None:
    console = Console(file=io.StringIO(), width=40, no_color=True, markup=False, highlight=False)
    parts = [shown for line in result_lines(result, SETTINGS) if (shown := hanging(line)) is not None]
    console.print(*parts, sep="\n")
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines[:4] == [
        "error     INI001",
        "          initial-loss-above-chance",
        "          The initial loss is 9.21;",
        "          chance-level loss 2.303.",
    ]


def test_paths_and_commands_stay_in_one_piece(result: StepResult) -> None:
    *_, run, following = result_lines(result, SETTINGS)
    assert hanging(run) is None
    assert hanging(following) is None


def test_the_path_is_relative_when_that_is_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "runs" / "a") == "runs/a"
    assert shown_path(Path("/usr")) == "/usr"


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (
            Failure(exit_code=2, message="cannot be read", where="x.npz", remedy="Check the path"),
            "error: x.npz: cannot be read. Check the path.",
        ),
        (Failure(exit_code=130, message="interrupted"), "error: interrupted."),
        (
            Failure(exit_code=2, message="there is no column 'a'", remedy="Did you mean 'A'?"),
            "error: there is no column 'a'. Did you mean 'A'?",
        ),
        (
            Failure(
                exit_code=2, message="", mistakes=(Mistake(where="a.yaml:1:1", key="x", message="unknown"),)
            ),
            "error: a.yaml:1:1  x: unknown",
        ),
    ],
)
def test_a_failure_is_one_sentence(failure: Failure, text: str) -> None:
    assert failure_text(failure, color=False) == text


def test_several_mistakes_have_a_line_each() -> None:
    mistakes = tuple(Mistake(where=f"a.yaml:{n}:1", key="x", message="unknown") for n in (1, 2))
    assert failure_text(Failure(exit_code=2, message="", mistakes=mistakes), color=False).splitlines() == [
        "error: 2 mistakes in the config",
        "a.yaml:1:1  x: unknown",
        "a.yaml:2:1  x: unknown",
    ]


def test_a_failure_document_has_the_fields_of_every_document() -> None:
    document: dict[str, Any] = Failure(exit_code=2, message="m", where="w", remedy="r").to_document(
        "data", None
    )
    assert document == {
        "schema_version": 1,
        "command": "data",
        "verdict": "error",
        "run_dir": None,
        "metrics": {},
        "findings": [],
        "error": {"message": "m", "where": "w", "remedy": "r"},
    }
