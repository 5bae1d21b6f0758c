"""Readers of csv and parquet files."""

from __future__ import annotations

from pathlib import Path

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers.checked_arrays import Arrays, checked_arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.reader import Inputs, Known, Reader
from nnbabysit.core.data.readers.source_path import source_path
from nnbabysit.core.data.readers.tables.column_choice import choose_columns
from nnbabysit.core.data.readers.tables.columns import Columns
from nnbabysit.core.data.readers.tables.table import Table, is_parquet, read_table, refuse_other_than_parquet
from nnbabysit.core.data.readers.tables.table_notes import notes_on
from nnbabysit.core.errors import DataError


class TableReader(Reader):
    """A table in a file, of either format."""

    needs_target = True

    def read(self, settings: Data, loss: str = "cross_entropy") -> Raw:
        """Read a table; x is (N, F) float64 with NaN where a value is missing, y classes or numbers.

        Args:
            settings: ``target`` names the column that is predicted.
            loss: Loss of the config; with ``mse`` the target is a number, otherwise its values are classes.

        Raises:
            DataError: pyarrow is not installed, the file is no such table, the target or another named
                column is not there, or a column cannot become numbers.
        """
        table = _table(settings, source_path(settings))
        return encoded_table(table, choose_columns(table, settings, loss))

    def read_alike(self, settings: Data, known: Known, loss: str = "cross_entropy") -> Raw:
        """Read another file, encoded as the training file was.

        For a trained network the file may be of the other format, and its gaps are filled.

        Raises:
            DataError: As for ``read``, or it holds a class or a category that the training file has not.
        """
        columns, path = known.columns, source_path(settings)
        assert columns is not None
        if known.is_trained:
            table = read_table(path, skip_broken=settings.skip_broken)
        else:
            table = _table(settings, path)
        y = columns.targets(table)
        pair: Arrays = checked_arrays(columns.encode(table, is_later=known.is_trained), y, table.place)
        notes = notes_on(table, columns)
        if known.is_trained:
            gaps = columns.gaps(pair.x)
            words = ", ".join(f"{column} ({count})" for column, count in gaps.items())
            filled = f"missing or unknown values filled by data.missing: {columns.missing}: {words}"
            notes = (*notes, *((filled,) if gaps else ()))
            pair = Arrays(columns.fill(pair.x), pair.y)
        return Raw(table.place, pair, class_names=columns.classes, columns=columns, notes=notes)

    def inputs(self, path: Path, known: Known) -> Inputs:
        """The columns that the run was trained on."""
        if known.columns is None:
            raise DataError(
                "this is a table, and the run was not trained on one",
                where=str(path),
                remedy="Save the samples as the array x with numpy.savez",
            )
        try:
            return Inputs(known.columns.features(path))
        except DataError as error:
            if "--skip-broken" not in error.remedy:
                raise
            # every sample gets its answer: a row that is left out would shift the numbers of all after it
            raise DataError(error.message, where=error.where, remedy="Repair the file") from error


class CsvReader(TableReader):
    """A table in a text file."""

    name = "csv"
    reads = "a file .csv"
    endings = (".csv", ".csv.gz", ".tsv")


class ParquetReader(TableReader):
    """A table in a parquet file."""

    name = "parquet"
    reads = "a file .parquet"
    endings = (".parquet",)


def encoded_table(table: Table, columns: Columns) -> Raw:
    """The samples and targets of a table, with what the user should know about how it was read.

    Raises:
        DataError: As for ``Columns.encode`` and ``Columns.targets``.
    """
    y = columns.targets(table)
    pair: Arrays = checked_arrays(columns.encode(table), y, table.place)
    notes = notes_on(table, columns, first=True)
    return Raw(table.place, pair, class_names=columns.classes, columns=columns, notes=notes)


def _table(settings: Data, path: Path) -> Table:
    if settings.source == "parquet":
        refuse_other_than_parquet(path)
    elif is_parquet(path):
        raise DataError("the file is a parquet file", where=str(path), remedy="Set data.source to parquet")
    return read_table(path, skip_broken=settings.skip_broken)
