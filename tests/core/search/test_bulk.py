"""A group of trials is stored whole or not at all, as Optuna itself would have stored it."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy
from optuna.trial import FrozenTrial

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import DiskError
from nnbabysit.core.search.store import bulk
from nnbabysit.core.search.store.storage import address, close_storage, open_storage
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import State, Trial
from tests.core.search.merits import merits

SPACE: Space = {
    "model.args.hidden": Axis(choice=[[50], [100], None]),
    "optimizer.lr": Axis(log_uniform=(1e-6, 1e-1)),
    "training.batch_size": Axis(int=(16, 128)),
}
GROUP = 8
NAME = "run"


def trial(index: int, value: float | None = 0.5, state: State = "complete", **fields: Any) -> Trial:
    params = {"model.args.hidden": [100], "optimizer.lr": 10 ** (-2 - index / 100), "training.batch_size": 64}
    return Trial(index=index, params=params, value=value, state=state, **fields)


ODD = [
    trial(0, 0.5, curve=merits(0.1, 0.5), seconds=1.5),
    trial(1, None, "diverged", reason="cost is nan", curve=merits(0.1, math.nan, math.inf, -math.inf)),
    trial(2, None, "stopped", reason="among the worst — 12 of 16", curve=merits(0.2), seconds=0.25),
    trial(3, None, "failed", reason="no such width"),
    trial(4, -math.inf),
    trial(5, math.inf, curve=merits(1e-300)),
    trial(6, 0.9, loss=0.25),
    trial(7, 0.96, loss=0.125, by_loss=True),
]


def as_optuna_writes(folder: Path, groups: Sequence[Sequence[Trial]]) -> list[FrozenTrial]:
    """The slow twin: trial by trial, by ``Study.add_trial``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "known_tables", lambda: None)
        return written(folder, groups)


def written(folder: Path, groups: Sequence[Sequence[Trial]]) -> list[FrozenTrial]:
    folder.mkdir()
    with TrialStudy.create(folder, name=NAME, space=SPACE) as study:
        for group in groups:
            study.add(group)
    return read(folder)


def read(folder: Path) -> list[FrozenTrial]:
    """All trials, as Optuna alone reads them."""
    return optuna.load_study(study_name=NAME, storage=f"sqlite:///{folder / 'study.db'}").trials


def comparable(trials: Sequence[FrozenTrial]) -> list[Any]:
    """All that a trial holds, apart from its id and its times; as text, where NaN equals itself."""
    return [
        (
            one.number,
            one.state,
            one.values,
            one.params,
            one.distributions,
            one.user_attrs,
            one.system_attrs,
            repr(sorted(one.intermediate_values.items())),
            None if one.duration is None else one.duration.total_seconds(),
        )
        for one in trials
    ]


def test_optunas_tables_are_the_known_ones() -> None:
    assert bulk.known_tables() is not None


@pytest.mark.parametrize(
    "groups",
    [
        [ODD],
        [ODD[:1], ODD[1:4], ODD[4:]],
        [[], ODD[:2], []],
        [[trial(index) for index in range(128)]],
    ],
    ids=["one group", "three groups", "empty groups", "many"],
)
def test_a_group_is_stored_as_optuna_stores_it(tmp_path: Path, groups: list[list[Trial]]) -> None:
    fast, slow = written(tmp_path / "fast", groups), as_optuna_writes(tmp_path / "slow", groups)
    assert comparable(fast) == comparable(slow)
    assert all(one.datetime_start and one.datetime_complete for one in fast)
    apart = [(a.datetime_start, b.datetime_start) for a, b in zip(fast, slow, strict=True)]
    assert all(a and b and abs((a - b).total_seconds()) < 60 for a, b in apart)


def test_numbers_go_on_behind_all_trials_of_the_study_and_of_no_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    with (
        TrialStudy.create(url, name=NAME, space=SPACE) as study,
        TrialStudy.create(url, name="other", space=SPACE) as other,
    ):
        study.add(ODD[:2])
        other.add(ODD[:3])
        study.optuna_study.add_trial(optuna.trial.create_trial(value=1.0))
        study.add(ODD[2:4])
    with TrialStudy.create(url, name=NAME, space=SPACE) as study:
        study.add(ODD[4:])
        assert [one.number for one in study.optuna_study.trials] == list(range(9))
        assert repr(study.trials()) == repr(ODD)
        assert study.optuna_study.best_trial.value == math.inf


def test_a_group_that_cannot_be_stored_leaves_nothing(tmp_path: Path) -> None:
    with TrialStudy.create(tmp_path, name=NAME, space=SPACE) as study:
        study.add(ODD[:1])
        with pytest.raises(TypeError, match="not JSON serializable"):
            study.add([*ODD[1:3], trial(9, None, "failed", reason=b"bytes")])
        study.add(ODD[1:2])
    assert [one.number for one in read(tmp_path)] == [0, 1]


@contextmanager
def a_disk_with_pages(pages: int) -> Iterator[None]:
    """SQLite says that the disk is full when a database would need more pages."""

    def limit(connection: Any, record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sqlalchemy.event.listen(sqlalchemy.Pool, "connect", limit)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Pool, "connect", limit)


def test_a_disk_that_fills_up_is_a_disk_error_and_the_groups_before_are_intact(tmp_path: Path) -> None:
    stored = 0
    with a_disk_with_pages(60), TrialStudy.create(tmp_path, name=NAME, space=SPACE) as study:
        for first in range(0, 10_000, GROUP):
            group = [trial(first + number, curve=merits(*(0.1,) * 5)) for number in range(GROUP)]
            try:
                study.add(group)
            except DiskError:
                break
            stored += GROUP
    assert 0 < stored < 10_000
    assert len(read(tmp_path)) == stored


@pytest.mark.parametrize("change", ["new column", "new kind", "module gone"])
def test_where_the_tables_are_others_optuna_writes_itself(
    tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if change == "new column":
        monkeypatch.setitem(bulk._COLUMNS, "trials", {*bulk._COLUMNS["trials"], "priority"})
    elif change == "new kind":
        monkeypatch.setitem(bulk._KINDS, ("trial_values", "value_type"), {"FINITE"})
    else:
        monkeypatch.setitem(sys.modules, "optuna.storages._rdb.models", None)
    assert bulk.known_tables() is None
    with TrialStudy.create(tmp_path, name=NAME, space=SPACE) as study:
        study.add(ODD)
        assert repr(study.trials()) == repr(ODD)


def test_a_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    storage = open_storage(address(tmp_path)[0])
    with storage.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    close_storage(storage)


ADDING = f"""
import sys
from pathlib import Path
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import Trial
from nnbabysit.core.training.loop.yardstick import Merit

with TrialStudy.open(Path(sys.argv[1]), name={NAME!r}) as study:
    first = len(study.trials())
    print("begun", flush=True)
    while True:
        study.add([
            Trial(
                index=first + number,
                params={{"optimizer.lr": 1e-3, "training.batch_size": 64}},
                value=0.5,
                state="complete",
                curve=tuple(Merit.of_value(value / 10) for value in range(1, 6)),
            )
            for number in range({GROUP})
        ])
        first += {GROUP}
        print(first, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_kill_at_any_moment_leaves_whole_groups(tmp_path: Path) -> None:
    TrialStudy.create(tmp_path, name=NAME, space=SPACE).close()
    for delay in (0.0, 0.011, 0.023, 0.05):
        said = killed_while_adding(tmp_path, delay)
        stored = read(tmp_path)
        assert len(stored) % GROUP == 0
        assert len(stored) >= said
        assert [one.number for one in stored] == list(range(len(stored)))
        assert {len(one.intermediate_values) for one in stored} <= {5}
        assert {len(one.params) for one in stored} <= {2}
    with TrialStudy.open(tmp_path, name=NAME) as study:
        assert [one.index for one in study.trials()] == list(range(len(stored)))


def killed_while_adding(folder: Path, delay: float) -> int:
    """Trials of which the process said, before its end, that they are stored."""
    with subprocess.Popen(
        [sys.executable, "-c", ADDING, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().split()
    assert process.returncode == -signal.SIGKILL
    return int(lines[-1]) if lines else 0
