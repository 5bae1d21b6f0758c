"""The convolutional network."""

from __future__ import annotations

from torch import nn

from nnbabysit.core.models.activations import build_dropout
from nnbabysit.core.models.mlp import MLP
from nnbabysit.core.models.pooling import build_pooling, pooled_size, shrink_factor
from nnbabysit.core.models.settings import CNNSettings
from nnbabysit.core.models.start import start
from nnbabysit.core.models.weighted_layers import Layers, after_sum, convolution


class CNN(nn.Sequential):
    """Convolutional network: blocks of convolution (stride 1, same size) and pooling, then an MLP.

    Dropout acts before each linear layer, that is also on the flattened output of the last block; DropConnect
    on the hidden linear layers.

    Args:
        input_shape: Channels, height and width of a sample, large enough for the pooling of all blocks.
        num_outputs: Outputs per sample; no non-linearity follows them.
        settings: Blocks and hidden layers.

    Shape:
        (N, channels, height, width) → (N, num_outputs).
    """

    def __init__(self, input_shape: tuple[int, int, int], num_outputs: int, settings: CNNSettings) -> None:
        """Build the layers and draw their weights from torch's global generator."""
        (channels, height, width), factor = input_shape, shrink_factor(settings)
        blocks = Layers()
        for number, filters in enumerate(settings.channels, start=1):
            blocks |= _block(number, channels, filters, settings)
            channels, height, width = filters, pooled_size(height, factor), pooled_size(width, factor)
        if settings.dropout > 0:
            blocks["dropout"] = build_dropout(settings.activation, settings.dropout)
        classifier = MLP(channels * height * width, num_outputs, settings)
        super().__init__(Layers(features=nn.Sequential(blocks), classifier=classifier))
        start(self, input_shape)


def _block(number: int, channels: int, filters: int, settings: CNNSettings) -> Layers:
    sums = filters * settings.sums
    block = Layers({f"conv{number}": convolution(channels, sums, settings.kernel, settings)})
    block |= after_sum(number, sums, settings, image=True)
    pooling = build_pooling(settings)
    if pooling is not None:
        block[f"pool{number}"] = pooling
    return block
