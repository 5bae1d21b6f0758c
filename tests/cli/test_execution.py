"""The common way of every command, with workflows that do what the test needs."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnbabysit.cli.app import run_command
from nnbabysit.cli.config_origin import value_at
from nnbabysit.cli.execution import Session, conduct
from nnbabysit.cli.options import Options
from nnbabysit.cli.run_lookup import check_runs_root, find_resumable, find_run
from nnbabysit.cli.time_arguments import length_of_time
from nnbabysit.cli.typer_app import Command
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import DataError, RunError
from nnbabysit.core.record.events import GateEvent, NoteEvent
from nnbabysit.core.record.run import Run, read_meta, status
from nnbabysit.core.workflow.result import StepResult, Verdict

Workflow = Callable[..., StepResult]
DATA = Command(name="data", order=0)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


def run(workflow: Workflow, **options: Any) -> int:
    """A command over the digits whose workflow is replaced."""
    return conduct(DATA, Options(config="digits", **options), lambda session: session.run_step(workflow))


def ending(verdict: Verdict, **more: Any) -> Workflow:
    def workflow(config: Any, run: Run, *, dataset: Any) -> StepResult:
        run.event(NoteEvent(text="working"))
        return StepResult(
            command="data",
            verdict=verdict,
            summary="so it is",
            run_dir=run.path,
            metrics={"n": float("nan")},
            **more,
        )

    return workflow


def raising(error: BaseException, *, after_work: bool = True) -> Workflow:
    def workflow(config: Any, run: Run, *, dataset: Any) -> StepResult:
        if after_work:
            run.event(NoteEvent(text="working"))
        raise error

    return workflow


def the_run() -> Path:
    (path,) = (path for path in Path("runs").iterdir() if not path.is_symlink())
    return path


@pytest.mark.parametrize(("verdict", "code"), [("pass", 0), ("fail", 3), ("diverged", 4), ("error", 1)])
def test_the_verdict_decides_the_exit_code_and_is_noted(verdict: Verdict, code: int) -> None:
    assert run(ending(verdict)) == code
    assert read_meta(the_run())["exit_code"] == code
    assert json.loads((the_run() / "result.json").read_text(encoding="utf-8"))["verdict"] == verdict


def test_text_ends_with_verdict_run_and_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    run(ending("pass", next_command="nnbabysit sanity"))
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-3:] == [
        "pass: so it is",
        f"run   {the_run()}",
        "next  nnbabysit sanity digits",
    ]
    assert captured.err.splitlines() == [
        "nnbabysit data: digits, data digits, model mlp, seed 0, device auto",
        "working",
    ]


def test_quiet_says_the_verdict_alone(capsys: pytest.CaptureFixture[str]) -> None:
    run(ending("pass"), quiet=True)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("pass: so it is\n", "")


def test_json_is_one_strict_document(capsys: pytest.CaptureFixture[str]) -> None:
    run(ending("pass", next_command="nnbabysit sanity"), json=True)
    out = capsys.readouterr().out
    document = json.loads(out, parse_constant=pytest.fail)
    assert document["metrics"] == {"n": "nan"}
    assert document["next"] == "nnbabysit sanity digits"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (DataError("the labels are gone"), 2),
        (OSError(errno.ENOSPC, "No space left on device"), 74),
        (ZeroDivisionError("oops"), 1),
    ],
)
def test_an_error_while_running_is_noted_in_the_run(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(raising(error)) == code
    assert read_meta(the_run())["exit_code"] == code
    assert status(the_run()) == "ended"
    assert (the_run() / "log.txt").is_file()
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    assert captured.out == ""


def test_a_bug_leaves_its_traceback_in_the_log_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    run(raising(ZeroDivisionError("oops")))
    assert "Traceback" in (the_run() / "log.txt").read_text(encoding="utf-8")
    assert str(the_run() / "log.txt") in capsys.readouterr().err


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    run(raising(DataError("the labels are gone")), debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_bad_input_that_shows_before_any_work_leaves_no_run() -> None:
    run(ending("pass"))
    before = the_run()
    assert run(raising(DataError("nothing to search"), after_work=False)) == 2
    assert the_run() == before
    assert Path("runs/latest").resolve() == before.resolve()


def test_the_first_run_that_fails_so_leaves_no_folder_of_runs() -> None:
    assert run(raising(DataError("nothing to search"), after_work=False)) == 2
    assert not Path("runs").exists()


def test_too_little_time_ends_a_check_with_a_no(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ending("pass"), max_time=1e-9, json=True) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "fail"


def test_the_steps_of_babysit_share_their_words() -> None:
    def step(session: Session) -> StepResult:
        def workflow(config: Any, run: Run, *, dataset: Any) -> StepResult:
            for command in ("sanity", "train"):
                with session.new_run(command, config):
                    pass
            return ending("pass")(config, run, dataset=dataset)

        return session.run_step(workflow)

    assert conduct(DATA, Options(config="digits"), step) == 0
    names = [path.name for path in Path("runs").iterdir() if not path.is_symlink()]
    assert len({name.split("_")[2] for name in names}) == 1
    assert {name.split("_")[3] for name in names} == {"data", "sanity", "train"}


def test_a_step_that_breaks_closes_the_run_of_the_step_as_well() -> None:
    def step(session: Session) -> StepResult:
        def workflow(config: Any, run: Run, *, dataset: Any) -> StepResult:
            session.new_run("sanity", config).event(NoteEvent(text="working"))
            run.event(GateEvent(command="sanity"))
            raise ZeroDivisionError

        return session.run_step(workflow)

    assert conduct(DATA, Options(config="digits"), step) == 1
    codes = [read_meta(path)["exit_code"] for path in Path("runs").iterdir() if not path.is_symlink()]
    assert codes == [1, 1]


def test_a_name_becomes_a_part_of_the_run_directory() -> None:
    run(ending("pass"), name="wide-net")
    assert "_wide-net_data" in the_run().name


def test_a_folder_of_runs_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(RunError, match="not a folder"):
            check_runs_root(root)
    check_runs_root(tmp_path / "new" / "folder")


def test_a_run_is_found_by_path_and_by_name() -> None:
    run(ending("pass"))
    assert find_run(str(the_run()), Path("runs")) == the_run().resolve()
    assert find_run(the_run().name, Path("runs")) == the_run().resolve()
    assert find_run("latest", Path("runs")) == the_run().resolve()
    with pytest.raises(RunError, match="there is no run nope"):
        find_run("nope", Path("runs"))


def test_only_trainings_and_searches_are_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    run(ending("pass"))
    with pytest.raises(RunError, match="this is a run of data"):
        find_resumable("latest", Path("runs"))
    assert run_command(["resume", "latest"]) == 2
    assert "this is a run of data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1.5h", 5400), ("1d", 86400)],
)
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert length_of_time(text) == seconds


@pytest.mark.parametrize(
    "arguments",
    [
        ["sanity", "--max-time", "soon"],
        ["sanity", "--max-time", "0s"],
        ["sanity", "--seed", "-1"],
        ["search", "--coarse", "--fine"],
        ["search", "--coarse", "--from", "x"],
        ["resume"],
        ["resume", "latest", "-S", "seed=1"],
        ["resume", "latest", "--seed", "1"],
        ["config"],
        [],
    ],
)
def test_usage_errors_end_with_2_and_leave_stdout_empty(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert not Path("runs").exists()


COMMANDS = [
    "data",
    "sanity",
    "overfit-tiny",
    "search",
    "train",
    "babysit",
    "resume",
    "config check",
    "config show",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_the_common_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Example: nnbabysit {command}" in " ".join(text.split())
    common = "-S --set --name --runs-dir --seed --device --json -q --quiet -v --verbose --max-time --debug"
    assert all(option in text for option in common.split())


def test_values_are_found_by_their_path_even_where_a_key_holds_dots() -> None:
    space = {"optimizer.lr": {"log_uniform": [1e-6, 1e-3]}}
    config = Config.model_validate(
        {"search": {"coarse": {"space": space}}, "model": {"args": {"hidden": [9]}}}
    )
    assert value_at(config, "optimizer.lr") == 1e-3
    assert value_at(config, "model.args.hidden") == [9]
    assert value_at(config, "search.coarse.space.optimizer.lr") == {"log_uniform": (1e-6, 1e-3)}
    for key in ("optimizer.speed", "model.args.depth", "name.x"):
        with pytest.raises(KeyError):
            value_at(config, key)
