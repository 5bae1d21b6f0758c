"""``search``: hyperparameters, from coarse to fine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.options import Options, with_options_and
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.workflow.result import StepResult

_SEARCH = Command(name="search", order=50, resumable=True)


@_SEARCH.register
@with_options_and("trials", "batch_size", "optimizer", "grid", "repeat")
def search(
    options: Options,
    coarse: Annotated[
        bool, typer.Option("--coarse", help="Short trials over search.coarse.space. The default.")
    ] = False,
    fine: Annotated[
        bool, typer.Option("--fine", help="Trials over ranges narrowed around the best coarse ones.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="RUN", help="Coarse run that --fine starts from; default: the newest one."
        ),
    ] = None,
) -> int:
    """Search hyperparameters from coarse to fine, in log space.

    Each trial trains for a few epochs and prints its validation accuracy and what was drawn. A trial whose
    total loss exceeds three times its first, or is not finite, is stopped. Ends with the best values, a
    warning when they lie at the edge of a range, the importance of each setting, and the command that
    trains with the best.

    With --repeat the ten best trials (search.top) are trained again with M other seeds each: the best of
    them by its mean is the winner, and those that the seeds cannot tell from it are named.

    Example: nnbabysit search --coarse digits && nnbabysit search --fine digits
    """
    from nnbabysit.cli.execution import conduct

    if coarse and (fine or source):
        raise typer.BadParameter("--coarse cannot be combined with --fine or --from: give one of them")
    stage = "fine" if fine or source else "coarse"
    flags = [f"--{stage}", *(["--from", source] if source else []), *options.words_of("grid", "repeat")]

    return conduct(_SEARCH, options, lambda session: _search(session, stage, source), flags=flags)


def _search(session: Session, stage: str, source: str | None) -> StepResult:
    from nnbabysit.cli.run_lookup import find_coarse_run

    runs_dir = session.options.runs_dir
    start = find_coarse_run(source, session.config, runs_dir) if stage == "fine" else None
    _refuse_small_grid(session.config, stage)
    from nnbabysit.core.workflow.gates.search.search import run_search

    return session.run_step(run_search, folder=f"search-{stage}", stage=stage, source=start)


def _refuse_small_grid(config: Config, stage: str) -> None:
    """As the search itself does, but before data and model are loaded."""
    space = config.search.coarse.space if stage == "coarse" else config.search.fine.space
    if config.search.sampler == "grid" and space:
        from nnbabysit.core.search.samplers.random_grid import check_grid

        trials = config.search.coarse.trials if stage == "coarse" else config.search.fine.trials
        check_grid(space, trials, stage)
