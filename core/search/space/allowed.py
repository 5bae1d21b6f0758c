"""Allowed values: how far a range may be widened before the config, or the network, refuses."""

from __future__ import annotations

from typing import Any

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import UserError
from nnbabysit.core.models.arguments import read_settings
from nnbabysit.core.models.settings import SETTINGS
from nnbabysit.core.search.space.scale import Allowed


def allowed_in(config: Config) -> Allowed:
    """Says whether the config, and the built-in network, take a value."""

    def allowed(path: str, value: Any) -> bool:
        try:
            changed = with_values(config, {path: value})
            if changed.model.name in SETTINGS:
                read_settings(changed.model.name, changed.model.args)
        except UserError:
            return False
        return True

    return allowed
