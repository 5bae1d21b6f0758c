"""Lock of a run directory: held by the process that writes the run, and gone with it, whatever way it dies.

The lock is the operating system's (flock), not a file with a process number in it: numbers are used again.
Beside it lies a note that says who holds it, for the message only.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from nnbabysit.core.errors import RunError
from nnbabysit.core.record import strict_json
from nnbabysit.core.record.files import os_errors_in_words, write_atomically

LOCK = ".lock"
HOLDER = ".lock.holder"
_PATIENCE_SECONDS = 0.3  # `status` of another process takes the lock for a moment to see whether it is free


class RunLock:
    """The lock of one run directory."""

    def __init__(self, folder: Path) -> None:
        """Prepare the lock of ``folder``; nothing is taken yet."""
        from filelock import FileLock  # a tenth of the time of a listing, which seldom needs it

        self._folder = folder
        # Closing may happen in another thread than opening.
        self._lock = FileLock(folder / LOCK, timeout=_PATIENCE_SECONDS, thread_local=False)

    def acquire(self, since: str) -> None:
        """Take the lock and leave a note.

        Args:
            since: Time of now, for the message that a second opener gets.

        Raises:
            RunError: Another process holds the lock, or the folder cannot be written.
            DiskError: The disk is full, over quota or broken.
        """
        from filelock import Timeout

        with os_errors_in_words(self._folder / LOCK):
            try:
                self._lock.acquire(poll_interval=0.02)
            except Timeout as error:  # an OSError too
                raise RunError(
                    f"this run is in use{_holder_in_words(self._folder)}",
                    where=str(self._folder),
                    remedy="Wait until it has ended, or stop that process first",
                ) from error
        try:
            note = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
            write_atomically(self._folder / HOLDER, strict_json.encode(note) + "\n")
        except BaseException:
            self._lock.release()
            raise

    def release(self) -> None:
        """Remove the note and give the lock back; harmless when it is not held."""
        if self._lock.is_locked:
            with suppress(OSError):
                (self._folder / HOLDER).unlink(missing_ok=True)
            self._lock.release()


def is_held(folder: Path) -> bool:
    """Whether some process, this one included, holds the lock of a run directory."""
    if not (folder / LOCK).exists():
        return False
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0, thread_local=False):
            return False
    except Timeout:
        return True
    except OSError:  # not ours to lock: all that can be seen is the note
        return (folder / HOLDER).exists()


def _holder_in_words(folder: Path) -> str:
    try:
        note = strict_json.decode((folder / HOLDER).read_text(encoding="utf-8"))
        return f" by process {note['pid']} on {note['host']} since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return " by another process"
