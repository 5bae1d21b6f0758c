"""Lineage: which coarse search a fine one continues, and whose winner a training takes.

A search notes in ``meta.json`` of its run directory what it was: ``search: {stage, name, fingerprint, study,
source, grid, round_size, finished, winner}``; runs of older versions have fewer.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import RunError
from nnbabysit.core.record.run import find_runs, read_meta

KEY = "search"
"""Field of ``meta.json``."""


def note(
    config: Config,
    *,
    stage: str,
    study: str,
    source: Path | None,
    grid: bool,
    finished: bool,
    round_size: int | None = None,
    winner: int | None = None,
) -> dict[str, Any]:
    """What a search notes about itself; all that it takes to go on with it.

    Args:
        config: Experiment.
        stage: ``coarse`` or ``fine``.
        study: Name of the study in its database.
        source: Coarse run whose ranges were narrowed, if any.
        grid: Whether the trials lie on a grid.
        finished: Whether all trials have ended.
        round_size: Trials of a round, where a sampler hands them out in rounds.
        winner: Index of the trial that came out best when the best ones were trained again; None: no one was.
    """
    return {
        "stage": stage,
        "name": config.name,
        "fingerprint": fingerprint(config),
        "study": study,
        "source": None if source is None else str(source),
        "grid": grid,
        "round_size": round_size,
        "finished": finished,
        "winner": winner,
    }


def fingerprint(config: Config) -> str:
    """sha256 over everything that the outcome of a coarse search depends on, apart from luck.

    That is data, model, what it starts from, loss, optimizer, schedule, penalties, batch size and space.
    Values that the space replaces, the seed, and the number of trials and epochs do not count.
    """
    sections = ("data", "model", "transfer", "loss", "optimizer", "schedule", "regularization")
    document = config.model_dump(mode="json", include=set(sections))
    document["training"] = {"batch_size": config.training.batch_size}
    for path in config.search.coarse.space:
        _remove(document, path.split("."))
    document["space"] = {
        path: axis.model_dump(mode="json", exclude_none=True)
        for path, axis in config.search.coarse.space.items()
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def find_coarse(root: Path, config: Config) -> Path:
    """The newest finished coarse search of this config.

    Args:
        root: Folder of the runs.
        config: Experiment.

    Raises:
        RunError: There is none.
    """
    wanted = {"stage": "coarse", "name": config.name, "fingerprint": fingerprint(config), "finished": True}
    same_name = False
    for path in find_runs(root):
        found = read_meta(path).get(KEY) or {}
        if all(found.get(key) == value for key, value in wanted.items()):
            return path
        same_name = same_name or (found.get("stage") == "coarse" and found.get("name") == config.name)
    if same_name:
        raise RunError(
            f"no coarse search of {config.name} over this data, model and space has finished, only others",
            where=str(root),
            remedy="Run nnbabysit search --coarse first, or name a run with --from",
        )
    raise RunError(
        f"there is no coarse search of {config.name} to start from",
        where=str(root),
        remedy="Run nnbabysit search --coarse first, name a run with --from, or set search.fine.space",
    )


def read_note(run_dir: Path) -> dict[str, Any]:
    """What the search in a run directory noted about itself.

    Raises:
        RunError: There is no run, it is no search, or it has not finished.
    """
    found = read_meta(run_dir).get(KEY)
    if not isinstance(found, dict):
        raise RunError(
            "this run is not a search", where=str(run_dir), remedy="Name the directory of a search"
        )
    if not found.get("finished"):
        raise RunError(
            "this search has not finished",
            where=str(run_dir),
            remedy=f"Wait for it, or go on with it by nnbabysit resume {run_dir.name}",
        )
    return found


def read_unfinished(run_dir: Path) -> dict[str, Any]:
    """What a search that was interrupted noted about itself.

    Raises:
        RunError: There is no run, it is no search, it had not begun, or all its trials have ended.
    """
    found = read_meta(run_dir).get(KEY)
    if not isinstance(found, dict) or "source" not in found:
        raise RunError("nothing of this search was stored", where=str(run_dir), remedy="Run the search again")
    if found.get("finished"):
        raise RunError(
            "all trials of this search have ended",
            where=str(run_dir),
            remedy="Search again for more, with another --seed",
        )
    return found


def noted_round_size(run_dir: Path) -> int | None:
    """Trials of a round of the search in a run directory; None if it has no rounds, or has not begun."""
    found = read_meta(run_dir).get(KEY)
    size = found.get("round_size") if isinstance(found, dict) else None
    return size if isinstance(size, int) else None


def noted_study(run_dir: Path) -> str | None:
    """Name of the study of the search in a run directory, which keeps it when the directory is renamed."""
    found = read_meta(run_dir).get(KEY)
    name = found.get("study") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None


def _remove(document: dict[str, Any], keys: list[str]) -> None:
    for key in keys[:-1]:
        inner = document.get(key)
        if not isinstance(inner, dict):
            return
        document = inner
    document.pop(keys[-1], None)
