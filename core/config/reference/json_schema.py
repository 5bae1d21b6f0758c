"""The JSON Schema of a config (draft 2020-12), for editors that complete and check while one types.

It is made of the classes of ``schema/`` when it is asked for, so it cannot fall behind them. It refuses what
the loader refuses wherever JSON Schema can say it; the order of two ends of a range it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from nnbabysit.core.config import fields
from nnbabysit.core.config.reference.field_docs import field_docs
from nnbabysit.core.config.schema.data import SOURCES, Data
from nnbabysit.core.config.schema.root import LOSSES, MODELS, Config, Model
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.config.schema.space import Axis

FILE = "nnbabysit.schema.json"
"""Name of the schema file beside a config."""
TITLE = "nnbabysit config"
"""By this title a schema file is known to be ours."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES: dict[tuple[type[Section], str], tuple[str, ...]] = {
    (Data, "source"): tuple(SOURCES),
    (Model, "name"): MODELS,
    (Config, "loss"): LOSSES,
}
"""Fields that take a built-in name or an import path."""
_FREE = r"^(model|data)\.args\..+$"

Schema = dict[str, Any]


def json_schema(networks: Mapping[str, type[Section]] | None = None) -> Schema:
    """The schema as a JSON document.

    Args:
        networks: Name of a built-in network → its arguments, which ``model.args`` is then checked by.
    """
    document = Config.model_json_schema()
    definitions: dict[str, Schema] = document.pop("$defs")
    definitions["Config"] = {key: document[key] for key in ("type", "properties", "additionalProperties")}
    for section in _sections(Config):
        _describe(definitions[section.__name__], section)
    _restrict_axes(definitions)
    _name_unions(definitions)
    _add_networks(definitions, networks or {})
    top = definitions.pop("Config")
    document = {"$schema": DIALECT, "title": TITLE, "description": "One config drives every command.", **top}
    document["$defs"] = dict(sorted(definitions.items()))
    _without_noise(document)
    return document


def schema_line(file: str = FILE) -> str:
    """The first line of a config by which an editor finds the schema; relative to the config."""
    return f"# yaml-language-server: $schema={file}"


def _sections(section: type[Section]) -> Iterator[type[Section]]:
    """A section and all that are reached from it, each once."""
    waiting, seen = [section], {section, Axis}
    yield Axis
    while waiting:
        here = waiting.pop()
        yield here
        for field in here.model_fields.values():
            new = [found for found in fields.spot(field.annotation).classes if found not in seen]
            seen.update(new)
            waiting += new


def _describe(definition: Schema, section: type[Section]) -> None:
    """Descriptions from the docstrings, the names that can be chosen, and no other keys."""
    definition["description"] = (section.__doc__ or "").partition("\n")[0]
    docs = field_docs(section)
    for name, field in definition["properties"].items():
        if name in docs:
            field["description"] = docs[name]
        known = NAMES.get((section, name))
        if known:
            field.pop("type")
            field["anyOf"] = [{"enum": [*known]}, {"type": "string", "pattern": ":"}]
    definition["additionalProperties"] = False


def _restrict_axes(definitions: dict[str, Schema]) -> None:
    """An axis has exactly one distribution; a space's keys are config paths."""
    definitions["Axis"] |= {"minProperties": 1, "maxProperties": 1}
    for field in definitions["Axis"]["properties"].values():
        given = next(option for option in field.pop("anyOf") if option.get("type") != "null")
        field.pop("default", None)
        field |= given
    definitions["Axis"]["properties"]["log_uniform"]["prefixItems"] = [
        {"type": "number", "exclusiveMinimum": 0}
    ] * 2
    axis = {"$ref": "#/$defs/Axis"}
    keys = [key for key in fields.all_keys() if key.partition(".")[0] != "search"]
    definitions["Space"] = {
        "type": "object",
        "description": "Config path → distribution.",
        "properties": {key: axis for key in keys},
        "patternProperties": {_FREE: axis},
        "additionalProperties": False,
    }
    for stage in ("Coarse", "Fine"):
        space = definitions[stage]["properties"]["space"]
        described = {"description": space.get("description", "")}
        reference = {"$ref": "#/$defs/Space"}
        nullable = {"anyOf": [reference, {"type": "null"}]} if "anyOf" in space else reference
        definitions[stage]["properties"]["space"] = nullable | described


def _name_unions(definitions: dict[str, Schema]) -> None:
    """A top-level optimizer or schedule without ``name`` keeps the default's class, as the loader has it."""
    defaults = Config()
    for key, field in definitions["Config"]["properties"].items():
        if not fields.find((key,)) or "oneOf" not in field:
            continue
        chosen = type(getattr(defaults, key))
        definition = definitions[chosen.__name__]
        definition["required"] = ["name"]
        unnamed = {name: value for name, value in definition["properties"].items() if name != "name"}
        definitions[f"{chosen.__name__}WithoutName"] = {
            "type": "object",
            "description": f"{definition['description']} The default.",
            "properties": unnamed,
            "additionalProperties": False,
        }
        field["oneOf"].append({"$ref": f"#/$defs/{chosen.__name__}WithoutName"})


def _add_networks(definitions: dict[str, Schema], networks: Mapping[str, type[Section]]) -> None:
    """Arguments of the built-in networks, checked when ``model.name`` names one or is left out."""
    default = Config().model.name
    rules = []
    for name, settings in networks.items():
        definition = settings.model_json_schema()
        _describe(definition, settings)
        definitions |= definition.pop("$defs", {})
        definitions[settings.__name__] = definition
        when: Schema = {"properties": {"name": {"const": name}}}
        if name != default:
            when["required"] = ["name"]
        arguments = {"args": {"$ref": f"#/$defs/{settings.__name__}"}}
        rules.append({"if": when, "then": {"properties": arguments}})
    if rules:
        definitions["Model"]["allOf"] = rules


def _without_noise(schema: Any, *, top: bool = True, names: bool = False) -> None:
    """Leave out the titles that repeat a key, pydantic's ``discriminator`` and defaults of whole sections.

    Args:
        schema: Changed in place.
        top: Whether this is the whole document, whose title stays.
        names: Whether the keys of this dict are names of settings, not words of JSON Schema.
    """
    if isinstance(schema, list):
        for item in schema:
            _without_noise(item, top=False)
    if not isinstance(schema, dict):
        return
    if not names:
        if not top:
            schema.pop("title", None)
        schema.pop("discriminator", None)
        if isinstance(schema.get("default"), dict | BaseModel):
            schema.pop("default")
    for key, item in schema.items():
        named = not names and key in ("properties", "patternProperties", "$defs")
        _without_noise(item, top=False, names=named)


def is_ours(text: str) -> bool:
    """Whether a file's text is such a schema, which may be written anew: nobody has edited it by hand."""
    return bool(re.search(rf'"title": "{TITLE}"', text))
