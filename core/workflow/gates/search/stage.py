"""Stage: what a search searches, from the config or narrowed from the coarse search before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nnbabysit.core.config.schema.root import Coarse, Config, Fine
from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.errors import UserError
from nnbabysit.core.record.run import Run
from nnbabysit.core.search.space.allowed import allowed_in
from nnbabysit.core.search.space.narrowed_config import FILE_NAME
from nnbabysit.core.search.space.narrowing import Narrowing, narrow
from nnbabysit.core.search.store import lineage
from nnbabysit.core.search.store.study import open_study_of

StageName = Literal["coarse", "fine"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is searched: settings, space, and where the space came from."""

    name: StageName
    settings: Coarse | Fine
    space: Mapping[str, Axis]
    source: Path | None = None
    narrowing: Narrowing | None = None
    note: str = ""


def stage_of(config: Config, run: Run, stage: StageName, source: Path | None) -> Stage:
    """What a stage searches.

    Args:
        config: Experiment.
        run: Beside it the coarse run is looked for.
        stage: ``coarse`` or ``fine``.
        source: Coarse run to narrow; None: the newest one of the config.

    Raises:
        UserError: There is nothing to search.
        RunError: There is no coarse search to narrow, or none of its trials completed.
    """
    coarse, fine = config.search.coarse, config.search.fine
    if stage == "coarse":
        if not coarse.space:
            raise UserError(
                "there is nothing to search",
                where="search.coarse.space",
                remedy="Name a setting there, such as optimizer.lr: {log_uniform: [1e-6, 1e-3]}",
            )
        return Stage(name=stage, settings=coarse, space=coarse.space)
    if fine.space:
        unread = f"; {source.name} is not read" if source else ""
        note = f"searching search.fine.space as the config gives it{unread}"
        return Stage(name=stage, settings=fine, space=fine.space, note=note)
    return _narrowed(config, run, source)


def _narrowed(config: Config, run: Run, source: Path | None) -> Stage:
    coarse_run = source or lineage.find_coarse(run.path.parent, config)
    with open_study_of(coarse_run) as study:
        narrowing = narrow(study.space, study.trials(), config.search.fine.keep, allowed_in(config))
    return Stage(
        name="fine",
        settings=config.search.fine,
        space=narrowing.space,
        source=coarse_run,
        narrowing=narrowing,
        note=f"ranges narrowed from {coarse_run.name}, written to {run.path / FILE_NAME}",
    )
