"""``pretrain``: learning from unlabeled inputs, before ``train``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnbabysit.cli.options import Options, with_options
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult


_PRETRAIN = Command(name="pretrain", order=60)


@_PRETRAIN.register
@with_options
def pretrain(options: Options) -> int:
    """Learn from unlabeled inputs, where labels are scarce.

    Trains an autoencoder whose encoder is the config's mlp without its output: on whole inputs, on damaged
    ones (denoising, the default), or layer by layer (stacked); see the settings under pretrain. No label is
    looked at, so data.labels does not matter. Ends with the command that trains the network from there.

    Example: nnbabysit pretrain fashion-mnist -S data.labels=0.01 -S pretrain.kind=stacked
    """
    from nnbabysit.cli.execution import conduct

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.gates.pretrain import load_inputs, run_pretrain

        return session.run_step(run_pretrain, load=load_inputs)

    return conduct(_PRETRAIN, options, step)
