"""The autoencoder: its output is as close to its input as a narrow code allows."""

from __future__ import annotations

from math import prod

from torch import Tensor, nn

from nnbabysit.core.models.settings import AutoencoderSettings
from nnbabysit.core.models.start import start
from nnbabysit.core.models.weighted_layers import Layers, hidden_layer


class Autoencoder(nn.Module):
    """``decode(encode(x))``; the encoder is an mlp without its output, the decoder its mirror image.

    ``encode`` names its layers as ``MLP`` does (hidden1, norm1, activation1, …), so its weights fit into an
    mlp of the same ``hidden``, ``norm`` and ``activation``: see ``encoder_state``. The layers of ``decode``
    have the number of the encoder's layer that they undo, and ``output`` undoes the first: it is linear,
    since a standardized input has no bounds. Dropout and DropConnect act in the encoder alone. It learns by
    the mean squared error between output and input (Vincent et al. 2010, section 2; the decoder's weights are
    its own here).

    Attributes:
        encode: (N, ...) → code (N, hidden[-1]).
        decode: Code → (N, ...).
        depth: Layers of the encoder.

    Args:
        input_shape: Shape of one sample.
        settings: Layers of the encoder.

    Shape:
        (N, *input_shape) → the same.
    """

    def __init__(self, input_shape: tuple[int, ...], settings: AutoencoderSettings) -> None:
        """Build the layers and draw their weights from torch's global generator."""
        super().__init__()
        widths = [prod(input_shape), *settings.hidden]
        self.depth = len(settings.hidden)
        encode, decode = Layers(flatten=nn.Flatten()), Layers()
        for number in range(1, self.depth + 1):
            encode |= hidden_layer(number, widths[number - 1], widths[number], settings)
        for number in range(self.depth, 1, -1):
            decode |= hidden_layer(number, widths[number], widths[number - 1], settings, dropout=False)
        decode["output"] = nn.Linear(widths[1], widths[0])
        decode["unflatten"] = nn.Unflatten(1, input_shape)
        self.encode = nn.Sequential(encode)
        self.decode = nn.Sequential(decode)
        start(self, input_shape)

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction (B, ...) of a batch of that shape."""
        reconstruction: Tensor = self.decode(self.encode(x))
        return reconstruction

    def stage(self, number: int) -> nn.Sequential:
        """Layer ``number`` of the encoder and the layer that undoes it: a small ``encode``, ``decode``.

        For training layer by layer: its input and its target are what ``below(number)`` gives. The modules
        are the network's own, so to train the stage is to train the network.

        Args:
            number: From 1 to ``depth``.

        Shape:
            Stage 1: (N, *input_shape) → the same. Others: (N, hidden[number - 2]) → the same.
        """
        first = number == 1
        encode = _picked(self.encode, number, ("flatten",) if first else ())
        decode = _picked(self.decode, number, ("output", "unflatten") if first else ())
        return nn.Sequential(Layers(encode=encode, decode=decode))

    def below(self, number: int) -> nn.Sequential:
        """The encoder's layers before layer ``number``, whose output stage ``number`` learns to give back.

        Args:
            number: From 1 to ``depth``; for 1 the samples themselves, so nothing is in it.

        Shape:
            (N, *input_shape) → the input of ``stage(number)``.
        """
        if number == 1:
            return nn.Sequential()
        layers = list(self.encode.named_children())
        end = [name for name, _ in layers].index(f"hidden{number}")
        return nn.Sequential(Layers(layers[:end]))

    def encoder_state(self) -> dict[str, Tensor]:
        """Weights (F_out, F_in) and buffers of the encoder, under their names in an mlp of the same layers.

        ``mlp.load_state_dict(state, strict=False)`` takes them and misses ``output.weight`` and
        ``output.bias`` alone.
        """
        return dict(self.encode.state_dict())


def _picked(layers: nn.Sequential, number: int, more: tuple[str, ...]) -> nn.Sequential:
    """The layers of one number, and those named, in their order."""
    names = {f"{kind}{number}" for kind in ("hidden", "norm", "activation", "dropout")} | {*more}
    return nn.Sequential(Layers((name, layer) for name, layer in layers.named_children() if name in names))
