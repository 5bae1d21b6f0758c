"""The command line and Python leave the same files behind, however a command ends."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import nnbabysit
from nnbabysit.cli.app import run_command
from nnbabysit.core.errors import DataError
from nnbabysit.core.record.archive import read_meta, status
from nnbabysit.core.record.events import NoteEvent
from nnbabysit.core.record.run import Run
from nnbabysit.core.workflow.result import StepResult

NETWORK = """\
from torch import nn

class Net(nn.Sequential):
    def __init__(self, in_features, num_outputs):
        super().__init__(nn.Flatten(), nn.Linear(in_features, num_outputs))
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A network in a file of a new name, for Python loads a module once; its code is kept with a run."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / f"net_of_{tmp_path.name}.py"
    file.write_text(NETWORK)
    return f"{file}:Net"


def both(model: str) -> tuple[Path, Path]:
    """Run ``sanity`` from the command line and from Python; the folders of runs."""
    run_command(["sanity", "digits", "-S", f"model.name={model}", "-S", "model.args={}", "--runs-dir", "one"])
    with suppress(Exception, KeyboardInterrupt):
        nnbabysit.sanity(model, "digits", runs_dir="two")
    return Path("one"), Path("two")


def only_run(root: Path) -> Path:
    (run,) = (path for path in root.iterdir() if not path.is_symlink())
    return run


def files_of(run: Path) -> list[str]:
    return sorted(path.relative_to(run).as_posix() for path in run.rglob("*"))


def log_of(run: Path) -> list[str]:
    """Lines of the log without their times."""
    text = (run / "log.txt").read_text(encoding="utf-8")
    return [line.partition(" ")[2] for line in text.splitlines()]


def result_of(run: Path) -> Any:
    """``result.json`` without what must differ: the directory, and the command that Python does not name."""
    document = json.loads((run / "result.json").read_text(encoding="utf-8"))
    return {key: value for key, value in document.items() if key not in ("run_dir", "next", "metrics")}


def replace_workflow(monkeypatch: pytest.MonkeyPatch, error: BaseException, *, begins: bool) -> None:
    def raising(config: Any, run: Run, *, dataset: Any) -> StepResult:
        if begins:
            run.event(NoteEvent(text="working"))
        raise error

    monkeypatch.setattr("nnbabysit.core.workflow.gates.sanity.run_sanity", raising)
    monkeypatch.setattr("nnbabysit.core.api.steps.run_sanity", raising)


def test_after_a_success(model: str) -> None:
    one, two = (only_run(root) for root in both(model))
    assert files_of(one) == files_of(two)
    code = f"code/{Path(model.partition(':')[0]).name}"
    assert {"report.html", "log.txt", "result.json", code} <= set(files_of(one))
    assert (log_of(one), result_of(one)) == (log_of(two), result_of(two))
    assert len(set(log_of(one))) == len(log_of(one))


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(ZeroDivisionError("oops"), 1), (KeyboardInterrupt(), 130), (DataError("the labels are gone"), 2)],
)
def test_after_a_failure(
    error: BaseException, exit_code: int, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_workflow(monkeypatch, error, begins=True)
    one, two = (only_run(root) for root in both(model))
    assert files_of(one) == files_of(two)
    assert {"report.html", "log.txt", "result.json"} <= set(files_of(one))
    for run in (one, two):
        assert (read_meta(run)["exit_code"], status(run)) == (exit_code, "ended")
        assert log_of(run)[-1].startswith("error: ")
        assert log_of(run)[-1].removeprefix("error: ").endswith(result_of(run)["error"]["message"])
        assert result_of(run)["command"] == "sanity"
        assert result_of(run)["verdict"] in (run / "report.html").read_text(encoding="utf-8")


def test_bad_input_that_shows_before_any_work_leaves_nothing(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_workflow(monkeypatch, DataError("nothing to look at"), begins=False)
    assert [root.exists() for root in both(model)] == [False, False]


def test_what_python_raises_is_what_was_raised(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ZeroDivisionError("oops")
    replace_workflow(monkeypatch, error, begins=True)
    with pytest.raises(ZeroDivisionError) as caught:
        nnbabysit.sanity(model, "digits")
    assert caught.value is error
