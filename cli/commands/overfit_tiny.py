"""``overfit-tiny``: can a few samples be memorized?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options, with_options_and
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult

_OVERFIT_TINY = Command(name="overfit-tiny", order=40)


@_OVERFIT_TINY.register
@with_options_and("lr", "optimizer")
def overfit_tiny(options: Options) -> int:
    """Check that a few samples can be memorized.

    Trains on a few stratified samples (20 unless overfit_tiny.samples says otherwise), full batch, without
    regularization and dropout, and prints epoch, loss, training accuracy and learning rate. Passes at
    accuracy 1.00 and a loss under overfit_tiny.max_loss, else exit code 3 and what would have helped.

    Example: nnbabysit overfit-tiny digits -S overfit_tiny.epochs=400
    """
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny

        return session.run_step(run_overfit_tiny)

    return conduct(_OVERFIT_TINY, options, step)
