"""The user's own network, from an import path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.errors import ModelError, NnbabysitError
from nnbabysit.core.import_path import load
from nnbabysit.core.models.given_network import GivenNetwork
from nnbabysit.core.models.offered import arguments_for
from nnbabysit.core.user_code import user_code_error


def build_user_module(
    config: Model, *, input_shape: tuple[int, ...], num_outputs: int, seed: int
) -> nn.Module:
    """Import the target and call it.

    Args:
        config: ``name`` is an import path to any callable that returns a module.
        input_shape: Shape of one sample.
        num_outputs: Outputs that data and loss need.
        seed: Seed of the global generators, which a network that is given as it is must know.

    Returns:
        The module, as its constructor left it.

    Raises:
        UserError: The target cannot be imported.
        ModelError: It is no callable, does not take these arguments or returns no module.
        UserCodeError: It raised.
    """
    target, label = load(config.name), label_of(config.name)
    if isinstance(target, GivenNetwork):
        if config.args:
            raise ModelError(
                f"{label} is a network that is already built, it takes no arguments",
                where="model.args",
                remedy="Hand over its class instead",
            )
        return target.draw(seed)
    if isinstance(target, nn.Module):
        raise ModelError(
            f"{label} is a network that is already built, its weights would not follow from the seed",
            where="model.name",
            remedy="Name its class, or a function that builds it",
        )
    if not callable(target):
        raise ModelError(
            f"{label} is of type {type(target).__name__} and cannot be called",
            where="model.name",
            remedy="Name a class, or a function that returns a torch.nn.Module",
        )
    kwargs = arguments_for(target, label, config.args, input_shape=input_shape, num_outputs=num_outputs)
    model = _call(target, label, kwargs)
    if not isinstance(model, nn.Module):
        raise ModelError(
            f"{label} returned {type(model).__name__}, expected a torch.nn.Module",
            where="model.name",
            remedy="Return the network, or derive the class from torch.nn.Module",
        )
    return model


def label_of(name: str) -> str:
    """What messages call the target: an absolute ``…/model.py:Net`` becomes ``model.py:Net``."""
    return Path(name).name


def _call(target: Any, label: str, kwargs: dict[str, Any]) -> Any:
    try:
        return target(**kwargs)
    except NnbabysitError:
        raise
    except Exception as error:
        given = ", ".join(f"{name}={value!r}" for name, value in kwargs.items())
        raise user_code_error(error, f"{label}({given})") from error
