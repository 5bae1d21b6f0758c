"""The gates in their order, from ``data`` to ``train``, and ``babysit``, which runs them all.

What is heavy is imported when a command runs, never for help or a usage error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.options import Options, with_options, with_options_and
from nnbabysit.cli.typer_app import app

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.workflow.result import StepResult


@app.command()
@with_options
def data(options: Options) -> int:
    """Check that the data can be trained on.

    Prints shapes, class balance, ranges and the statistics after preprocessing, and looks for NaN and
    infinity, labels out of range, constant features, data that was never or twice normalized, imbalance,
    and exact duplicates within and across splits. Exit code 3 if one of them stands in the way.

    Example: nnbabysit data fashion-mnist --json
    """
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.data import run_data_check

        return session.run_step(run_data_check)

    return conduct("data", options, step)


@app.command()
@with_options
def sanity(options: Options) -> int:
    """Check the network at initialization, before any training.

    The initial loss must be near what guessing costs (ln C for C classes), regularization must raise it,
    every trainable parameter must get a finite, non-zero gradient and change in one step, and the output
    for one sample must not depend on its neighbors in the batch. Prints the statistics of each layer. Exit
    code 3 if a check says no.

    Example: nnbabysit sanity digits -S model.init.scheme=normal -S model.init.std=1.0
    """
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.sanity import run_sanity

        return session.run_step(run_sanity)

    return conduct("sanity", options, step)


@app.command("overfit-tiny")
@with_options
def overfit_tiny(options: Options) -> int:
    """Check that a few samples can be learned by heart.

    Trains on a few stratified samples (20 unless overfit_tiny.samples says otherwise), full batch, without
    regularization and dropout, and prints epoch, cost, training accuracy and learning rate. Passes at
    accuracy 1.00 and a loss under overfit_tiny.max_loss, else exit code 3 and what would have helped.

    Example: nnbabysit overfit-tiny digits -S overfit_tiny.epochs=400
    """
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny

        return session.run_step(run_overfit_tiny)

    return conduct("overfit-tiny", options, step)


@app.command()
@with_options_and("grid", "repeat")
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
            "--from", metavar="RUN", help="Coarse run that --fine starts from; left out: the newest one."
        ),
    ] = None,
) -> int:
    """Search hyperparameters from coarse to fine, in log space.

    Each trial trains for a few epochs and prints its validation accuracy and what was drawn. A trial whose
    cost exceeds three times its first cost, or is not finite, is stopped. Ends with the best values, a
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

    def step(session: Session) -> StepResult:
        from nnbabysit.cli.run_lookup import find_coarse_run

        start = find_coarse_run(source, session.config, options.runs_dir) if stage == "fine" else None
        _refuse_small_grid(session.config, stage)
        from nnbabysit.core.workflow.gates.search.search import run_search

        return session.run_step(run_search, folder=f"search-{stage}", stage=stage, source=start)

    return conduct("search", options, step, flags=flags)


def _refuse_small_grid(config: Config, stage: str) -> None:
    """As the search itself does, but before data and model are loaded."""
    space = config.search.coarse.space if stage == "coarse" else config.search.fine.space
    if config.search.sampler == "grid" and space:
        from nnbabysit.core.search.samplers.random_grid import check_grid

        trials = config.search.coarse.trials if stage == "coarse" else config.search.fine.trials
        check_grid(space, trials, stage)


@app.command()
@with_options_and("average", "snapshots")
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

    flags = ["--best-of", best_of] if best_of else []
    flags += ["--ensemble", str(ensemble)] if ensemble else []

    def step(session: Session) -> StepResult:
        if best_of:
            session.take_best_of(find_run(best_of, options.runs_dir))
        if ensemble:
            return _ensemble(session, ensemble)
        from nnbabysit.core.workflow.gates.train.train import run_train

        return session.run_step(run_train, max_time=options.max_time)

    def config_of_search() -> str:
        return str(find_run(best_of or "", options.runs_dir) / "config.yaml")

    source = config_of_search if best_of and not options.config else None
    return conduct("train", options, step, source=source, flags=flags)


def _ensemble(session: Session, members: int) -> StepResult:
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


@app.command()
@with_options_and("average", "snapshots")
def babysit(options: Options) -> int:
    """Run all gates in order; stop at the first that says no.

    Runs data, sanity, overfit-tiny, search --coarse, search --fine and train, and stops with the reason and
    the line of the config to change. Each step has its own run directory; they share two words of their
    names.

    Example: nnbabysit babysit digits --seed 1
    """
    return babysit_with(options)


def babysit_with(options: Options) -> int:
    """Run all gates with these options, as ``init --run`` does too."""
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.babysit import run_babysit

        return session.run_step(run_babysit, new_run=session.new_run)

    return conduct("babysit", options, step)
