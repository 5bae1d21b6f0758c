"""The fully connected network."""

from __future__ import annotations

from torch import nn

from nnbabysit.core.models.settings import MLPSettings
from nnbabysit.core.models.start import start
from nnbabysit.core.models.weighted_layers import Layers, hidden_layer


class MLP(nn.Sequential):
    """Fully connected network; flattens each sample.

    Each hidden layer is weighted sum → normalization → non-linearity → dropout.

    Args:
        in_features: Numbers per sample.
        num_outputs: Outputs per sample; no non-linearity follows them.
        settings: Hidden layers.

    Shape:
        (N, ...) with ``in_features`` numbers per sample → (N, num_outputs).
    """

    def __init__(self, in_features: int, num_outputs: int, settings: MLPSettings) -> None:
        """Build the layers and draw their weights from torch's global generator."""
        layers, inputs = Layers(flatten=nn.Flatten()), in_features
        for number, width in enumerate(settings.hidden, start=1):
            layers |= hidden_layer(number, inputs, width, settings)
            inputs = width
        layers["output"] = nn.Linear(inputs, num_outputs)
        super().__init__(layers)
        start(self, (in_features,))
