"""Lines: the physical lines of a csv file, packed or not, with their numbers and their bytes."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from nnbabysit.core.errors import DataError

_BOM = "\ufeff"
_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


class Lines:
    """Physical lines of a file with their ends, counted as an editor counts them.

    Attributes:
        number: Number of the line that was given last.
        first: Number of the line on which the names begin.
        before: Bytes before it.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        csv.field_size_limit(sys.maxsize)
        self._text = io.TextIOWrapper(stream, "utf-8", errors="surrogateescape", newline="")
        self._path = path
        self._again: list[str] = []
        self._half_ended = False
        self.number = self.first = self.before = 0

    def __iter__(self) -> Iterator[str]:
        """Itself."""
        return self

    def __next__(self) -> str:
        """The next line."""
        line = self._again.pop() if self._again else next(self._text)
        # \r\r\n, as a file that was converted twice has it, ends one line
        self.number += not (self._half_ended and line == "\r\n")
        self._half_ended = line.endswith("\r")
        return line

    def preamble(self) -> tuple[str | None, str]:
        """The delimiter of a line ``sep=;`` if there is one, and the first line of the names.

        Raises:
            DataError: There is none, or it is not UTF-8.
        """
        declared = None
        for line in self:
            odd = odd_byte(line)
            if odd is not None:
                raise encoding_error(self._path, self.number, odd)
            text = line.removeprefix(_BOM) if self.number == 1 else line
            body = text.strip("\r\n")
            if self.number == 1 and len(body) == 5 and body.lower().startswith("sep="):
                declared = body[4]
            elif body.strip():
                self.first = self.number
                self.before += size(line) - size(text)
                return declared, text
            self.before += size(line)
        raise DataError("the file is empty", where=str(self._path))

    def rewind(self, line: str) -> None:
        """Give the line that was given last once more."""
        self._again.append(line)
        self.number -= 1


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader[Any]]:
    """The bytes of a file, unpacked if it is packed with gzip, whatever its name is.

    Raises:
        DataError: It cannot be opened or unpacked.
    """
    try:
        with path.open("rb") as plain:
            if plain.peek(2)[:2] != b"\x1f\x8b":
                yield plain
                return
            with gzip.open(plain, "rb") as packed, io.BufferedReader(cast(io.RawIOBase, packed)) as stream:
                yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"the gzip file is damaged ({error})", where=str(path)) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


def encoding_error(path: Path, line: int, byte: int) -> DataError:
    """The error of a file that is not UTF-8; its rows are never skipped, each umlaut would cost one."""
    return DataError(
        f"the byte 0x{byte:02X} is not UTF-8", where=f"{path}:{line}", remedy="Save the file as UTF-8"
    )


def visible(text: str) -> str:
    """A text without the spaces around it, and without characters of no width there, such as U+200B."""
    before = ""
    while text != before:
        before, text = text, text.strip().strip(_NO_WIDTH)
    return text


def size(text: str) -> int:
    """How many bytes a text has in the file."""
    return len(text.encode("utf-8", "surrogateescape"))


def odd_byte(text: str) -> int | None:
    """The first byte that is no UTF-8, of a text that was decoded with surrogateescape."""
    if text.isascii():
        return None
    return next((ord(c) - 0xDC00 for c in text if "\udc80" <= c <= "\udcff"), None)
