"""Checks ``model.args`` and says each mistake in terms of the config."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.settings import SETTINGS, LayerSettings, choices


def read_settings(name: str, args: Mapping[str, Any]) -> LayerSettings:
    """Check the arguments of a built-in network.

    Args:
        name: A key of ``SETTINGS``.
        args: ``model.args`` of the config.

    Returns:
        The arguments with defaults filled in.

    Raises:
        ModelError: Unknown keys, wrong types, values out of bounds or at odds; all of them at once.
    """
    settings = SETTINGS[name]
    try:
        checked = settings.model_validate(dict(args))
    except ValidationError as error:
        keys = dict.fromkeys(str(detail["loc"][0]) for detail in error.errors())
        raise refusal([(f"model.args.{key}", _complaint(name, key, args)) for key in keys]) from None
    conflicts = [(f"model.args.{key}", message) for key, message in checked.conflicts()]
    if conflicts:
        raise refusal(conflicts)
    return checked


def _complaint(name: str, key: str, args: Mapping[str, Any]) -> str:
    settings = SETTINGS[name]
    if key not in settings.model_fields:
        return f"{name} takes no such argument, {did_you_mean(key, settings.model_fields)}"
    expected = settings.model_fields[key].description or ""
    options = choices(settings, key)
    if options:
        expected += f": {', '.join(options)}"
        if isinstance(args[key], str) and get_close_matches(args[key], options, n=1):
            expected += f"; {did_you_mean(args[key], options)}"
    return f"got {args[key]!r}, expected {expected}"


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """The way out of a mistyped name: the nearest candidate, or all of them when none is near."""
    names = list(candidates)
    near = get_close_matches(word.lower(), names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"it takes {', '.join(names)}" if names else "it takes none"


def refusal(mistakes: Sequence[tuple[str, str]]) -> ModelError:
    """One error for one or more mistakes.

    Args:
        mistakes: Config path, such as ``model.args.hidden``, and what is wrong there; at least one.

    Returns:
        For one mistake an error whose ``where`` is the config path, so that a caller who knows the file can
        turn it into a line; for several an error with one line for each.
    """
    if len(mistakes) == 1:
        (key, message), *_ = mistakes
        return ModelError(message, where=key)
    return ModelError("\n".join(f"{key}: {message}" for key, message in mistakes))
