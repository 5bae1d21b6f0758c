"""The outcome of a run, in one word and one sentence, whoever asks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.comparison import run_letter
from nnbabysit.core.record.events import StartEvent, VerdictEvent
from nnbabysit.core.record.lock import RunLock
from nnbabysit.core.record.run import Run
from nnbabysit.core.record.run_reader import RecordedRun, has_progress, read_run
from nnbabysit.core.report.page.comparison import compare_on_page
from nnbabysit.core.report.page.page import write_page

MakeRun = Callable[..., Path]
DAMAGE = ["{", "[]", '{"findings": [1]}', '{"findings": [{"id": "X"}]}',
          '{"tables": [{"title": "", "columns": ["a"], "rows": [["1", "2"]]}]}']  # fmt: skip


def banner(page: Path) -> str:
    """What stands at the top of a page: its badge and its sentence."""
    return page.read_text(encoding="utf-8").partition("<h1>")[2].partition("</h1>")[0]


@pytest.mark.parametrize(
    ("exit_code", "verdict", "outcome", "sentence"),
    [
        (0, "pass", "pass", "it ended with pass"),
        (3, None, "fail", "this run ended with exit code 3 before it came to a result"),
        (4, None, "diverged", "this run ended with exit code 4 before it came to a result"),
        (74, None, "error", "this run ended with exit code 74 before it came to a result"),
        (0, None, "ended", "this run ended with exit code 0 before it came to a result"),
        (130, None, "interrupted", "interrupted by Ctrl-C"),
        (130, "error", "interrupted", "interrupted by Ctrl-C"),
        (143, "error", "terminated", "terminated by SIGTERM"),
        (None, None, "crashed",
         "this run ended without a word: its process was killed, or the machine stopped"),
    ],
)  # fmt: skip
def test_the_outcome_is_the_same_in_a_listing_and_on_a_page(
    tmp_path: Path, make_run: MakeRun, exit_code: int | None, verdict: str | None, outcome: str, sentence: str
) -> None:
    path = make_run(tmp_path, exit_code=exit_code, verdict=verdict)
    run = RecordedRun(path)
    assert (run.outcome, run.summary) == (outcome, sentence)
    shown = banner(write_page([path], tmp_path / "page.html"))
    assert shown == f'<span class="badge {outcome}">{outcome}</span> {sentence}'


def test_an_error_is_told_with_its_place_and_the_way_out(tmp_path: Path, make_run: MakeRun) -> None:
    path = make_run(tmp_path, exit_code=2, verdict="error")
    error = {"message": "no such column", "where": "data.csv", "remedy": "Name another one"}
    (path / "result.json").write_text(json.dumps({"verdict": "error", "error": error}), encoding="utf-8")
    assert RecordedRun(path).summary == "data.csv: no such column. Name another one"


@pytest.mark.parametrize("text", DAMAGE)
def test_a_damaged_result_is_no_verdict_and_says_why(tmp_path: Path, make_run: MakeRun, text: str) -> None:
    path = make_run(tmp_path, exit_code=3)
    (path / "result.json").write_text(text, encoding="utf-8")
    run = RecordedRun(path)
    assert (run.outcome, run.verdict, run.numbers) == ("damaged", "", {})
    assert run.summary.startswith("result.json is damaged")
    with pytest.raises(RunError, match=r"result\.json is damaged") as refused:
        read_run(path)
    assert refused.value.message == run.summary


def test_a_run_is_running_until_it_has_told_its_verdict_since_it_last_started(tmp_path: Path) -> None:
    def outcome_on_disk() -> str:
        return RecordedRun(run.path).outcome

    run = Run.create(root=tmp_path, command="train", config_yaml="seed: 0\n")
    run.event(StartEvent(command="train", name="t", device="cpu"))
    assert outcome_on_disk() == "running"
    run.event(VerdictEvent(verdict="fail", summary="no"))
    run.save_result({"verdict": "fail", "summary": "no"})
    assert outcome_on_disk() == "fail"  # its page is written before it is closed
    run.close(3)
    run = Run.open(run.path)
    assert (outcome_on_disk(), RecordedRun(run.path).verdict) == ("running", "")
    run.close(None)
    assert outcome_on_disk() == "crashed"


def test_the_twenty_seventh_run_has_one_letter_on_screen_and_page(tmp_path: Path, make_run: MakeRun) -> None:
    runs = [RecordedRun(make_run(tmp_path, number)) for number in range(28)]
    labels = [one.label for one in compare_on_page(runs).runs]
    assert labels == [run_letter(index) for index in range(28)]
    assert labels[25:] == ["Z", "AA", "AB"]


def test_what_is_stopped_and_left_something_is_gone_on_with(tmp_path: Path, make_run: MakeRun) -> None:
    train = make_run(tmp_path, 0, verdict=None, exit_code=None)
    assert RecordedRun(train).next_command("here") == ""
    (train / "checkpoints").mkdir()
    (train / "checkpoints" / "last.pt").touch()
    assert RecordedRun(train).next_command("my run") == "nnbabysit resume 'my run'"
    search = make_run(tmp_path, 1, command="search-coarse", verdict="error", exit_code=130)
    (search / "study.db").touch()
    assert RecordedRun(search).next_command("here") == "nnbabysit resume here"
    assert f"nnbabysit resume {search.name}" in write_page([search], tmp_path / "page.html").read_text()
    ensemble = make_run(tmp_path, 2, command="train-ensemble", verdict=None, exit_code=143)
    assert not has_progress(ensemble, "train-ensemble")
    with (ensemble / "events.jsonl").open("a") as file:
        file.write('{"kind": "member", "time": 1.0, "seed": 1, "run_dir": "x"}\n')
    assert RecordedRun(ensemble).next_command("here") == "nnbabysit resume here"
    done = make_run(tmp_path, 3)
    shutil.copytree(train / "checkpoints", done / "checkpoints")
    assert RecordedRun(done).next_command("here") == "nnbabysit train digits --seed 1"
    lock = RunLock(done)
    lock.acquire("now")
    try:
        assert RecordedRun(done).next_command("here") == "tail -f here/log.txt"
    finally:
        lock.release()


def test_screen_and_page_name_the_same_settings_and_the_same_environment(
    tmp_path: Path, make_run: MakeRun
) -> None:
    git = {"commit": "abc", "branch": "main", "dirty": True, "untracked": []}
    run = RecordedRun(make_run(tmp_path, lr=0.5, git=git))
    assert list(run.environment)[:3] == ["versions.python", "versions.torch", "versions.numpy"]
    assert {"git.commit": "abc", "git.dirty": True, "threads": 1}.items() <= run.environment.items()
    assert "git.untracked" not in run.environment
    page = write_page([run.path], tmp_path / "page.html").read_text()
    for words in ("torch", "git commit", "git dirty", "dataset fingerprint"):
        assert f"<dt>{words}</dt>" in page
    for setting in run.settings:
        changed = f'<tr class="changed"><th scope="row">{setting.key}<span'
        assert (changed in page) is setting.changed
