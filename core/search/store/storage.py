"""Storage: the database of a study, and its errors in words."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import ExperimentalWarning, StorageInternalError

from nnbabysit.core.errors import DiskError, NnbabysitError, RunError, UserError

FILE_NAME = "study.db"

_DISK_WORDS = ("disk is full", "disk i/o error", "no space left")


def address(location: Path | str) -> tuple[str, str]:
    """URL of the database, and how to name it to people, without its password."""
    if isinstance(location, Path):
        file = location.resolve() / FILE_NAME
        url = sqlalchemy.URL.create("sqlite", database=_in_utf8(file))
        return url.render_as_string(hide_password=False), str(file)
    try:
        return (
            location,
            f"search.storage {sqlalchemy.make_url(location).render_as_string(hide_password=True)}",
        )
    except sqlalchemy.exc.ArgumentError as error:
        raise UserError(
            f"{location!r} is not a database URL",
            where="search.storage",
            remedy="Write it like sqlite:////folder/study.db or postgresql://user@host/database",
        ) from error


def _in_utf8(file: Path) -> str:
    """The path, from the current folder if its beginning has bytes that are not UTF-8: a URL takes none."""
    for path in (str(file), os.path.relpath(file)):
        try:
            path.encode()
        except UnicodeEncodeError:
            continue
        return path
    raise UserError(
        "the path of the study is not UTF-8, and its database takes no other",
        where=str(file),
        remedy="Choose another folder with --runs-dir",
    )


def open_storage(url: str) -> optuna.storages.RDBStorage:
    """Connect to a database; tables are made if it has none. Raises what SQLAlchemy and Optuna raise."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if sqlalchemy.make_url(url).get_backend_name() != "sqlite":
        return optuna.storages.RDBStorage(url)
    storage = optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": {"timeout": 30}})
    sqlalchemy.event.listen(storage.engine, "connect", _set_up_sqlite)
    storage.engine.dispose()
    return storage


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # Write-ahead log: readers such as optuna-dashboard do not block the search.
    cursor.execute("PRAGMA journal_mode=WAL")
    # Each commit is flushed to the disk: what people were told of outlives a loss of power.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def close_storage(storage: optuna.storages.RDBStorage) -> None:
    """Close all connections."""
    storage.remove_session()
    storage.engine.dispose()


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Silence Optuna's remarks on its own features, and put a database's errors into words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        try:
            yield
        except ImportError as error:
            raise UserError(
                "the driver of this kind of database is not installed",
                where=place,
                remedy="Install it beside nnbabysit, such as psycopg2-binary for PostgreSQL",
            ) from error
        except (StorageInternalError, sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
            raise _database_error(error, place) from error  # RuntimeError: tables of another Optuna


def _database_error(error: Exception, place: str) -> NnbabysitError:
    cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
    detail = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
    if any(word in detail.lower() for word in _DISK_WORDS):
        remedy = "Free space, then go on with nnbabysit resume; what was stored is intact"
        return DiskError(f"the study cannot be written ({detail})", where=place, remedy=remedy)
    if place.startswith("search.storage"):
        return UserError(
            f"the database cannot be used ({detail})",
            where=place,
            remedy="Check that it is running and may be written to, or leave search.storage out",
        )
    return RunError(f"the study cannot be used ({detail})", where=place, remedy="Name another run directory")
