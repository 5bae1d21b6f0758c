"""Unknown arguments: what a network's constructor requires and the data cannot tell."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from inspect import Parameter

from nnbabysit.core.models.offered import offers

_BY_NAME = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def unknown_arguments(
    target: object, given: Iterable[str], *, input_shape: tuple[int, ...], num_outputs: int
) -> list[str]:
    """Names of required parameters that are neither on offer nor given; none if there is no signature.

    Args:
        target: The user's class or function.
        given: Names in ``model.args``.
        input_shape: Shape of one sample.
        num_outputs: Outputs that data and loss need.
    """
    if not callable(target):
        return []
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return []
    known = {*offers(input_shape, num_outputs), *given}
    return [
        name
        for name, parameter in parameters.items()
        if parameter.kind in _BY_NAME and parameter.default is Parameter.empty and name not in known
    ]
