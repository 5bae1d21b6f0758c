"""Builds the network that a config names and proves that its output fits the data."""

from __future__ import annotations

from contextlib import nullcontext
from math import prod
from typing import Any

from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.arguments import read_settings
from nnbabysit.core.models.autoencoder import Autoencoder
from nnbabysit.core.models.cnn import CNN
from nnbabysit.core.models.dry_run import BATCH, dry_run
from nnbabysit.core.models.followers import following
from nnbabysit.core.models.initializers import initialize
from nnbabysit.core.models.mlp import MLP
from nnbabysit.core.models.pooling import pooled_size, shrink_factor
from nnbabysit.core.models.resnet import ResNet
from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.models.settings import (
    AutoencoderSettings,
    CNNSettings,
    LayerSettings,
    MLPSettings,
    ResNetSettings,
)
from nnbabysit.core.models.user_module import build_user_module, label_of
from nnbabysit.core.user_code import user_code_error


def build_model(config: Model, *, input_shape: tuple[int, ...], num_outputs: int, seed: int) -> nn.Module:
    """Build, initialize and try out the network; a function of its arguments alone.

    Global random generators, the network's buffers and its training mode are as if nothing had been tried.

    Args:
        config: Section ``model`` of the config.
        input_shape: Shape of one sample, such as (1, 28, 28).
        num_outputs: Outputs that data and loss need; for 1 the network may return (N,) instead of (N, 1).
        seed: At least 0.

    Returns:
        The network in training mode, or in whatever mode the user's constructor left it.

    Raises:
        ModelError: Wrong arguments, no trainable parameter, or output of the wrong shape.
            ``where`` is a config path such as ``model.args.hidden``.
        UserCodeError: The user's constructor or forward pass raised; ``where`` is file:line.
        UserError: The import path leads nowhere.
    """
    with seeded(seed):
        if ":" in config.name:
            model = build_user_module(config, input_shape=input_shape, num_outputs=num_outputs, seed=seed)
        else:
            model = _build_named(config, input_shape, num_outputs)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ModelError(f"{label_of(config.name)} has no trainable parameter", where="model.name")
    watching = nullcontext(None) if config.init is None else following(model)
    with seeded(seed), watching as followers:  # lazy layers draw their weights here
        output = _try_out(model, config, input_shape)
    if not isinstance(model, Autoencoder):
        _check_output(output, label_of(config.name), num_outputs)
    if config.init is not None:
        with seeded(seed):
            initialize(model, config.init, followers)
    return model


def _build_named(config: Model, input_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    settings = read_settings(config.name, config.args)
    try:
        return _network(settings, input_shape, num_outputs)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or "alloc" in str(error) or "overflow" in str(error):
            raise ModelError(
                f"{config.name} with {config.args} does not fit into memory",
                where="model.args",
                remedy="Make its layers smaller",
            ) from error
        raise


def _network(settings: LayerSettings, input_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    match settings:
        case CNNSettings():
            image = _image_shape(input_shape, "cnn")
            _check_pooling(image, settings)
            return CNN(image, num_outputs, settings)
        case ResNetSettings():
            return ResNet(_image_shape(input_shape, "resnet"), num_outputs, settings)
        case AutoencoderSettings():
            _check_reconstruction(input_shape, num_outputs)
            return Autoencoder(input_shape, settings)
        case MLPSettings():
            return MLP(prod(input_shape), num_outputs, settings)
    raise AssertionError(f"no network for {type(settings).__name__}")


def _image_shape(input_shape: tuple[int, ...], name: str) -> tuple[int, int, int]:
    if len(input_shape) != 3:
        raise ModelError(
            f"{name} needs images of (channels, height, width), the data has samples of shape {input_shape}",
            where="model.name",
            remedy="Take mlp, or give the data as images",
        )
    channels, height, width = input_shape
    return channels, height, width


def _check_pooling(image: tuple[int, int, int], settings: CNNSettings) -> None:
    _, height, width = image
    factor, wanted = shrink_factor(settings), len(settings.channels)
    blocks, side = 0, min(height, width)
    while factor > 1 and blocks < wanted and (side := pooled_size(side, factor)) > 0:
        blocks += 1
    if factor > 1 and blocks < wanted:
        raise ModelError(
            f"got {wanted} blocks that each divide height and width by {factor:g}, "
            f"{height}×{width} pixels last for {blocks}",
            where="model.args.channels",
            remedy=f"List at most {blocks} blocks, or lower model.args."
            + ("ratio" if settings.pooling == "fractional" else "pool"),
        )


def _check_reconstruction(input_shape: tuple[int, ...], num_outputs: int) -> None:
    if num_outputs != prod(input_shape):
        raise ModelError(
            f"autoencoder gives back its input, {prod(input_shape)} numbers per sample; data and loss need "
            f"{num_outputs}",
            where="model.name",
            remedy="Take mlp, or give each sample as its own target",
        )


def _try_out(model: nn.Module, config: Model, input_shape: tuple[int, ...]) -> Any:
    try:
        return dry_run(model, input_shape)
    except Exception as error:  # the user's code may raise anything
        doing = f"{label_of(config.name)}: the forward pass of a batch of shape {(BATCH, *input_shape)}"
        raise user_code_error(error, doing) from error


def _check_output(output: Any, label: str, num_outputs: int) -> None:
    expected = f"{(BATCH, num_outputs)}" + (f" or {(BATCH,)}" if num_outputs == 1 else "")
    needs = f"data and loss need {expected}, {num_outputs} number{'s' if num_outputs > 1 else ''} per sample"
    if not isinstance(output, Tensor):
        raise ModelError(
            f"{label} returns {type(output).__name__} instead of a tensor; for a batch of {BATCH} {needs}",
            where="model.name",
        )
    if not output.is_floating_point():
        raise ModelError(f"{label} returns {output.dtype}, expected torch.float32", where="model.name")
    shape = tuple(output.shape)
    if shape != (BATCH, num_outputs) and not (num_outputs == 1 and shape == (BATCH,)):
        raise ModelError(
            f"{label} returns shape {shape} for a batch of {BATCH}; {needs}",
            where="model.name",
            remedy="Give its last layer num_classes outputs: an argument of that name is filled in",
        )
