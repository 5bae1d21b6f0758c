"""Arguments of the built-in networks, with bounds; each docstring ends the sentence "got …, expected …".

Free of torch, so that a config can be checked before torch is imported.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, PositiveInt

from nnbabysit.core.config.section import Section

Activation = Literal["sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu"]
Norm = Literal["none", "batch"]


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("must be odd")
    return value


class MLPSettings(Section):
    """Fully connected network: flatten, hidden layers, one linear output layer."""

    model_config = ConfigDict(use_attribute_docstrings=True)  # the messages are made of them

    hidden: list[PositiveInt] = Field(default=[50])
    """a list with the width of each hidden layer, whole numbers of at least 1, such as [50]; [] for none"""
    activation: Activation = "relu"
    """the non-linearity after each hidden layer"""
    norm: Norm = "none"
    """the normalisation between a layer and its non-linearity"""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """a number from 0 to below 1, the share of the hidden activations that is dropped in training"""


class CNNSettings(MLPSettings):
    """Convolutional network: blocks of convolution and pooling, then a fully connected network."""

    channels: Annotated[list[PositiveInt], Field(min_length=1)] = Field(default=[16, 32])
    """a list with the number of filters of each block, whole numbers of at least 1, such as [16, 32]"""
    kernel: Annotated[PositiveInt, AfterValidator(_odd)] = 3
    """an odd whole number of at least 1, the height and width of a filter in pixels"""
    pool: PositiveInt = 2
    """a whole number of at least 1, the factor by which each block shrinks height and width; 1 for none"""
    hidden: list[PositiveInt] = Field(default=[64])
    """a list with the width of each hidden layer, whole numbers of at least 1, such as [64]; [] for none"""


SETTINGS: dict[str, type[MLPSettings]] = {"mlp": MLPSettings, "cnn": CNNSettings}


def choices(settings: type[Section], key: str) -> tuple[str, ...]:
    """The values that ``key`` may take when it is one of a fixed set of names, else empty."""
    options = get_args(settings.model_fields[key].annotation)
    return options if options and all(isinstance(option, str) for option in options) else ()
