"""``resume``: go on with a training, an ensemble or a search that was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.commands.train import TRAIN
from nnbabysit.cli.options import Options, with_options_but_no_config
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult


_RESUME = Command(
    name="resume",
    order=90,
    many_steps=True,
    from_run=True,
    resumable=True,
    stops_at_checkpoint=True,
    goes_on_with=TRAIN,
)


@_RESUME.register
@with_options_but_no_config
def resume(
    options: Options,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Path of a training or a search, or its name in the folder of runs."
        ),
    ],
) -> int:
    """Continue an interrupted training or search.

    Goes on in the same run directory, with the config of the run. A training goes on from its last
    checkpoint; on the same machine with the same number of threads the result is the same as without the
    interruption. An ensemble goes on with the member that was interrupted, then with those that had not
    begun. A search runs the trials that its study does not hold: none is lost, none is repeated.

    Example: nnbabysit resume runs/latest
    """
    from nnbabysit.cli.execution import conduct
    from nnbabysit.cli.run_lookup import find_resumable

    if options.overrides:
        raise typer.BadParameter(
            "resume keeps the settings of its run: -S, --seed, --device and --name start a new one"
        )

    def config_of_run() -> str:
        return str(find_resumable(run, options.runs_dir) / "config.yaml")

    return conduct(_RESUME, options, lambda session: _resume(session, run), source=config_of_run)


def _resume(session: Session, run: str) -> StepResult:
    from nnbabysit.cli.run_lookup import find_resumable, is_search
    from nnbabysit.core.workflow.gates.train.ensemble_members import is_ensemble

    dataset, path = session.dataset(), find_resumable(run, session.options.runs_dir)
    config, max_time, open_run = session.config, session.options.max_time, session.runs.open_run
    if is_search(path):
        from nnbabysit.core.workflow.gates.search.search import resume_search

        return resume_search(config, path, open_run, dataset=dataset)
    if is_ensemble(path):
        from nnbabysit.core.workflow.gates.train.ensemble import run_ensemble

        opened, new_run = open_run(path), session.new_run
        return run_ensemble(
            config, opened, new_run=new_run, reopen=open_run, dataset=dataset, max_time=max_time
        )
    from nnbabysit.core.workflow.gates.train.train import run_train

    return run_train(config, open_run(path), dataset=dataset, resume=True, max_time=max_time)
