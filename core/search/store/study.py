"""Study: where finished trials are kept, an Optuna study in SQLite or any other SQLAlchemy database.

Only whole, finished trials are written, by one process: a killed search leaves no trial marked as running.
``complete`` is stored as COMPLETE, ``diverged`` and ``stopped`` as PRUNED and ``failed`` as FAIL, each with
its curve as intermediate values, so that Optuna's own tools (optuna-dashboard, importances) read the study as
it is.

An objective is one number per trial, and to be maximized: the accuracy where it counts, else the loss with
its sign turned (``Merit.value``, ``training/loop/yardstick.py``), which puts all trials whose accuracy counts
before all others. What breaks ties, the loss, is an attribute of the trial, and so is an accuracy that does
not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState

from nnbabysit.core.config.schema.space import Axis, Space
from nnbabysit.core.errors import RunError, UserError
from nnbabysit.core.record.run import read_config_yaml
from nnbabysit.core.search.space.encoding import decoded, distribution, encoded, space_document
from nnbabysit.core.search.store.bulk import open_writer
from nnbabysit.core.search.store.lineage import read_note
from nnbabysit.core.search.store.storage import FILE_NAME, address, close_storage, in_words, open_storage
from nnbabysit.core.search.trial import State, Trial, ranked
from nnbabysit.core.training.loop.yardstick import Merit

_STATES: dict[State, TrialState] = {
    "complete": TrialState.COMPLETE,
    "diverged": TrialState.PRUNED,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
_SPACE = "space"


class TrialStudy:
    """An open study; use it as a context manager, or call ``close``.

    Attributes:
        space: Config path → axis, as it was searched.
    """

    def __init__(self, study: optuna.Study, storage: optuna.storages.RDBStorage, place: str) -> None:
        """Use ``create`` or ``open``."""
        self._study = study
        self._storage = storage
        self._place = place
        self.space: Space = {path: Axis(**axis) for path, axis in study.user_attrs.get(_SPACE, {}).items()}
        self._distributions = {path: distribution(axis) for path, axis in self.space.items()}
        self._write = open_writer(study, storage, self._distributions)

    @classmethod
    def create(cls, location: Path | str, *, name: str, space: Mapping[str, Axis]) -> TrialStudy:
        """Create a study, or open the one of that name to add to it.

        Args:
            location: A folder, for ``study.db`` in it, or an SQLAlchemy URL.
            name: Name of the study, unique in its database.
            space: Config path → axis that is searched.

        Raises:
            UserError: The URL is malformed, its driver is not installed, or the database cannot be reached.
            DiskError: The disk is full.
        """
        url, place = address(location)
        with in_words(place):
            storage = open_storage(url)
            study = optuna.create_study(
                storage=storage, study_name=name, direction="maximize", load_if_exists=True
            )
            if _SPACE not in study.user_attrs:
                study.set_user_attr(_SPACE, space_document(space))
            return cls(study, storage, place)

    @classmethod
    def open(cls, location: Path | str, *, name: str) -> TrialStudy:
        """Open a study to read it.

        Args:
            location: A folder with ``study.db``, or an SQLAlchemy URL.
            name: Name of the study; in a folder it may differ, if there is only one.

        Raises:
            RunError: There is no such study, or the file is not one.
            UserError: The database cannot be reached.
        """
        url, place = address(location)
        if isinstance(location, Path) and not (location / FILE_NAME).is_file():
            raise RunError(
                f"there is no {FILE_NAME}", where=str(location), remedy="Name the directory of a search"
            )
        with in_words(place):
            storage = open_storage(url)
            names = optuna.get_all_study_names(storage)
            if isinstance(location, Path) and len(names) == 1:
                name = names[0]  # the run directory may have been renamed
            if name not in names:
                close_storage(storage)
                raise RunError(
                    f"there is no study named {name!r}", where=place, remedy="Name the directory of a search"
                )
            return cls(optuna.load_study(study_name=name, storage=storage), storage, place)

    @property
    def optuna_study(self) -> optuna.Study:
        """The study itself, for Optuna's own evaluators."""
        return self._study

    def add(self, trials: Sequence[Trial]) -> None:
        """Write finished trials as one group: all are on the disk when it returns; a kill leaves all or none.

        Raises:
            DiskError: The disk is full.
            UserError: The database of ``search.storage`` cannot be written.
            RunError: The file cannot be written.
        """
        with in_words(self._place):
            self._write([self._frozen(trial) for trial in trials])

    def _frozen(self, trial: Trial) -> FrozenTrial:
        stored = {path: encoded(self.space[path], value) for path, value in trial.params.items()}
        frozen = optuna.trial.create_trial(
            state=_STATES[trial.state],
            value=None if trial.merit is None else trial.merit.value,
            params=stored,
            distributions={path: self._distributions[path] for path in stored},
            intermediate_values=dict(enumerate((merit.value for merit in trial.curve), start=1)),
            user_attrs=_attributes(trial),
        )
        ended = frozen.datetime_complete or datetime.now()
        frozen.datetime_start = ended - timedelta(seconds=trial.seconds)
        return frozen

    def trials(self) -> list[Trial]:
        """All trials of the search, sorted by index; one that was written twice appears once."""
        return [trial for trial in self._stored() if trial.repeat_of is None]

    def repeats(self) -> list[Trial]:
        """The best trials trained again, with other seeds or in fp32, sorted by index."""
        return [trial for trial in self._stored() if trial.repeat_of is not None]

    def _stored(self) -> list[Trial]:
        with in_words(self._place):
            stored = self._study.get_trials(deepcopy=False)
        found: dict[int, Trial] = {}
        for frozen in stored:
            if "trial_index" in frozen.user_attrs:
                trial = self._decoded(frozen)
                found.setdefault(trial.index, trial)
        return [found[index] for index in sorted(found)]

    def close(self) -> None:
        """Close the database; SQLite then folds its write-ahead log into the file."""
        close_storage(self._storage)

    def __enter__(self) -> TrialStudy:
        """The study itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        self.close()

    def _decoded(self, frozen: FrozenTrial) -> Trial:
        attributes = frozen.user_attrs
        params = {path: decoded(self.space.get(path), value) for path, value in sorted(frozen.params.items())}
        return Trial(
            index=attributes["trial_index"],
            params=params,
            value=attributes.get("accuracy", frozen.value),
            loss=attributes.get("loss"),
            by_loss="accuracy" in attributes,
            state=attributes.get("state", "complete"),
            reason=attributes.get("reason", ""),
            curve=tuple(Merit.of_value(value) for _, value in sorted(frozen.intermediate_values.items())),
            seconds=frozen.duration.total_seconds() if frozen.duration else 0.0,
            repeat_of=attributes.get("repeat_of"),
            seed=attributes.get("seed"),
        )


def _attributes(trial: Trial) -> dict[str, Any]:
    """What Optuna has no field for; each is a row of its own, so a complete trial has no empty ones."""
    attributes: dict[str, Any] = {"trial_index": trial.index}
    if trial.by_loss:
        attributes["accuracy"] = trial.value
    if trial.loss is not None:
        attributes["loss"] = trial.loss
    if trial.state != "complete":
        attributes |= {"state": trial.state, "reason": trial.reason}
    if trial.repeat_of is not None:
        attributes |= {"repeat_of": trial.repeat_of, "seed": trial.seed}
    return attributes


def open_study_of(run_dir: Path) -> TrialStudy:
    """The study of a finished search, in its run directory or in the database that its config names.

    Raises:
        RunError: There is no run, it is no search, it has not finished, or its study is gone.
        UserError: The database cannot be reached.
    """
    noted = read_note(run_dir)
    settings = yaml.safe_load(read_config_yaml(run_dir))
    storage = (settings.get("search") or {}).get("storage")
    return TrialStudy.open(storage or run_dir, name=noted["study"])


def best_values(run_dir: Path) -> dict[str, Any]:
    """Params of the best trial of a finished search, or of the coarse one that it narrowed: path → value.

    Raises:
        RunError: As ``open_study_of``, or no trial completed.
        UserError: The database cannot be reached.
    """
    return dict(best_trial(run_dir)[0].params)


def best_trial(run_dir: Path) -> tuple[Trial, Path]:
    """The best trial of a finished search, and the search it is of: the coarse one where that was better.

    Where the best ones were trained again, it is the one that came out best then.

    Raises:
        RunError: As ``open_study_of``, or no trial completed.
        UserError: The database cannot be reached.
    """
    note = read_note(run_dir)
    own = _own_best(run_dir)
    if own is None:
        raise RunError(
            "no trial of this search completed, so there is no best one",
            where=str(run_dir),
            remedy="Search again over other ranges",
        )
    coarse = Path(note["source"]) if note.get("source") else None
    better = better_of_coarse(coarse, own, repeated=note.get("winner") is not None)
    return (own, run_dir) if better is None or coarse is None else (better, coarse)


def better_of_coarse(coarse: Path | None, best: Trial, *, repeated: bool) -> Trial | None:
    """The best trial of the coarse search that was narrowed, if the best fine one is worse than it.

    The mean over seeds of a trial that was trained again is not set beside the one result of another.

    Args:
        coarse: Run of the coarse search; None or gone: nothing can be said.
        best: The best trial of the fine one.
        repeated: Whether ``best`` was trained again with other seeds.
    """
    if coarse is None or repeated or best.merit is None:
        return None
    try:
        before = _own_best(coarse)
    except (RunError, UserError):
        return None
    if before is None or before.merit is None:
        return None
    return before if before.merit.place < best.merit.place else None


def _own_best(run_dir: Path) -> Trial | None:
    winner = read_note(run_dir).get("winner")
    with open_study_of(run_dir) as study:
        trials = study.trials()
    return next(iter([trial for trial in trials if trial.index == winner] or ranked(trials)), None)
