"""The start of the built-in networks: initial weights when the config names none."""

from __future__ import annotations

from torch import nn

from nnbabysit.core.config.schema.root import Init
from nnbabysit.core.models.dry_run import dry_run
from nnbabysit.core.models.followers import following
from nnbabysit.core.models.initializers import OUTPUT_GAIN, initialize


def start(network: nn.Module, input_shape: tuple[int, ...]) -> None:
    """Draw each layer by the non-linearity that it feeds, and the output layer much smaller.

    Scheme ``auto``; then the outputs are close to 0, and the initial loss is close to the chance-level loss.

    Args:
        network: Changed in place; random numbers come from torch's global generator.
        input_shape: Shape of one sample.
    """
    with following(network) as followers:
        dry_run(network, input_shape)
    initialize(network, Init(scheme="auto"), followers)
    assert followers.output is not None, "a built-in network ends in a linear layer"
    initialize(followers.output, Init(scheme="lecun_normal", gain=OUTPUT_GAIN))
