"""Streams: the three that a process begins with, any of which may be closed, full, or without a reader."""

from __future__ import annotations

import io
import os
import sys

from nnbabysit.core.errors import DiskError


class Output(io.TextIOWrapper):
    """stdout: a reader that has gone away (``| head``) ends it silently, anything else with the command.

    What the encoding of the terminal lacks is written as an escape: a locale without × must not end a run.
    """

    _error: DiskError | None = None

    def write(self, text: str) -> int:
        """Write; the length of the text.

        Raises:
            DiskError: It cannot be written, or could not before: Typer tries first, and passes over that.
        """
        if self._error is not None:
            raise self._error
        try:
            return super().write(text)
        except OSError as error:
            self._cannot(error)
            return len(text)

    def flush(self) -> None:
        """Flush.

        Raises:
            DiskError: It cannot be written.
        """
        try:
            super().flush()
        except OSError as error:
            self._cannot(error)

    def _cannot(self, error: OSError) -> None:
        """Let the rest go nowhere: what is left in the buffer would fail once more at the end."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        if not isinstance(error, BrokenPipeError):
            message = f"standard output cannot be written: {error.strerror}"
            self._error = DiskError(message, remedy="Make room where it goes to, or let it go elsewhere")
            raise self._error from error


class Messages(Output):
    """stderr: what cannot be told there ends nothing, for it is no result."""

    def _cannot(self, error: OSError) -> None:
        """Go on; the next line may find room again."""


def prepare_streams() -> None:
    """Open what is closed, onto nothing, and let stdout and stderr bear what they are bound to."""
    for descriptor in range(3):
        _reserve(descriptor)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = _wrapped(sys.stdout, 1, Output)
    sys.stderr = _wrapped(sys.stderr, 2, Messages)


def _reserve(descriptor: int) -> None:
    """See that the number is taken: a file of a run must not become the stdout of what is started."""
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        else:
            os.set_inheritable(descriptor, True)


def _wrapped(stream: object, descriptor: int, kind: type[Output]) -> Output:
    if not isinstance(stream, io.TextIOWrapper):  # closed, or what a program put there that calls main
        binary = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115
        return kind(binary, encoding="utf-8", errors="backslashreplace", write_through=True)
    return kind(
        stream.buffer,
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
