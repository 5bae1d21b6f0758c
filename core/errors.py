"""The error tree. Everything a user can cause is shown as one sentence, without a traceback.

NnbabysitError
├── UserError          usage, config or data: exit code 2
│   ├── ConfigError    every mistake of a config at once
│   ├── DataError      the data cannot be read or cannot be trained on
│   ├── ModelError     the model cannot be built, or its output does not fit the data
│   └── RunError       a run directory is missing, foreign, locked or cannot be written
├── UserCodeError      the user's own model, loss or data function raised: exit code 1
└── DiskError          the disk is full or broken: exit code 74

HookError is no part of it: it is a bug of ours, in a hook that hangs in the user's network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class NnbabysitError(Exception):
    """Base of all errors that are shown in words.

    Args:
        message: What happened, one sentence without a full stop.
        where: Place of the mistake, such as ``config.yaml:7:3`` or a path; empty if there is none.
        remedy: What to do about it, one sentence without a full stop; empty if there is nothing to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Place, message and remedy in one line."""
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}. {self.remedy}" if self.remedy else text


class UserError(NnbabysitError):
    """The user's input is at fault: a flag, the config, the data, the model or a run directory."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One mistake in a config.

    Attributes:
        where: ``file:line:column``, ``--set`` or the file alone.
        key: Dotted path of the setting, such as ``optimizer.lr``; empty for a mistake of the whole file.
        message: What is wrong and, where known, the way out.
    """

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        """The mistake on one line."""
        return f"{self.where}  {self.key}: {self.message}" if self.key else f"{self.where}  {self.message}"


class ConfigError(UserError):
    """A config has one or more mistakes; all of them are listed, in the order of the file."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


class DataError(UserError):
    """The data cannot be read, or nothing can be trained on it."""


class ModelError(UserError):
    """The model cannot be found or built, or its output does not fit the data."""


class RunError(UserError):
    """A run directory is missing, is not ours, is in use or cannot be written."""


class UserCodeError(NnbabysitError):
    """The user's own code raised; ``__cause__`` holds the exception."""


class DiskError(NnbabysitError):
    """Writing failed because the disk is full, over quota or broken; what was written before is intact."""

    exit_code = 74


class HookError(BaseException):
    """A hook of ours failed in the midst of a forward or backward pass; ``__cause__`` holds the exception.

    It passes by ``except Exception``, as KeyboardInterrupt does: the user's forward pass must not swallow it,
    and whoever takes what a forward pass raises for the user's mistake must not take this.
    """
