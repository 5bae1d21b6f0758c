"""Encoding: an axis and its values as Optuna takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from nnbabysit.core.config.schema.space import Axis


def space_document(space: Mapping[str, Axis]) -> dict[str, dict[str, Any]]:
    """The space as JSON-ready builtins, as a config writes it."""
    return {path: {axis.kind: getattr(axis, axis.kind)} for path, axis in space.items()}


def distribution(axis: Axis) -> BaseDistribution:
    """The axis as Optuna knows it."""
    if axis.log_uniform is not None:
        return FloatDistribution(*axis.log_uniform, log=True)
    if axis.uniform is not None:
        return FloatDistribution(*axis.uniform)
    if axis.int is not None:
        return IntDistribution(*axis.int)
    return CategoricalDistribution([encoded(axis, choice) for choice in axis.choice or []])


def _is_plain(axis: Axis) -> bool:
    """Whether Optuna can tell the choices apart as they are: it holds 1, 1.0 and True for the same."""
    kinds = {type(choice) for choice in axis.choice or []}
    return len(kinds) == 1 and kinds <= {str, int, float, bool}


def encoded(axis: Axis, value: Any) -> Any:
    """A choice as Optuna takes it: as it is if all choices are of one plain type, otherwise as JSON text."""
    if axis.choice is None or _is_plain(axis):
        return value
    return json.dumps(value, sort_keys=True)


def decoded(axis: Axis | None, value: Any) -> Any:
    """The value that ``encoded`` was given."""
    if axis is None or axis.choice is None or _is_plain(axis):
        return value
    return json.loads(value)
