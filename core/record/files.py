"""Files that survive a crash: whole or not at all, and lines that are appended whole.

A file is written beside its target, flushed to the disk and renamed over it. Writing in place loses the old
content when the process dies half-way, and a temporary file on another file system turns the rename into
a copy.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnbabysit.core.errors import DiskError, NnbabysitError, RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.strict_json import LogLine

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}
_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}
ESCAPED = "backslashreplace"
"""What becomes of bytes in a file name that are not UTF-8 where a name is only shown."""
FORBIDDEN = "See that you may write there, or choose another folder with --runs-dir or --output"
"""Remedy where a permission is missing; not every command has both flags, but each has one or needs none."""


@contextmanager
def os_errors_in_words(path: Path, verb: str = "written") -> Iterator[None]:
    """Turn an ``OSError`` of the block into one sentence about ``path``.

    Args:
        path: What the block works on.
        verb: What the block does with it, for the sentence.

    Raises:
        DiskError: No space, over quota, or the device fails.
        RunError: No permission, or the path cannot be there.
    """
    try:
        yield
    except OSError as error:
        raise _in_words(error, path, verb) from error


def _in_words(error: OSError, path: Path, verb: str = "written") -> NnbabysitError:
    """The error of this project's tree that says what ``error`` means for ``path``."""
    message = f"cannot be {verb}: {os.strerror(error.errno) if error.errno else error}"
    if error.errno in _DISK:
        remedy = "Free space or choose another disk with --runs-dir; what was written before is intact"
        return DiskError(message, where=str(path), remedy=remedy)
    forbidden = error.errno in _PERMISSION and verb == "written"
    remedy = FORBIDDEN if forbidden else ""
    return RunError(message, where=str(path), remedy=remedy)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: the block fills the path it is given, which then replaces ``path``.

    The temporary file lies in the same folder; it is flushed to the disk before the rename, the folder
    after it. If the block raises, ``path`` is as it was and the temporary file is gone.

    Raises:
        DiskError: The disk is full, over quota or broken.
        RunError: The folder cannot be written.
    """
    temporary = path.with_name(f"{path.name}.tmp.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with os_errors_in_words(path):
            yield temporary
            _flush_to_disk(temporary)
            os.replace(temporary, path)  # noqa: PTH105 (the tests record the order of the os calls)
            _flush_to_disk(path.parent)
    except BaseException:
        with suppress(OSError):  # a read-only disk refuses this too, and the first reason is the one to tell
            temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, data: bytes | str) -> None:
    """Replace the content of ``path``; text is written as UTF-8, what has no UTF-8 as an escape.

    Raises:
        DiskError: The disk is full, over quota or broken; the old content is intact.
        RunError: The folder cannot be written.
    """
    with atomic_file(path) as temporary:
        temporary.write_bytes(data.encode(errors=ESCAPED) if isinstance(data, str) else data)


def append_line(path: Path, line: str) -> None:
    """Append one line by a single write, so that no reader and no crash of ours sees half of it.

    When the disk takes only a part of the line, the part is removed again.

    Raises:
        DiskError: The disk is full, over quota or broken; the lines before are intact.
        RunError: The file cannot be written.
    """
    data = (line + "\n").encode(errors=ESCAPED)
    with os_errors_in_words(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, data) < len(data):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)


def sync(path: Path) -> None:
    """Flush an appended file to the disk, against loss of power; a missing file is none of our business.

    Raises:
        DiskError: The disk is full, over quota or broken.
    """
    if path.exists():
        with os_errors_in_words(path):
            _flush_to_disk(path)


def read_lines(path: Path) -> tuple[list[LogLine], bool]:
    """Read a file of JSON lines; a missing file is an empty one.

    Returns:
        The objects in order, and whether the last line is torn (it is left out then).

    Raises:
        RunError: A line before the last is no JSON object: the file was not damaged by a crash.
    """
    documents, end, size = _scan(path)
    return documents, end < size


def repair(path: Path) -> bool:
    """Cut off a torn last line of a file of JSON lines; the caller must hold the lock of the run.

    A last line that lacks nothing but its line break is kept and completed.

    Returns:
        Whether something was cut off.

    Raises:
        RunError: A line before the last is damaged, or the file cannot be written.
        DiskError: The disk is full, over quota or broken.
    """
    _, end, size = _scan(path)
    if size == 0:
        return False
    with os_errors_in_words(path), path.open("r+b") as file:
        file.truncate(end)
        file.seek(max(end - 1, 0))
        if end and file.read(1) != b"\n":
            file.write(b"\n")
        file.flush()
        os.fsync(file.fileno())
    return end < size


def sweep(folder: Path) -> list[Path]:
    """Remove what atomic writes of a killed process left behind; the caller must hold the lock of the run."""
    leftovers = sorted(folder.rglob("*.tmp.*"))
    with os_errors_in_words(folder):
        for path in leftovers:
            path.unlink(missing_ok=True)
    return leftovers


def _scan(path: Path) -> tuple[list[LogLine], int, int]:
    """Objects, the offset in bytes where the sound part ends, and the size in bytes."""
    try:
        with os_errors_in_words(path, "read"):
            data = path.read_bytes()
    except RunError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return [], 0, 0
        raise
    documents: list[LogLine] = []
    end = 0
    lines = io.BytesIO(data).readlines()
    for number, line in enumerate(lines, start=1):
        document = _parsed(line)
        if document is None and number < len(lines):
            raise RunError(
                f"line {number} is damaged and is not the last one, so a crash did not do it",
                where=str(path),
                remedy="Restore the file from a copy, or remove that line if you know what it was",
            )
        if document is not None:
            documents.append(document)
            end += len(line)
    return documents, end, len(data)


def _parsed(line: bytes) -> LogLine | None:
    try:
        document = strict_json.decode(line.decode())
    except ValueError:  # also UnicodeDecodeError
        return None
    return document if isinstance(document, dict) else None


def _flush_to_disk(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
