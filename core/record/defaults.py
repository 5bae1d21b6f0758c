"""Defaults: which settings of a run are not what they are when nobody says anything."""

from __future__ import annotations

from typing import Any

from nnbabysit.core.record.catalog import Entry, flattened
from nnbabysit.core.record.comparison import MISSING, Row, rows_of

CHOSEN = ("optimizer", "schedule")
"""Sections whose other settings depend on their ``name``."""


def changed_settings(entry: Entry) -> list[Row]:
    """Settings of a run that differ from their defaults; the values of a row are the default and the run's.

    The settings of an optimizer or schedule are compared with the defaults of the one that was chosen.

    Raises:
        RunError: The config of the run is missing or damaged.
    """
    defaults = flattened(_defaults(entry.settings))
    known = {key: defaults[key] for key in entry.settings if key in defaults}
    rows = rows_of("config", [{**dict.fromkeys(entry.settings, MISSING), **known}, entry.settings])
    return [row for row in rows if row.differs]


def _defaults(settings: dict[str, Any]) -> dict[str, Any]:
    from pydantic import ValidationError

    from nnbabysit.core.config import fields, tree
    from nnbabysit.core.config.schema.root import Config

    defaults: dict[str, Any] = tree.to_tree(Config())
    for section in CHOSEN:
        place = fields.find((section,))
        named = {"name": settings.get(f"{section}.name")}
        chosen = fields.member(place, named["name"]) if place else None
        try:
            values = tree.to_tree(chosen.model_validate(named)) if chosen else {}
        except ValidationError:  # a class with a setting that has no default
            values = {}
        defaults[section] |= {key: value for key, value in values.items() if key != "name"}
    return defaults
