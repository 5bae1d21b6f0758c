"""The run directory: made whole or not at all, written by one process, readable after it died."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import files
from nnbabysit.core.record import run as run_module
from nnbabysit.core.record.events import Event, NoteEvent, RepairedEvent
from nnbabysit.core.record.run import Run, read_meta, status
from nnbabysit.core.record.training_events import BatchEvent

NOW = datetime(2026, 11, 20, 14, 3, 21, tzinfo=UTC)


def make(root: Path, name: str | None = "brave-otter", command: str = "train") -> Run:
    return Run.create(
        root=root, command=command, config_yaml="seed: 0\n", name=name, now=NOW, folder=root.parent
    )


def row(step: int) -> BatchEvent:
    return BatchEvent(step=step, epoch=1, loss=math.inf)


def test_meta_says_what_the_run_was_made_with(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        run.update_meta(threads=2, device="cpu", seed=0, dataset_fingerprint="ab12")
        meta = json.loads((run.path / "meta.json").read_text())
    assert {
        "schema_version": 2,
        "command": "train",
        "pid": os.getpid(),
        "cwd": str(Path.cwd()),
    }.items() <= meta.items()
    assert {"threads": 2, "device": "cpu", "seed": 0, "dataset_fingerprint": "ab12"}.items() <= meta.items()
    assert {"argv", "host", "start", "end", "exit_code", "git", "platform", "cores"} <= meta.keys()
    assert {"nnbabysit", "python", "torch", "numpy"} <= meta["versions"].keys()


def test_events_metrics_and_listeners_see_the_same(tmp_path: Path) -> None:
    heard: list[Event] = []
    run = Run.create(
        root=tmp_path, command="train", config_yaml="", now=NOW, listeners=[heard.append], clock=lambda: 5.0
    )
    with run:
        run.event(NoteEvent(text="hello"))
        run.metric(row(1))
        run.tick(NoteEvent(text="shown"))
        assert heard == [
            NoteEvent(time=5.0, text="hello"),
            replace(row(1), time=5.0),
            NoteEvent(time=5.0, text="shown"),
        ]
        assert (run.path / "events.jsonl").read_text() == '{"kind": "note", "time": 5.0, "text": "hello"}\n'
        assert json.loads((run.path / "metrics.jsonl").read_text())["loss"] == "inf"


def test_the_log_has_a_time_on_each_line_and_no_control_characters(tmp_path: Path) -> None:
    with Run.create(root=tmp_path, command="train", config_yaml="", now=NOW, clock=lambda: 0.0) as run:
        run.log("first\nse\x1b]0;cond")
        assert (run.path / "log.txt").read_text() == (
            "1970-01-01T00:00:00.000Z first\n1970-01-01T00:00:00.000Z se\\u001b]0;cond\n"
        )


def test_the_result_is_strict_json(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        run.save_result({"metrics": {"loss": math.nan}})
        assert json.loads((run.path / "result.json").read_text()) == {"metrics": {"loss": "nan"}}


def test_folders_appear_when_they_are_used(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        assert not (run.path / "plots").exists()
        assert run.plots.is_dir()
        assert run.plots == run.path / "plots"
        assert run.checkpoints.is_dir()


def test_code_is_copied_and_equal_names_are_kept_apart(tmp_path: Path) -> None:
    sources = [tmp_path / "a" / "model.py", tmp_path / "b" / "model.py"]
    for source in sources:
        source.parent.mkdir()
        source.write_text(f"# {source.parent.name}\n")
    with make(tmp_path / "runs") as run:
        run.copy_code([*sources, sources[0]])
        copies = {path.name: path.read_text() for path in (run.path / "code").iterdir()}
        assert copies == {"model.py": "# a\n", "model-2.py": "# b\n"}
        assert read_meta(run.path)["code"] == {"model.py": str(sources[0]), "model-2.py": str(sources[1])}
        with pytest.raises(RunError, match="cannot be read"):
            run.copy_code([tmp_path / "gone.py"])


def test_the_status_follows_the_lock_and_the_exit_code(tmp_path: Path) -> None:
    run = make(tmp_path)
    assert status(run.path) == "running"
    run.close(3)
    assert status(run.path) == "ended"
    assert read_meta(run.path)["exit_code"] == 3
    assert read_meta(run.path)["end"] is not None
    assert not (run.path / ".lock.holder").exists()
    other = make(tmp_path)
    other.close(None)
    assert status(other.path) == "crashed"


def test_closing_twice_keeps_the_first_exit_code(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        run.close(4)
    assert read_meta(run.path)["exit_code"] == 4


def test_the_exit_code_of_an_error_is_the_callers_to_say(tmp_path: Path) -> None:
    run = make(tmp_path)
    with pytest.raises(KeyboardInterrupt), run:
        raise KeyboardInterrupt
    assert status(run.path) == "running"
    run.close(130)
    assert read_meta(run.path)["exit_code"] == 130


def test_a_run_is_opened_again_where_it_was(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        run.event(NoteEvent(text="one"))
    with Run.open(tmp_path / "latest") as again:
        assert again.path == run.path
        assert status(run.path) == "running"
        meta = read_meta(run.path)
        assert meta["exit_code"] is None
        assert [resume["pid"] for resume in meta["resumes"]] == [os.getpid()]
        again.event(NoteEvent(text="two"))
    assert [event["text"] for event in files.read_lines(run.path / "events.jsonl")[0]] == ["one", "two"]


def test_a_torn_line_is_repaired_and_said(tmp_path: Path) -> None:
    heard: list[Event] = []
    with make(tmp_path) as run:
        run.metric(row(1))
        run.metric(row(2))
    path = run.path / "metrics.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    with Run.open(run.path, listeners=[heard.append]):
        assert [row["step"] for row in files.read_lines(path)[0]] == [1]
    assert [event.file for event in heard if isinstance(event, RepairedEvent)] == ["metrics.jsonl"]
    assert files.read_lines(run.path / "events.jsonl")[0][0]["kind"] == "repaired"


def test_a_damaged_line_in_the_middle_is_refused_and_the_lock_given_back(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        run.close(0)
    (run.path / "events.jsonl").write_text('{"ki\n{"kind": "note", "time": 1}\n')
    for _ in range(2):
        with pytest.raises(RunError, match="line 1 is damaged"):
            Run.open(run.path)
    assert status(run.path) == "ended"


def test_leftovers_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    with make(tmp_path) as run:
        (run.checkpoints / "last.pt").write_text("good")
    leftover = run.path / "checkpoints" / "last.pt.tmp.123-ab"
    leftover.write_text("half")
    with Run.open(run.path):
        assert not leftover.exists()
        assert (run.path / "checkpoints" / "last.pt").read_text() == "good"


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (None, "this is no run directory"),
        ("{", "damaged or not ours"),
        ("[]", "damaged or not ours"),
        ('{"command": "x"}', "damaged or not ours"),
        ('{"schema_version": 99}', "newer nnbabysit"),
    ],
)
def test_what_is_no_run_of_ours_is_refused(tmp_path: Path, meta: str | None, message: str) -> None:
    if meta is not None:
        (tmp_path / "meta.json").write_text(meta)
    with pytest.raises(RunError, match=message) as caught:
        Run.open(tmp_path)
    assert caught.value.where == str(tmp_path)
    assert not (tmp_path / ".lock").exists()


def test_a_run_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no such run"):
        Run.open(tmp_path / "nowhere")


def test_the_git_state_of_the_code_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "git_state", lambda folder: ({"commit": "c0ffee", "dirty": True}, "+x\n"))
    with make(tmp_path) as run:
        assert read_meta(run.path)["git"]["commit"] == "c0ffee"
        assert (run.path / "git.diff").read_text() == "+x\n"
    monkeypatch.setattr(run_module, "git_state", lambda folder: ({"error": "git did not answer"}, None))
    with make(tmp_path) as run:
        assert read_meta(run.path)["git"] == {"error": "git did not answer"}
        assert not (run.path / "git.diff").exists()
