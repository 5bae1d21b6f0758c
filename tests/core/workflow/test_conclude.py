"""The end of every step: what is written, and that a page cannot change the outcome."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnbabysit.core.config.loading import to_yaml
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import DiskError
from nnbabysit.core.record.run import Run
from nnbabysit.core.report.page import page
from nnbabysit.core.workflow.execute import conclude
from nnbabysit.core.workflow.result import StepResult, Table


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(root=tmp_path / "runs", command="sanity", config_yaml=to_yaml(Config()))


def result(run: Run) -> StepResult:
    table = Table(title="Loss", columns=("a", "b"), rows=(("1", "<2>"),))
    metrics = {"initial_loss": 2.3}
    return StepResult(
        command="sanity", verdict="fail", summary="no", run_dir=run.path, metrics=metrics, tables=(table,)
    )


def test_result_and_page_are_written_and_the_run_is_closed(run: Run) -> None:
    conclude(run, result(run))
    saved = json.loads((run.path / "result.json").read_text())
    assert saved["tables"] == [{"title": "Loss", "columns": ["a", "b"], "rows": [["1", "<2>"]]}]
    assert "tables" not in result(run).to_document()
    assert "&lt;2&gt;" in (run.path / "report.html").read_text()
    assert json.loads((run.path / "meta.json").read_text())["exit_code"] == 3


def test_a_page_that_fails_is_noted_and_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("our bug")

    monkeypatch.setattr(page, "write_page", broken)
    conclude(run, result(run))
    assert "ZeroDivisionError: our bug" in (run.path / "log.txt").read_text()
    assert json.loads((run.path / "meta.json").read_text())["exit_code"] == 3


def test_a_file_of_the_users_in_its_place_is_kept(run: Run) -> None:
    (run.path / "report.html").write_text("mine")
    conclude(run, result(run))
    assert (run.path / "report.html").read_text() == "mine"
    assert "is not overwritten" in (run.path / "log.txt").read_text()


def test_a_full_disk_stays_a_disk_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise DiskError("cannot be written: No space left on device")

    monkeypatch.setattr(page, "write_page", full)
    with pytest.raises(DiskError):
        conclude(run, result(run))
    run.close(74)
    assert json.loads((run.path / "meta.json").read_text())["exit_code"] == 74
