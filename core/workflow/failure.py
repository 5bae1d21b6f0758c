"""Failure: what each kind of exception means to the user, in words and as an exit code."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.errors import ConfigError, Mistake, NnbabysitError, UserError
from nnbabysit.core.formatting import duration
from nnbabysit.core.paths import ELSEWHERE, GONE, is_current_folder_gone

BUG, USAGE, CHECK, DISK, INTERRUPTED, TERMINATED = 1, 2, 3, 74, 130, 143
DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EIO}

LogBook = Callable[[str], str]
"""Keeps a traceback and returns where it is."""


class Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt it passes by ``except Exception``."""


class TimeIsUp(BaseException):
    """The time limit was reached before the command was done."""

    def __init__(self, seconds: float) -> None:
        """The limit in seconds."""
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a command could not end with a result.

    Attributes:
        exit_code: Exit code of the process.
        message: What happened, one sentence; a list of mistakes has one line each.
        where: Place of the mistake; empty if there is none.
        remedy: The way out; empty if there is none.
        mistakes: All mistakes of a config.
        verdict: ``error``, or ``fail`` when a check had no time to pass.
    """

    exit_code: int
    message: str
    where: str = ""
    remedy: str = ""
    mistakes: tuple[Mistake, ...] = ()
    verdict: str = "error"

    def to_document(self, command: str, run_dir: str | None) -> dict[str, Any]:
        """The JSON document that ``--json`` prints and ``result.json`` holds."""
        error: dict[str, Any] = {"message": self.message, "where": self.where, "remedy": self.remedy}
        if self.mistakes:
            error["mistakes"] = [
                {"where": mistake.where, "key": mistake.key, "message": mistake.message}
                for mistake in self.mistakes
            ]
        return {
            "schema_version": 1,
            "command": command,
            "verdict": self.verdict,
            "run_dir": run_dir,
            "metrics": {},
            "findings": [],
            "error": error,
        }


def failure_of(error: BaseException, log_book: LogBook, *, resumable: str = "", step: str = "") -> Failure:
    """The failure behind an exception.

    Args:
        error: What was raised.
        log_book: Keeps the traceback of a bug.
        resumable: The command that continues the run; empty if it cannot be continued.
        step: The step of ``babysit`` that was going on, such as ``search --coarse``; empty elsewhere.
    """
    continued = f"Continue with {resumable}" if resumable else ""
    during = f" in {step}" if step else ""
    if isinstance(error, Exception) and _needs_current_folder(error):
        return Failure(exit_code=USAGE, message=GONE, remedy=ELSEWHERE)
    if isinstance(error, ConfigError):
        return Failure(exit_code=error.exit_code, message=error.message, mistakes=error.mistakes)
    if isinstance(error, NnbabysitError):
        return Failure(
            exit_code=error.exit_code, message=error.message, where=str(error.where), remedy=error.remedy
        )
    if isinstance(error, KeyboardInterrupt):
        return Failure(exit_code=INTERRUPTED, message=f"interrupted{during}", remedy=continued)
    if isinstance(error, Terminated):
        return Failure(exit_code=TERMINATED, message=f"terminated by SIGTERM{during}", remedy=continued)
    if isinstance(error, TimeIsUp):
        message = f"the time limit of {duration(error.seconds)} was reached before the command was done"
        return Failure(
            exit_code=CHECK, message=message, remedy="Give it more with --max-time", verdict="fail"
        )
    if isinstance(error, OSError) and error.errno in DISK_ERRNOS:
        where = str(error.filename or "")
        remedy = f"Make room, then go on. {continued}".rstrip()
        return Failure(exit_code=DISK, message=f"cannot write: {error.strerror}", where=where, remedy=remedy)
    return _bug(error, log_book)


def _needs_current_folder(error: BaseException) -> bool:
    """Whether something was not found because the current folder is gone, as relative paths are not then."""
    chain: list[BaseException] = [error]
    while (above := chain[-1].__cause__ or chain[-1].__context__) is not None and above not in chain:
        chain.append(above)
    return any(isinstance(link, FileNotFoundError | UserError) for link in chain) and is_current_folder_gone()


def _bug(error: BaseException, log_book: LogBook) -> Failure:
    """Our bug, the user's code in the midst of a run, or a limit of the machine that nothing had foreseen."""
    import traceback  # not needed for the mistakes of users, which are to be told fast

    from nnbabysit.core.user_code import raised_at, users_own

    place = log_book("".join(traceback.format_exception(error)))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, without torch
        remedy = f"Lower training.batch_size or shrink the model; the traceback is in {place}"
        return Failure(exit_code=BUG, message="out of memory", remedy=remedy)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    if isinstance(error, Exception | SystemExit) and users_own(error):
        remedy = f"Your own code raised; the traceback is in {place}"
        return Failure(exit_code=BUG, message=what[:300].rstrip("."), where=raised_at(error), remedy=remedy)
    return Failure(
        exit_code=BUG,
        message=f"this is a bug in nnbabysit ({what[:300]})",
        remedy=f"Please report it; the traceback is in {place}",
    )


def keep_in_temporary_file(text: str) -> str:
    """Write a traceback into a new file of the temporary folder; returns its path, or why there is none."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="nnbabysit-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(text)
            return file.name
    except OSError:
        return "no file, for none can be written; --debug shows it"
