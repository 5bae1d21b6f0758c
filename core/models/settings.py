"""Arguments of the built-in networks, with bounds; each docstring ends the sentence "got …, expected …".

Free of torch, so that a config can be checked before torch is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, PositiveInt

from nnbabysit.core.config.schema.section import Section

Activation = Literal[
    "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "maxout", "gelu", "silu"
]
Norm = Literal["none", "batch", "layer", "group"]
Pooling = Literal["max", "average", "fractional"]

ACTIVATIONS: Mapping[Activation, str] = {
    "sigmoid": "1 / (1 + e^-x); saturates on both sides and is not centered on 0",
    "tanh": "(e^x - e^-x) / (e^x + e^-x); saturates on both sides",
    "relu": "max(0, x); the first choice",
    "leaky_relu": "max(0.01·x, x); its units cannot die",
    "prelu": "max(a·x, x) with a learned a, 0.25 at first",
    "elu": "x, below zero e^x - 1",
    "selu": "1.0507·x, below zero 1.0507·1.6733·(e^x - 1); drops out by alpha dropout",
    "maxout": "the largest of several weighted sums; so many times the parameters",
    "gelu": "x·Φ(x), with the normal distribution Φ",
    "silu": "x / (1 + e^-x)",
}
NORMS: Mapping[Norm, str] = {
    "none": "no normalization",
    "batch": "each unit over the batch; running averages in evaluation",
    "layer": "each sample over all units of the layer",
    "group": "each sample over groups of units",
}
POOLINGS: Mapping[Pooling, str] = {
    "max": "the largest of pool × pool neighbors",
    "average": "the mean of pool × pool neighbors",
    "fractional": "the largest of 2 × 2 neighbors at random places, ratio times fewer",
}


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("must be odd")
    return value


def _explained(names: Mapping[Any, str]) -> dict[str, Any]:
    """Lets an editor show one line for each name to choose from."""
    return {"enumDescriptions": list(names.values())}


Share = Annotated[float, Field(ge=0, lt=1)]


class LayerSettings(Section):
    """What follows each linear or convolutional layer, in every built-in network."""

    model_config = ConfigDict(use_attribute_docstrings=True)  # the messages are made of them

    activation: Annotated[Activation, Field(json_schema_extra=_explained(ACTIVATIONS))] = "relu"
    """the non-linearity after each hidden layer"""
    pieces: Annotated[int, Field(ge=2, le=16)] = 2
    """an integer from 2 to 16, the weighted sums of which maxout takes the largest"""
    norm: Annotated[Norm, Field(json_schema_extra=_explained(NORMS))] = "none"
    """the normalization between a layer and its non-linearity"""
    groups: PositiveInt | None = None
    """an integer of at least 1, the groups of norm group; default: of 16 units or more each"""
    dropout: Share = 0.0
    """a number from 0 to below 1, the fraction of the hidden activations that is dropped in training"""

    @property
    def sums(self) -> int:
        """Weighted sums per unit: ``pieces`` for maxout, else 1."""
        return self.pieces if self.activation == "maxout" else 1

    def flat_widths(self) -> list[int]:
        """Units of each hidden fully connected layer."""
        return []

    def image_widths(self) -> list[int]:
        """Channels of each convolution."""
        return []

    def conflicts(self) -> Iterator[tuple[str, str]]:
        """Settings that are allowed one by one but not together: name, and what is wrong."""
        if self.norm not in ("layer", "group"):
            return
        groups = (self.groups or 1) if self.norm == "group" else 1
        for width in (*self.flat_widths(), *self.image_widths()):
            if width * self.sums % groups:
                yield "groups", f"got {groups}, which does not divide the {width * self.sums} of a layer"
                return
        for width in self.flat_widths():
            if width * self.sums == groups:
                key = "groups" if groups > 1 else "hidden"
                yield (
                    key,
                    f"a group of 1 unit is always 0 after norm {self.norm}; take wider layers or groups",
                )
                return


class MLPSettings(LayerSettings):
    """Fully connected network: flatten, hidden layers, one linear output layer."""

    hidden: list[PositiveInt] = Field(default=[50])
    """a list with the width of each hidden layer, integers of at least 1, such as [50]; [] for none"""
    dropconnect: Share = 0.0
    """a number from 0 to below 1, the fraction of the hidden layers' weights that is dropped in training"""

    def flat_widths(self) -> list[int]:
        """Units of each hidden layer."""
        return self.hidden


class CNNSettings(MLPSettings):
    """Convolutional network: blocks of convolution and pooling, then a fully connected network."""

    hidden: list[PositiveInt] = Field(default=[64])
    """a list with the width of each hidden layer, integers of at least 1, such as [64]; [] for none"""
    channels: Annotated[list[PositiveInt], Field(min_length=1)] = Field(default=[16, 32])
    """a list with the number of filters of each block, integers of at least 1, such as [16, 32]"""
    kernel: Annotated[PositiveInt, AfterValidator(_odd)] = 3
    """an odd integer of at least 1, the height and width of a filter in pixels"""
    pooling: Annotated[Pooling, Field(json_schema_extra=_explained(POOLINGS))] = "max"
    """how a block shrinks its maps"""
    pool: PositiveInt = 2
    """an integer of at least 1, by which max and average pooling shrink height and width; 1 for none"""
    ratio: Annotated[float, Field(gt=1, lt=2)] = 1.414
    """a number between 1 and 2, by which fractional pooling shrinks height and width"""

    def image_widths(self) -> list[int]:
        """Filters of each block."""
        return self.channels


class ResNetSettings(LayerSettings):
    """Residual network: a convolution, stages of residual blocks, the mean over the image, a linear layer."""

    norm: Annotated[Norm, Field(json_schema_extra=_explained(NORMS))] = "batch"
    """the normalization between a layer and its non-linearity"""
    channels: Annotated[list[PositiveInt], Field(min_length=1)] = Field(default=[16, 32])
    """a list with the channels of each stage, integers of at least 1, such as [16, 32]; each stage after
    the first halves height and width"""
    blocks: PositiveInt = 2
    """an integer of at least 1, the residual blocks of each stage"""
    kernel: Annotated[PositiveInt, AfterValidator(_odd)] = 3
    """an odd integer of at least 1, the height and width of a filter in pixels"""
    survival: Annotated[float, Field(gt=0, le=1)] = 1.0
    """a number above 0 and at most 1, the probability that the last block survives stochastic depth; earlier
    blocks survive more often, in even steps from 1; 1 for none"""

    def image_widths(self) -> list[int]:
        """Channels of each stage."""
        return self.channels


class AutoencoderSettings(MLPSettings):
    """Autoencoder: the hidden layers of an mlp, and their mirror image, which gives the input back."""

    hidden: Annotated[list[PositiveInt], Field(min_length=1)] = Field(default=[100, 30])
    """a list with the width of each layer of the encoder, integers of at least 1, such as [100, 30]"""


SETTINGS: dict[str, type[LayerSettings]] = {
    "mlp": MLPSettings,
    "cnn": CNNSettings,
    "resnet": ResNetSettings,
    "autoencoder": AutoencoderSettings,
}


def choices(settings: type[Section], key: str) -> tuple[str, ...]:
    """The values that ``key`` may take when it is one of a fixed set of names, else empty."""
    options = get_args(settings.model_fields[key].annotation)
    return options if options and all(isinstance(option, str) for option in options) else ()
