"""``configs/README.md``: every setting with its values, default and meaning, from the JSON Schema."""

from __future__ import annotations

from typing import Any

from nnbabysit.core.config.files import yaml_writer
from nnbabysit.core.config.files.template import templates
from nnbabysit.core.config.reference.json_schema import json_schema
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.models.settings import SETTINGS

PATH = "configs/README.md"
Schema = dict[str, Any]

HEAD = """\
# configs

One YAML file drives every command. These travel inside the package and can be named without their path;
`nnbabysit init NAME` writes one of them to start from. `nnbabysit config check` says what is wrong with
yours, `config show` where each value comes from, `config diff` what two of them do not share, and `config
schema` prints what an editor needs to complete and check a config.

{configs}

- **Order**: defaults, then the file, then `-S path.to.setting=value` in the order typed. The same rules
  read both.
- **Left out** is the default. A section that is written keeps the defaults of the settings it does not
  name.
- **Unknown keys are mistakes**, each with its line and the nearest key that exists.
- **Numbers** are numbers: `1e-3` is 0.001, `"0.1"` is text and a mistake, `no` is text and not False, and a
  key that stands twice is refused.
- **Paths** in a file are relative to the file, those given with `-S` to the current folder.
- **Your own code** is `package.module:name`, or `./file.py:name` beside the config.

```yaml
# net.yaml
data: {source: "./data.py:load", validation: 0.1}
model: {name: "./net.py:Net"}
optimizer: {name: adam, lr: 1e-3}
search:
  coarse: {trials: 50, space: {optimizer.lr: {log_uniform: [1e-5, 1e-1]}}}
```

## Settings

Generated from `core/config/schema/root.py` by `make docs`. A dash as default: not set.
"""

AXIS = """\
### A search space

Any setting above can be searched by its path, below `search.coarse.space` or `search.fine.space`. Each axis
has exactly one of these keys; both ends must be values that the setting itself allows.
"""


def settings_page() -> str:
    """The whole page."""
    document = json_schema(SETTINGS)
    parts = [HEAD.replace("{configs}", _configs())]
    top = {key: field for key, field in document["properties"].items() if not _sections(field, document)}
    parts.append("### At the top\n\n" + _table(top, "", document, Config().model_dump()))
    for key, field in document["properties"].items():
        parts += _section(key, field, document)
    axis = document["$defs"]["Axis"]["properties"]
    parts.append(AXIS + "\n" + _table(axis, "search.coarse.space.PATH.", document, {}))
    return "\n".join(part.rstrip() + "\n" for part in parts)


TOLD_BEFORE = ("overfit_tiny.optimizer", "pretrain.optimizer")
"""Sections of the same classes as ``optimizer``, which are not listed twice."""


def _configs() -> str:
    rows = [f"| `{template.name}` | {template.summary} |" for template in templates()]
    return "\n".join(["| config | what |", "|---|---|", *rows])


def _section(path: str, field: Schema, document: Schema) -> list[str]:
    """A section, then the sections below it; the classes of a union one after another."""
    found = _sections(field, document)
    if not found:
        return []
    default = _default(path)
    if path in TOLD_BEFORE:
        return []
    heading = f"{'#' * (3 + path.count('.'))} {path}\n\n"
    if len(found) > 1:
        chosen = default["name"]
        heading += f"{_sentence(field)} `{path}.name` chooses; default: `{chosen}`."
        parts = [heading]
        for section in found:
            name = section["properties"]["name"]["const"]
            rest = {key: value for key, value in section["properties"].items() if key != "name"}
            title = f"**`{path}.name: {name}`** – {_sentence(section)}"
            defaults = default if name == chosen else {}
            parts.append(title + ("\n\n" + _table(rest, f"{path}.", document, defaults) if rest else ""))
        return parts
    (section,) = found
    table = _table(section["properties"], f"{path}.", document, default if isinstance(default, dict) else {})
    left_out = f" {_sentence(field)}" if "anyOf" in field else ""
    parts = [f"{heading}{_sentence(section)}{left_out}\n\n{table}"]
    if path == "model":
        parts += [_network(name, document) for name in SETTINGS]
    for key, below in section["properties"].items():
        parts += _section(f"{path}.{key}", below, document)
    return parts


def _network(name: str, document: Schema) -> str:
    section = document["$defs"][SETTINGS[name].__name__]
    table = _table(section["properties"], "model.args.", document, {})
    return f"**`model.name: {name}`** – {_sentence(section)}\n\n{table}"


def _sentence(field: Schema) -> str:
    text = str(field.get("description", "")).strip().replace("``", "`").replace("|", "\\|")
    first = text[:1].upper() if text[:1].isascii() else text[:1]  # λ stays λ
    return first + text[1:] + ("" if text.endswith(".") or not text else ".")


def _default(path: str) -> Any:
    value: Any = Config().model_dump()
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _sections(field: Schema, document: Schema) -> list[Schema]:
    """The classes that a field can hold, without those that stand for a left out name."""
    options = [field, *field.get("anyOf", []), *field.get("oneOf", [])]
    options += [inner for option in field.get("anyOf", []) for inner in option.get("oneOf", [])]
    names = [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]
    return [document["$defs"][name] for name in names if name != "Space" and not name.endswith("WithoutName")]


def _table(fields: Schema, prefix: str, document: Schema, defaults: dict[str, Any]) -> str:
    rows = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    for key, field in fields.items():
        path = f"{prefix}{key}"
        if _sections(field, document) and "anyOf" not in field:
            continue  # a section of its own, always there
        values = _values(field) or _below(path)
        default = defaults.get(key, field.get("default"))
        shown = "–" if default is None else f"`{_yaml(default)}`"
        rows.append(f"| `{path}` | {values} | {shown} | {_sentence(field)} |")
    return "\n".join(rows) + "\n"


def _yaml(value: Any) -> str:
    return yaml_writer.dump_inline(list(value) if isinstance(value, tuple) else value)


def _below(path: str) -> str:
    """Where the settings of a section that may be left out are listed."""
    if path in TOLD_BEFORE:
        return "as [optimizer](#optimizer)"
    return f"see [{path}](#{path.replace('.', '')})"


def _values(field: Schema) -> str:
    """What a field takes, in words; empty for a section."""
    if "anyOf" in field:
        options = [_values(option) for option in field["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(option for option in options if option))
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if str(field.get("$ref", "")).endswith("/Space"):
        return "path → axis, see [A search space](#a-search-space)"
    if field.get("type") == "array":
        return _list(field)
    if field.get("type") == "string":
        return _text(str(field.get("pattern", "")))
    plain = {"boolean": "`true`, `false`", "object": "name: value, …", "null": ""}
    return plain.get(str(field.get("type")), _number(field))


def _list(field: Schema) -> str:
    if "prefixItems" in field:
        return "[" + ", ".join(_values(item) for item in field["prefixItems"]) + "]"
    item = _values(field["items"]) or "value"
    if field.get("minItems") == field.get("maxItems") and "minItems" in field:
        return "[" + ", ".join([item] * int(field["minItems"])) + "]"
    at_least = ", at least one" if field.get("minItems") == 1 else ""
    return f"[{item}, …]{at_least}"


def _text(pattern: str) -> str:
    """Texts that follow a pattern are described by the field of the schema that has it."""
    if pattern == ":":
        return "import path"
    for field in Config.model_fields.values():
        if pattern and any(getattr(item, "pattern", None) == pattern for item in field.metadata):
            return str(field.description)
    return "text"


def _number(field: Schema) -> str:
    if field.get("type") not in ("number", "integer"):
        return ""
    whole = field["type"] == "integer"
    kind = "integer" if whole else "number"
    low, high = field.get("minimum"), field.get("maximum")
    above, under = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    if whole and above is not None:
        low, above = above + 1, None
    floor = f"≥ {low:g}" if low is not None else f"> {above:g}" if above is not None else ""
    roof = f" ≤ {high:g}" if high is not None else f" < {under:g}" if under is not None else ""
    if floor and roof:
        mark, number = floor.split()
        return f"{number} {'≤' if mark == '≥' else '<'} {kind}{roof}"
    return f"{kind} {floor}{roof}".strip()
