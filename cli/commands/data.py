"""``data``: can this data be trained on?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options, with_options
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult

_DATA = Command(name="data", order=20)


@_DATA.register
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
        from nnbabysit.core.data.load import load_dataset
        from nnbabysit.core.workflow.gates.data import run_data_check

        return session.run_step(run_data_check, load=load_dataset)

    return conduct(_DATA, options, step)
