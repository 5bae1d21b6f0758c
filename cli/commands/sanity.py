"""``sanity``: is the network wired as it should be, before any training?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options, with_options_and
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult

_SANITY = Command(name="sanity", order=30)


@_SANITY.register
@with_options_and("lr", "optimizer")
def sanity(options: Options) -> int:
    """Check the network at initialization, before any training.

    The initial loss must be near the chance-level loss (ln C for C classes), regularization must raise it,
    every trainable parameter must get a finite, non-zero gradient and change in one step, and the output
    for one sample must not depend on the other samples of the batch. Prints the statistics of each layer.
    Exit code 3 if a check fails.

    Example: nnbabysit sanity digits -S model.init.scheme=normal -S model.init.std=1.0
    """
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.sanity import run_sanity

        return session.run_step(run_sanity)

    return conduct(_SANITY, options, step)
