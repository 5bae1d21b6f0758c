"""Exceptions as exit codes and sentences."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from nnbabysit.core.errors import ConfigError, DataError, DiskError, Mistake, UserCodeError
from nnbabysit.core.workflow.failure import Failure, Terminated, TimeIsUp, failure_of, keep_in_temporary_file


def failure(error: BaseException, resumable: str = "") -> Failure:
    return failure_of(error, lambda text: "log.txt", resumable=resumable)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (DataError("labels run to 9", where="y", remedy="Count"), 2),
        (UserCodeError("your model raised", where="model.py:3"), 1),
        (DiskError("the disk is full"), 74),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 74),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 74),
        (KeyboardInterrupt(), 130),
        (Terminated(), 143),
        (TimeIsUp(90), 3),
        (ZeroDivisionError("x"), 1),
        (OSError(errno.ECHILD, "No child processes"), 1),
        (MemoryError(), 1),
        (ConfigError([Mistake(where="a.yaml:1:1", key="x", message="unknown")]), 2),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error: BaseException, exit_code: int) -> None:
    assert failure(error).exit_code == exit_code


def test_an_interrupted_training_says_how_to_go_on() -> None:
    assert (
        failure(KeyboardInterrupt(), "nnbabysit resume runs/a").remedy
        == "Continue with nnbabysit resume runs/a"
    )
    assert failure(KeyboardInterrupt()).remedy == ""


def test_a_bug_is_one_sentence_with_the_place_of_the_traceback() -> None:
    found = failure(ZeroDivisionError("division\nby zero"))
    assert found.message == "this is a bug in nnbabysit (ZeroDivisionError: division by zero)"
    assert found.remedy.endswith("log.txt")


def test_a_failure_that_is_no_mistake_keeps_place_and_remedy() -> None:
    found = failure(DataError("labels run to 9", where="y.npz", remedy="Count the classes"))
    assert (found.message, found.where, found.remedy) == ("labels run to 9", "y.npz", "Count the classes")


def test_too_little_time_is_a_check_that_said_no() -> None:
    found = failure(TimeIsUp(90))
    assert found.verdict == "fail"
    assert "1m30s" in found.message


def test_running_out_of_memory_names_the_batch_size() -> None:
    assert "training.batch_size" in failure(MemoryError()).remedy


def test_a_traceback_is_kept_in_a_new_file() -> None:
    path = Path(keep_in_temporary_file("Traceback …"))
    assert path.read_text(encoding="utf-8") == "Traceback …"
    path.unlink()


def test_a_traceback_that_cannot_be_kept_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    remedy = failure_of(ZeroDivisionError("x"), keep_in_temporary_file).remedy
    assert remedy.endswith("the traceback is in no file, for none can be written; --debug shows it")
