"""What a user's callable is given: the arguments of the config, and the sizes that it asks for by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from inspect import Parameter
from math import prod
from typing import Any

from nnbabysit.core.models.arguments import did_you_mean, refusal

_IN_FEATURES = ("in_features", "input_dim", "in_dim", "n_features")
_IN_CHANNELS = ("in_channels", "in_chans", "input_channels")
_CLASSES = ("num_classes", "n_classes", "num_outputs", "n_outputs")
_OUT_FEATURES = ("out_features", "output_size", "output_dim", "out_dim")
_BY_NAME = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
_VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def offers(input_shape: tuple[int, ...], num_outputs: int) -> dict[str, Any]:
    """All arguments on offer.

    Args:
        input_shape: Shape of one sample; of two or more numbers the first is taken for the channels.
        num_outputs: Outputs that data and loss need.

    Returns:
        Parameter name → value. ``in_channels`` and its synonyms are there for samples with channels only, and
        ``input_size`` for flat ones only, since of an image it may mean numbers as well as pixels per side.
    """
    table: dict[str, Any] = {"input_shape": input_shape}
    table |= dict.fromkeys(_IN_FEATURES, prod(input_shape))
    table |= dict.fromkeys(_CLASSES + _OUT_FEATURES, num_outputs)
    if len(input_shape) == 1:
        table["input_size"] = input_shape[0]
    else:
        table |= dict.fromkeys(_IN_CHANNELS, input_shape[0])
    return table


def arguments_for(
    target: Any, label: str, args: Mapping[str, Any], *, input_shape: tuple[int, ...], num_outputs: int
) -> dict[str, Any]:
    """Keyword arguments for ``target``: ``args``, and the offers that only its signature names.

    Args:
        target: The user's callable.
        label: What messages call it, such as ``model.py:Net``.
        args: ``model.args`` of the config.
        input_shape: Shape of one sample.
        num_outputs: Outputs that data and loss need.

    Returns:
        Keyword arguments with which ``target`` can be called. A callable whose signature cannot be read is
        given ``args`` as they are.

    Raises:
        ModelError: Arguments that ``target`` does not take, or that it needs and nobody gave; all at once.
    """
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):  # builtins and some extension types have no signature
        return dict(args)
    named = [name for name, parameter in parameters.items() if parameter.kind in _BY_NAME]
    on_offer = offers(input_shape, num_outputs)
    kwargs = {name: on_offer[name] for name in named if name in on_offer} | dict(args)
    takes_any = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values())
    unknown = [key for key in args if key not in named and not takes_any]
    missing = [p for name, p in parameters.items() if _is_required(p) and name not in kwargs]
    if unknown or missing:
        free = [name for name in named if name not in args]
        too_many = [(key, f"{label} takes no such argument, {did_you_mean(key, free)}") for key in unknown]
        too_few = [(p.name, f"missing, {_why_needed(p, label, input_shape)}") for p in missing]
        raise refusal([(f"model.args.{name}", message) for name, message in too_many + too_few])
    return kwargs


def _is_required(parameter: Parameter) -> bool:
    return parameter.default is Parameter.empty and parameter.kind not in _VARIADIC


def _why_needed(parameter: Parameter, label: str, input_shape: tuple[int, ...]) -> str:
    if parameter.kind is Parameter.POSITIONAL_ONLY:
        return f"{label} takes it by position only; remove the / from its signature"
    if parameter.name in _IN_CHANNELS:
        return f"{label} needs it, and samples of shape {input_shape} have no channels to count"
    return f"{label} needs it"
