"""``train``: the long run, watched; with ``--ensemble`` several of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.options import Options, with_options_and
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult

TRAIN = Command(
    name="train",
    order=70,
    many_steps=True,
    resumable=True,
    stops_at_checkpoint=True,
    trains=True,
    gate_before="sanity",
)


@TRAIN.register
@with_options_and("lr", "epochs", "batch_size", "optimizer", "average", "snapshots")
def train(
    options: Options,
    best_of: Annotated[
        str | None,
        typer.Option(
            "--best-of",
            metavar="RUN",
            help="Use the best values of this search, and its config if CONFIG is left out.",
        ),
    ] = None,
    ensemble: Annotated[
        int | None,
        typer.Option(
            "--ensemble",
            min=2,
            metavar="N",
            help="Train N networks, with the seed and those after it, and average what they predict.",
        ),
    ] = None,
) -> int:
    """Train the network, watched.

    Shows loss and accuracy on training and validation data, the learning rate, the update ratio of each
    weight matrix, the gradient norm, speed and time left. Keeps the last and the best checkpoint and tests
    once at the end. Exit code 4 if the training diverged. With --max-time it stops with a checkpoint;
    resume goes on from there.

    Each network of an ensemble is a run of its own, with the same splits. evaluate, given the ensemble's
    run, names its members, their mean, and what they know together.

    Example: nnbabysit train digits --best-of runs/latest
    """
    from nnbabysit.cli.execution import conduct
    from nnbabysit.cli.run_lookup import find_run

    def step(session: Session) -> StepResult:
        if best_of:
            session.take_best_of(find_run(best_of, options.runs_dir))
        return _train(session, ensemble)

    def config_of_search() -> str:
        return str(find_run(best_of or "", options.runs_dir) / "config.yaml")

    flags = ["--best-of", best_of] if best_of else []
    flags += ["--ensemble", str(ensemble)] if ensemble else []
    source = config_of_search if best_of and not options.config else None
    return conduct(TRAIN, options, step, source=source, flags=flags)


def _train(session: Session, members: int | None) -> StepResult:
    if members is None:
        from nnbabysit.core.workflow.gates.train.train import run_train

        return session.run_step(run_train, max_time=session.options.max_time)
    from nnbabysit.core.workflow.gates.train.ensemble import run_ensemble
    from nnbabysit.core.workflow.gates.train.ensemble_members import COMMAND

    return session.run_step(
        run_ensemble,
        folder=COMMAND,
        members=members,
        new_run=session.new_run,
        reopen=session.runs.open_run,
        max_time=session.options.max_time,
    )
