"""Table: the columns of a csv or parquet file as DuckDB reads them, before any becomes an input."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from nnbabysit.core.data.csv_text import CsvText, checked_names
from nnbabysit.core.data.raw import Array
from nnbabysit.core.errors import DataError

Kind = Literal["number", "boolean", "text", "date", "empty", "other"]
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "?")
"""Cells of a csv file that hold no value, spaces around them aside."""
_NUMBER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
_DATE_TYPES = ("DATE", "TIME", "INTERVAL")
_TORN = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_NUMBER = "TRY_CAST(c{0} AS DOUBLE)"
_BOOLEAN = "CASE lower(CAST(c{0} AS VARCHAR)) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 END"
_DATE = "coalesce(CAST(TRY_CAST(c{0} AS TIMESTAMP) AS VARCHAR), CAST(TRY_CAST(c{0} AS TIME) AS VARCHAR))"


class Table(Protocol):
    """Named columns of equal length.

    Attributes:
        place: The file, for messages.
        kinds: Name of each column, in order → what it holds.
        rows: Number of rows.
        left_out: Places of the rows that could not be read and were left out.
    """

    place: str
    kinds: dict[str, Kind]
    rows: int
    left_out: tuple[str, ...]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""

    def texts(self, name: str) -> Array:
        """(N,) a column as written: str, or None where nothing is."""

    def where(self, row: int) -> str:
        """Place of a row, such as ``data.csv:12``."""


class FileTable:
    """A csv or parquet file, copied into a DuckDB in memory that may open this one file and no network."""

    def __init__(self, path: Path, *, skip_broken: bool = False) -> None:
        """Read ``path``; which of the two formats it is, its first bytes tell.

        Raises:
            DataError: duckdb is not installed, or the file cannot be read as a table. Rows of another length
                than the header are an error too, unless ``skip_broken`` leaves them out.
        """
        library = duckdb()
        self.place = str(path)
        self.left_out: tuple[str, ...] = ()
        self._text = None if is_parquet(path) else CsvText(path)
        self._delimiter = ","
        try:
            with _without_pattern(path) as self._path:
                self._connection = _sealed(library, self._path)
                self._names = self._copy_parquet() if self._text is None else self._copy_csv(skip_broken)
            self.rows = int(self._one("SELECT count(*) FROM t"))
            if not self.rows:
                raise DataError("the table has no rows", where=self.place)
            types = [str(row[1]) for row in self._connection.execute("DESCRIBE t").fetchall()]
            self.kinds = {name: self._kind(i, types[i]) for i, name in enumerate(self._names)}
        except library.Error as error:
            words = str(error).partition("\n")[0]
            raise DataError(f"cannot be read as a table: {words}", where=self.place) from error

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(N,) a column as numbers; NaN where there is none, or something else."""
        cell = _BOOLEAN if self.kinds[name] == "boolean" else _NUMBER
        query = f"SELECT {cell.format(self._names.index(name))} AS c FROM t"
        column = np.ma.asarray(self._connection.execute(query).fetchnumpy()["c"], dtype=np.float64)
        return np.asarray(np.ma.filled(column, np.nan), dtype=np.float64)

    def texts(self, name: str) -> Array:
        """(N,) a column as written: str, or None where nothing is."""
        query = f"SELECT trim(CAST(c{self._names.index(name)} AS VARCHAR)) FROM t"
        cells = [row[0] or None for row in self._connection.execute(query).fetchall()]
        found = np.empty(len(cells), dtype=object)
        found[:] = cells
        return found

    def where(self, row: int) -> str:
        """Place of a row: its line in a csv file, its number in a parquet file."""
        line = None if self._text is None else self._text.line(row, self._delimiter, len(self._names))
        return f"{self.place}, row {row + 1}" if line is None else f"{self.place}:{line}"

    def _copy_csv(self, skip_broken: bool) -> tuple[str, ...]:
        assert self._text is not None
        self._delimiter = self._text.delimiter(self._sniffed())
        names = self._text.header(self._delimiter)
        # numbered columns, all of text: neither a name nor a guessed type of the file gets into the query
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
        missing = ", ".join(f"'{word}'" for word in MISSING)
        trimmed = [f"trim(c{i})" for i in range(len(names))]
        cells = ", ".join(
            f"CASE WHEN {c} NOT IN ({missing}) THEN {c} END AS c{i}" for i, c in enumerate(trimmed)
        )
        self._connection.execute(
            f"CREATE TABLE t AS SELECT {cells} FROM read_csv($1, auto_detect=false, header=true, "
            f"columns={{{columns}}}, delim=$2, quote='\"', escape='\"', strict_mode=true, "
            "store_rejects=true)",
            [self._path, self._delimiter],
        )
        self._check_rejects(len(names), skip_broken)
        return names

    def _check_rejects(self, columns: int, skip_broken: bool) -> None:
        assert self._text is not None
        query = "SELECT line, any_value(error_message) FROM reject_errors GROUP BY line ORDER BY line"
        broken = self._connection.execute(query).fetchall()
        if not broken:
            return
        lines = [int(line) for line, _ in broken]
        if _TORN.search(str(broken[0][1])):
            # DuckDB miscounts the lines after a cell that begins a row and spans several
            torn = self._text.torn(self._delimiter, columns)
            lines = torn if len(torn) == len(lines) else lines
        if not skip_broken:
            some = (
                "1 row cannot be read" if len(lines) == 1 else f"{len(lines)} rows cannot be read, the first"
            )
            raise DataError(
                f"{some}: {_reason(str(broken[0][1]))}",
                where=f"{self.place}:{lines[0]}",
                remedy="Repair the file, or go on without such rows by --skip-broken",
            )
        self.left_out = tuple(f"line {line}" for line in lines)

    def _copy_parquet(self) -> tuple[str, ...]:
        found = self._connection.execute("SELECT * FROM read_parquet($1) LIMIT 0", [self._path])
        names = checked_names([str(column[0]).strip() for column in found.description], self.place)
        columns = ", ".join(f"c{i}" for i in range(len(names)))
        self._connection.execute(
            f"CREATE TABLE t AS SELECT * FROM read_parquet($1) AS v({columns})", [self._path]
        )
        return names

    def _sniffed(self) -> str:
        try:
            return str(self._one("SELECT Delimiter FROM sniff_csv($1, all_varchar=true)", self._path))
        except duckdb().Error:
            return ""

    def _kind(self, i: int, dtype: str) -> Kind:
        filled = self._count(f"c{i} IS NOT NULL")
        if not filled:
            return "empty"
        if self._text is None:
            return _parquet_kind(dtype)
        tests: tuple[tuple[Kind, str], ...] = (("number", _NUMBER), ("boolean", _BOOLEAN), ("date", _DATE))
        found = (kind for kind, cast in tests if self._count(f"{cast.format(i)} IS NOT NULL") == filled)
        return next(found, "text")

    def _count(self, condition: str) -> int:
        return int(self._one(f"SELECT count(*) FROM t WHERE {condition}"))

    def _one(self, query: str, *values: str) -> Any:
        return self._connection.execute(query, list(values)).fetchone()[0]


def duckdb() -> ModuleType:
    """The library that reads tables.

    Raises:
        DataError: It is not installed.
    """
    try:
        import duckdb as library
    except ImportError as error:
        raise DataError(
            "csv and parquet files are read by duckdb, which is not installed",
            where="data.source",
            remedy="Install it with `pip install 'nnbabysit[tabular]'`",
        ) from error
    return library


def is_parquet(path: Path) -> bool:
    """Whether the file begins as every parquet file does.

    Raises:
        DataError: It cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", where=str(path)) from error


@contextmanager
def _without_pattern(path: Path) -> Iterator[str]:
    """The path, or a link to it if DuckDB would take the name for a pattern and look for other files."""
    if not any(mark in str(path) for mark in "*?["):
        yield str(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / f"table{path.suffix}"
        link.symlink_to(path.absolute())
        yield str(link)


def _sealed(library: ModuleType, path: str) -> Any:
    """A connection to an empty database in memory that may read ``path`` alone."""
    extensions = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    connection = library.connect(":memory:", config={**extensions, "python_enable_replacements": False})
    quoted = path.replace("'", "''")
    connection.execute(f"SET allowed_paths = ['{quoted}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _reason(words: str) -> str:
    counts = _TORN.search(words)
    if counts:
        return f"it has {counts[2]} cells, the header has {counts[1]}"
    first = words.partition("\n")[0].rstrip(". ")
    return first[:1].lower() + first[1:]


def _parquet_kind(dtype: str) -> Kind:
    if dtype.endswith("]"):
        return "other"
    if dtype.removeprefix("U").startswith(_NUMBER_TYPES):
        return "number"
    if dtype.startswith(_DATE_TYPES):  # TIMESTAMP begins with TIME
        return "date"
    return "boolean" if dtype == "BOOLEAN" else "text" if dtype.startswith(("VARCHAR", "ENUM")) else "other"
