"""Settings reader: a run's config beside the defaults, and which of the settings differ from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

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
from nnbabysit.core.record.strict_json import ABSENT, Absence, Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One setting of a run.

    Attributes:
        key: Dotted path.
        value: Its value; the password of a database's URL is replaced.
        default: The default; ``ABSENT`` where there is none, or where it is not known.
        changed: Whether the value is not the default.
    """

    key: str
    value: Json
    default: Json | Absence = ABSENT
    changed: bool = False


def recorded_settings(run: Path) -> tuple[Setting, ...]:
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
    known = dict(_defaults(config, ()))
    return tuple(
        Setting(
            key=key,
            value=_masked(value),
            default=known.get(key, ABSENT),
            changed=key not in known or known[key] != value,
        )
        for key, value in tree.leaves(config).items()
    )


def _masked(value: Json) -> Json:
    """The value without passwords, in lists and sections as well."""
    if isinstance(value, str):
        return without_passwords(value)
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _defaults(section: Section, path: fields.Path) -> Iterator[tuple[str, Json]]:
    """Dotted path → default of the classes that the config chose: those of adam where the optimizer is adam.

    What lies below a section that is not there by default has no default.
    """
    for name, field in type(section).model_fields.items():
        value, place = getattr(section, name), (*path, name)
        default = field.get_default(call_default_factory=True)
        if isinstance(value, Section) and not isinstance(value, Axis):
            if default is not None:
                yield from _defaults(value, place)
        elif tree.is_union_name(place):
            yield fields.join(place), tree.get(tree.to_tree(Config()), place)
        elif not field.is_required():
            yield fields.join(place), tree.to_tree(default)


def _unchecked(run: Path, text: str) -> Iterator[Setting]:
    try:
        settings = yaml_loader.parse(text).value
    except yaml_loader.YamlError as error:
        raise RunError(f"{CONFIG} is damaged: {error}", where=str(run)) from error
    for path in tree.paths(settings):
        value = tree.get(settings, path)
        if not isinstance(value, dict) and all(isinstance(part, str) for part in path):
            yield Setting(key=fields.join(path), value=_masked(value))
