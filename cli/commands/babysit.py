"""``babysit``: all gates in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options, with_options_and
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult

_BABYSIT = Command(name="babysit", order=80, many_steps=True, trains=True)


@_BABYSIT.register
@with_options_and("lr", "epochs", "batch_size", "optimizer", "trials", "average", "snapshots")
def babysit(options: Options) -> int:
    """Run all gates in order; stop at the first that fails.

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

        return session.run_step(run_babysit, new_run=session.new_run, took=session.take_winner)

    return conduct(_BABYSIT, options, step)
