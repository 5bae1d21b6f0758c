"""What is written into a study is read back as it was, by us and by Optuna's own tools."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import optuna
import pytest

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import DiskError, RunError, UserError
from nnbabysit.core.search.store.storage import in_words
from nnbabysit.core.search.store.study import TrialStudy
from nnbabysit.core.search.trial import Trial
from tests.core.search.merits import merits

SPACE: Space = {
    "model.args.activation": Axis(choice=["relu", "tanh"]),
    "model.args.hidden": Axis(choice=[[50], [100], None]),
    "optimizer.lr": Axis(log_uniform=(1e-6, 1e-3)),
    "optimizer.momentum": Axis(uniform=(0.5, 0.99)),
    "training.batch_size": Axis(int=(16, 128)),
    "training.flag": Axis(choice=[1, True, 1.0, "1"]),
}
PARAMS: dict[str, Any] = {
    "model.args.activation": "tanh",
    "model.args.hidden": [100],
    "optimizer.lr": 1.405206e-04,
    "optimizer.momentum": 0.75,
    "training.batch_size": 64,
    "training.flag": True,
}
TRIALS = [
    Trial(index=0, params=PARAMS, value=0.5, state="complete", curve=merits(0.4, 0.5), seconds=1.25),
    Trial(
        index=1,
        params=PARAMS,
        value=None,
        state="diverged",
        reason="cost is nan",
        curve=merits(0.1),
        seconds=0.5,
    ),
    Trial(
        index=2,
        params={**PARAMS, "model.args.hidden": None},
        value=None,
        state="failed",
        reason="no such width",
    ),
]


def test_trials_are_read_back_as_they_were_sorted_by_index(tmp_path: Path) -> None:
    with TrialStudy.create(tmp_path, name="run", space=SPACE) as study:
        for trial in reversed(TRIALS):
            study.add([trial])
    with TrialStudy.open(tmp_path, name="run") as study:
        assert study.trials() == TRIALS
        assert study.space == SPACE
        assert study.trials()[0].params["training.flag"] is True


def test_a_trial_that_was_written_twice_appears_once(tmp_path: Path) -> None:
    with TrialStudy.create(tmp_path, name="run", space=SPACE) as study:
        study.add(TRIALS[:1])
        study.add(TRIALS[:1])
        assert study.trials() == TRIALS[:1]


def test_optuna_sees_states_values_curves_and_durations(tmp_path: Path) -> None:
    with TrialStudy.create(tmp_path, name="run", space=SPACE) as study:
        for trial in TRIALS:
            study.add([trial])
        stored = study.optuna_study.trials
    assert [trial.state.name for trial in stored] == ["COMPLETE", "PRUNED", "FAIL"]
    assert stored[0].intermediate_values == {1: 0.4, 2: 0.5}
    assert stored[0].duration is not None
    assert stored[0].duration.total_seconds() == 1.25
    assert stored[1].user_attrs == {"trial_index": 1, "state": "diverged", "reason": "cost is nan"}
    assert stored[0].params["model.args.hidden"] == "[100]"


def test_a_study_takes_more_trials_when_it_is_created_again(tmp_path: Path) -> None:
    for trial in TRIALS[:2]:
        with TrialStudy.create(tmp_path, name="run", space=SPACE) as study:
            study.add([trial])
    with TrialStudy.open(tmp_path, name="run") as study:
        assert study.trials() == TRIALS[:2]


def test_a_renamed_run_directory_still_has_its_study(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    TrialStudy.create(tmp_path / "old", name="old", space=SPACE).close()
    (tmp_path / "old").rename(tmp_path / "new")
    with TrialStudy.open(tmp_path / "new", name="new") as study:
        assert study.space == SPACE


def test_the_file_is_whole_when_it_is_closed(tmp_path: Path) -> None:
    with TrialStudy.create(tmp_path, name="run", space=SPACE) as study:
        study.add(TRIALS[:1])
        assert (tmp_path / "study.db-wal").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]
    connection = sqlite3.connect(tmp_path / "study.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("SELECT count(*) FROM trials").fetchone() == (1,)
    connection.close()


def test_a_storage_url_is_used_and_holds_several_studies(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    for name in ("first", "second"):
        TrialStudy.create(url, name=name, space=SPACE).close()
    assert optuna.get_all_study_names(url) == ["first", "second"]
    with pytest.raises(RunError, match="no study named 'third'"):
        TrialStudy.open(url, name="third")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres", "not a database URL"),
        ("nosuchdatabase://localhost/x", "cannot be used"),
        ("sqlite:////no/such/folder/study.db", "unable to open database file"),
        ("mysql+nosuchdriver://user:secret@localhost/x", "cannot be used"),
    ],
)
def test_a_storage_that_cannot_be_reached_is_said_in_words(url: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as raised:
        TrialStudy.create(url, name="run", space=SPACE)
    assert "search.storage" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_missing_driver_is_said_in_words() -> None:
    with pytest.raises(UserError, match="not installed"), in_words("search.storage x"):
        raise ImportError("No module named 'psycopg2'")


def test_a_missing_study_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"there is no study\.db"):
        TrialStudy.open(tmp_path, name="run")


def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("not a database, " * 100)
    with pytest.raises(RunError, match="file is not a database"):
        TrialStudy.open(tmp_path, name="run")


def test_a_full_disk_is_a_disk_error() -> None:
    with pytest.raises(DiskError, match="database or disk is full"), in_words("study.db"):
        raise optuna.exceptions.StorageInternalError("x") from sqlite3.OperationalError(
            "database or disk is full"
        )
