"""The residual network."""

from __future__ import annotations

from torch import Tensor, nn

from nnbabysit.core.models.activations import build_activation, build_dropout
from nnbabysit.core.models.normalization import build_norm
from nnbabysit.core.models.settings import ResNetSettings
from nnbabysit.core.models.start import start
from nnbabysit.core.models.stochastic_depth import StochasticDepth, linear_decay
from nnbabysit.core.models.weighted_layers import Layers, after_sum, convolution


class ResNet(nn.Sequential):
    """Small residual network: convolution, stages of residual blocks, mean over the pixels, linear.

    The first block of each stage but the first halves height and width, rounded up (He et al. 2016, section
    4.2). Block l of L survives stochastic depth with probability 1 - l/L·(1 - ``survival``).

    Args:
        input_shape: Channels, height and width of a sample.
        num_outputs: Outputs per sample; no non-linearity follows them.
        settings: Stages and blocks.

    Shape:
        (N, channels, height, width) → (N, num_outputs).
    """

    def __init__(self, input_shape: tuple[int, int, int], num_outputs: int, settings: ResNetSettings) -> None:
        """Build the layers and draw their weights from torch's global generator."""
        channels, sums = settings.channels[0], settings.channels[0] * settings.sums
        layers = Layers(conv0=convolution(input_shape[0], sums, settings.kernel, settings))
        layers |= after_sum(0, sums, settings, image=True)
        count, number = len(settings.channels) * settings.blocks, 0
        for stage, width in enumerate(settings.channels):
            for place in range(settings.blocks):
                number += 1
                layers[f"block{number}"] = ResidualBlock(
                    channels,
                    width,
                    settings,
                    stride=2 if stage > 0 and place == 0 else 1,
                    survival=linear_decay(number, count, settings.survival),
                )
                channels = width
        layers["mean"] = nn.AdaptiveAvgPool2d(1)
        layers["flatten"] = nn.Flatten()
        if settings.dropout > 0:
            layers["dropout"] = build_dropout(settings.activation, settings.dropout)
        layers["output"] = nn.Linear(channels, num_outputs)
        super().__init__(layers)
        start(self, input_shape)


class ResidualBlock(nn.Module):
    """φ(shortcut(x) + b·f(x)) with f = convolution, normalization, φ, convolution, normalization.

    He et al. 2016, figure 2 and section 3.3; the b of Huang et al. 2016. The shortcut is x itself, or, where
    the shape changes, a convolution of 1×1 with the block's stride and a normalization (option B). Under
    maxout every piece has the same shortcut: max over j of (s + f_j) = s + max over j of f_j.

    Args:
        inputs: Channels that come in.
        width: Channels that go out.
        settings: Kernel, normalization and non-linearity φ.
        stride: Factor by which height and width shrink.
        survival: Probability that a sample keeps f, in 0…1.

    Shape:
        (N, inputs, H, W) → (N, width, ⌈H/stride⌉, ⌈W/stride⌉).
    """

    def __init__(
        self, inputs: int, width: int, settings: ResNetSettings, *, stride: int, survival: float
    ) -> None:
        super().__init__()
        sums = width * settings.sums
        branch = Layers(conv1=convolution(inputs, sums, settings.kernel, settings, stride=stride))
        branch |= after_sum(1, sums, settings, image=True)
        branch |= _convolved("2", width, sums, settings.kernel, settings)
        if survival < 1:
            branch["depth"] = StochasticDepth(survival)
        self.branch = nn.Sequential(branch)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != width:
            self.shortcut = nn.Sequential(_convolved("", inputs, width, 1, settings, stride=stride))
        self.activation = build_activation(settings.activation, settings.pieces)
        self._pieces = settings.sums

    def forward(self, x: Tensor) -> Tensor:
        """Shortcut and branch, added: (B, C, H, W) to (B, C', H', W')."""
        branch, shortcut = self.branch(x), self.shortcut(x)
        if self._pieces > 1:
            shortcut = shortcut.repeat_interleave(self._pieces, dim=1)
        added: Tensor = self.activation(shortcut + branch)
        return added


def _convolved(
    number: str, inputs: int, outputs: int, kernel: int, settings: ResNetSettings, *, stride: int = 1
) -> Layers:
    """A convolution and its normalization, which has no non-linearity of its own."""
    layers = Layers({f"conv{number}": convolution(inputs, outputs, kernel, settings, stride=stride)})
    norm = build_norm(settings, outputs, image=True)
    if norm is not None:
        layers[f"norm{number}"] = norm
    return layers
