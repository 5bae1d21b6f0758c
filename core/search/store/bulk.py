"""Bulk: finished trials go into Optuna's tables as a group, all or none.

``Study.add_trial`` takes a dozen queries and a commit for each trial, longer than a small trial trains.
Here a group is one transaction of a few inserts. The rows are those that ``add_trial`` writes, so the study
stays an ordinary one. Optuna promises its tables to nobody, so ``open_writer`` looks whether they are still
those that are known here.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import optuna
import sqlalchemy
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, Table, func

_COLUMNS = {
    "studies": {"study_id", "study_name"},
    "trials": {"trial_id", "number", "study_id", "state", "datetime_start", "datetime_complete"},
    "trial_values": {"trial_value_id", "trial_id", "objective", "value", "value_type"},
    "trial_params": {"param_id", "trial_id", "param_name", "param_value", "distribution_json"},
    "trial_user_attributes": {"trial_user_attribute_id", "trial_id", "key", "value_json"},
    "trial_intermediate_values": {
        "trial_intermediate_value_id",
        "trial_id",
        "step",
        "intermediate_value",
        "intermediate_value_type",
    },
}
_KINDS = {
    ("trial_values", "value_type"): {"FINITE", "INF_POS", "INF_NEG"},
    ("trial_intermediate_values", "intermediate_value_type"): {"FINITE", "INF_POS", "INF_NEG", "NAN"},
}

_Rows = dict[str, list[dict[str, Any]]]

Write = Callable[[Sequence[FrozenTrial]], None]
"""Writes finished trials; raises what SQLAlchemy and Optuna raise."""


def open_writer(
    study: optuna.Study, storage: optuna.storages.RDBStorage, distributions: Mapping[str, BaseDistribution]
) -> Write:
    """What writes trials into ``study``.

    Args:
        study: The study.
        storage: Its storage.
        distributions: Param → distribution, the same for all trials.

    Returns:
        A writer of groups; where a later Optuna has other tables, one that is slower and right: Optuna's
        own, trial by trial.
    """
    tables = known_tables()
    if tables is None:
        return lambda trials: _write_singly(study, trials)
    return BulkWriter(tables, storage.engine, study._study_id, distributions).write


def known_tables() -> Mapping[str, Table] | None:
    """Optuna's tables, or None if they are not those that this module knows."""
    try:
        tables = importlib.import_module("optuna.storages._rdb.models").BaseModel.metadata.tables
        found = {name: set(tables[name].columns.keys()) for name in _COLUMNS}
        kinds = {(table, column): set(tables[table].c[column].type.enums) for table, column in _KINDS}
    except (ImportError, AttributeError, KeyError):
        return None
    return tables if found == _COLUMNS and kinds == _KINDS else None


class BulkWriter:
    """Writes groups of trials into one study, each in one transaction."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        engine: sqlalchemy.Engine,
        study_id: int,
        distributions: Mapping[str, BaseDistribution],
    ) -> None:
        """Write into the study ``study_id``; see ``open_writer``."""
        self._tables = tables
        self._engine = engine
        self._study_id = study_id
        self._distributions = {path: distribution_to_json(one) for path, one in distributions.items()}
        self._last_id, self._count = 0, 0

    def write(self, trials: Sequence[FrozenTrial]) -> None:
        """Write all of the trials or, if it raises or the process is killed, none."""
        if not trials:
            return
        with self._engine.begin() as connection:
            self._lock(connection)
            self._look(connection)
            ids = self._insert_trials(connection, trials)
            for name, rows in self._rows(ids, trials).items():
                if rows:
                    connection.execute(self._tables[name].insert(), rows)

    def _lock(self, connection: Connection) -> None:
        """Keep other writers of this study out: an update of nothing locks in every database."""
        studies = self._tables["studies"]
        mine = studies.c.study_id == self._study_id
        connection.execute(studies.update().where(mine).values(study_name=studies.c.study_name))

    def _look(self, connection: Connection) -> None:
        """Count what was stored since the last look: from the start it would take longer with each group."""
        trials = self._tables["trials"]
        query = sqlalchemy.select(func.count(), func.max(trials.c.trial_id)).where(*self._new(trials))
        count, last_id = connection.execute(query).one()
        if count:
            self._count += count
            self._last_id = last_id

    def _new(self, trials: Table) -> tuple[Any, ...]:
        return (trials.c.study_id == self._study_id, trials.c.trial_id > self._last_id)

    def _insert_trials(self, connection: Connection, group: Sequence[FrozenTrial]) -> list[int]:
        trials = self._tables["trials"]
        rows = [
            {
                "number": number,
                "study_id": self._study_id,
                "state": trial.state,
                "datetime_start": _utc(trial.datetime_start),
                "datetime_complete": _utc(trial.datetime_complete),
            }
            for number, trial in enumerate(group, start=self._count)
        ]
        connection.execute(trials.insert(), rows)
        query = sqlalchemy.select(trials.c.trial_id).where(*self._new(trials)).order_by(trials.c.number)
        return list(connection.scalars(query))

    def _rows(self, ids: Sequence[int], trials: Sequence[FrozenTrial]) -> _Rows:
        rows: _Rows = {name: [] for name in _COLUMNS if name.startswith("trial_")}
        for trial_id, trial in zip(ids, trials, strict=True):
            rows["trial_values"] += _value_rows(trial_id, trial)
            rows["trial_intermediate_values"] += _step_rows(trial_id, trial)
            rows["trial_params"] += [
                {
                    "trial_id": trial_id,
                    "param_name": path,
                    "param_value": trial.distributions[path].to_internal_repr(value),
                    "distribution_json": self._distributions[path],
                }
                for path, value in trial.params.items()
            ]
            rows["trial_user_attributes"] += [
                {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}
                for key, value in trial.user_attrs.items()
            ]
        return rows


def _write_singly(study: optuna.Study, trials: Sequence[FrozenTrial]) -> None:
    for trial in trials:
        study.add_trial(trial)


def _value_rows(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    if trial.value is None:
        return []
    value, kind = _stored(trial.value)
    return [{"trial_id": trial_id, "objective": 0, "value": value, "value_type": kind}]


def _step_rows(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    rows = []
    for step, number in trial.intermediate_values.items():
        value, kind = _stored(number)
        rows.append(
            {
                "trial_id": trial_id,
                "step": step,
                "intermediate_value": value,
                "intermediate_value_type": kind,
            }
        )
    return rows


def _stored(value: float) -> tuple[float | None, str]:
    """A number as Optuna stores it: not every database has NaN and infinity, so they are kinds."""
    if math.isfinite(value):
        return float(value), "FINITE"
    if math.isnan(value):
        return None, "NAN"
    return None, "INF_POS" if value > 0 else "INF_NEG"


def _utc(moment: datetime | None) -> datetime | None:
    """Optuna holds local times, and stores them as UTC, both without a zone."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
