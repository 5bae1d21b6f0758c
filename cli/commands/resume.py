"""``resume``: go on with a training, an ensemble or a search that was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.options import Options, with_options_but_no_config
from nnbabysit.cli.typer_app import app

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult


@app.command()
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
    from nnbabysit.cli.run_lookup import find_resumable, is_search

    if options.overrides:
        raise typer.BadParameter(
            "resume keeps the settings of its run: -S, --seed, --device and --name start a new one"
        )

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.train.ensemble_members import is_ensemble

        dataset, path = session.dataset(), find_resumable(run, options.runs_dir)
        if is_search(path):
            from nnbabysit.core.workflow.gates.search.search import resume_search

            return resume_search(session.config, path, session.runs.open_run, dataset=dataset)
        if is_ensemble(path):
            from nnbabysit.core.workflow.gates.train.ensemble import run_ensemble

            return run_ensemble(
                session.config,
                session.runs.open_run(path),
                new_run=session.new_run,
                reopen=session.runs.open_run,
                dataset=dataset,
                max_time=options.max_time,
            )
        from nnbabysit.core.workflow.gates.train.train import run_train

        opened = session.runs.open_run(path)
        return run_train(session.config, opened, dataset=dataset, resume=True, max_time=options.max_time)

    def config_of_run() -> str:
        return str(find_resumable(run, options.runs_dir) / "config.yaml")

    return conduct("resume", options, step, source=config_of_run)
