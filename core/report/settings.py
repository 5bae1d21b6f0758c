"""Settings: a run's config beside the defaults, and which of them differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnbabysit.core.config import fields, tree
from nnbabysit.core.config.files import yaml_loader
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.config.schema.section import Section
from nnbabysit.core.config.schema.space import Axis
from nnbabysit.core.errors import ConfigError, RunError
from nnbabysit.core.record.archive import read_config_yaml
from nnbabysit.core.record.directory import CONFIG
from nnbabysit.core.record.environment import without_passwords
from nnbabysit.core.report.words import value_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting of a run.

    Attributes:
        key: Dotted path.
        text: Its value; the password of a database's URL is replaced.
        default: The default as text; empty where there is none, or where it is not known.
        changed: Whether the value is not the default.
    """

    key: str
    text: str
    default: str
    changed: bool


def read_settings(run: Path) -> tuple[Setting, ...]:
    """All settings of a run, in the order of the schema.

    A config of another version, which the schema of this one refuses, is shown without its defaults.

    Raises:
        RunError: There is no config, or it is no YAML.
    """
    text = read_config_yaml(run)
    try:
        config = load_config(str(run / CONFIG), cwd=run).config
    except ConfigError:
        return tuple(_unchecked(run, text))
    known = {fields.join(path): value for path, value in _defaults(config, ())}
    return tuple(
        _setting(key, value, key in known, known.get(key)) for key, value in tree.leaves(config).items()
    )


def _setting(key: str, value: Any, has_default: bool, default: Any) -> Setting:
    return Setting(
        key=key,
        text=without_passwords(value_text(value)),
        default=value_text(default) if has_default else "",
        changed=not has_default or default != value,
    )


def _defaults(section: Section, path: fields.Path) -> Iterator[tuple[fields.Path, Any]]:
    """Path → default of the classes that the config chose: those of adam where the optimizer is adam.

    What lies below a section that is not there by default has no default.
    """
    for name, field in type(section).model_fields.items():
        value, place = getattr(section, name), (*path, name)
        default = field.get_default(call_default_factory=True)
        if isinstance(value, Section) and not isinstance(value, Axis):
            if default is not None:
                yield from _defaults(value, place)
        elif tree.is_union_name(place):
            yield place, tree.get(tree.to_tree(Config()), place)
        elif not field.is_required():
            yield place, tree.to_tree(default)


def _unchecked(run: Path, text: str) -> Iterator[Setting]:
    try:
        settings = yaml_loader.parse(text).value
    except yaml_loader.YamlError as error:
        raise RunError(f"{CONFIG} is damaged: {error}", where=str(run)) from error
    for path in tree.paths(settings):
        value = tree.get(settings, path)
        if not isinstance(value, dict) and all(isinstance(part, str) for part in path):
            yield Setting(
                key=fields.join(path), text=without_passwords(value_text(value)), default="", changed=False
            )
