"""Techniques: everything of the textbooks that a config can name, with one line for each, from the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nnbabysit.core.config.reference.json_schema import json_schema
from nnbabysit.core.config.schema.section import Section

_BY_NAME = ("optimizer", "schedule")
_BY_SETTING = {
    "regularization": "Regularization",
    "training": "Training",
    "training.early_stopping": "EarlyStopping",
    "training.average": "Average",
    "data.preprocess": "Preprocess",
    "data.augment": "Augment",
    "transfer": "Transfer",
    "pretrain": "Pretrain",
}
_WITHOUT_NAME = "WithoutName"  # the same once more, for a section whose name is left to the default


@dataclass(frozen=True, kw_only=True, slots=True)
class Technique:
    """One entry.

    Attributes:
        setting: Config path, such as ``optimizer.name`` or ``regularization.l2``.
        value: What the setting is set to, such as ``adam``; empty where any value does.
        summary: What it is.
    """

    setting: str
    value: str
    summary: str


def techniques(networks: Mapping[str, type[Section]]) -> list[Technique]:
    """All of them, in the order of the schema.

    Args:
        networks: Name of each built-in network → its arguments.
    """
    document = json_schema(networks)
    parts, found = document["$defs"], []
    for name, arguments in networks.items():
        summary = parts[arguments.__name__]["description"]
        found.append(Technique(setting="model.name", value=name, summary=summary))
    for arguments in networks.values():
        found += _settings("model.args", parts[arguments.__name__])
    found += _settings("model.init", parts["Init"])
    for section in _BY_NAME:
        for option in document["properties"][section]["oneOf"]:
            part = option["$ref"].rpartition("/")[2]
            if not part.endswith(_WITHOUT_NAME):
                value = parts[part]["properties"]["name"]["const"]
                summary = parts[part]["description"].replace("``", "`")
                found.append(Technique(setting=f"{section}.name", value=value, summary=summary))
    for section, part in _BY_SETTING.items():
        found += _settings(section, parts[part])
    unique: dict[tuple[str, str], Technique] = {}
    for entry in found:
        unique.setdefault((entry.setting, entry.value), entry)
    return list(unique.values())


def _settings(path: str, part: Mapping[str, Any]) -> Iterator[Technique]:
    """Each setting of a section, or the values of one where they are explained one by one."""
    for key, field in part["properties"].items():
        explained = list(zip(field.get("enum", ()), field.get("enumDescriptions", ()), strict=False))
        for value, summary in explained or [("", field["description"])]:
            yield Technique(setting=f"{path}.{key}", value=value, summary=summary)
