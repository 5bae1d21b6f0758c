"""Loading a config: file and overrides in, a checked Config and the origin of each setting out.

Order: defaults < file < command line. Every mistake is reported at once, each with its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nnbabysit.core.config import axes, fields, tree, validation_errors
from nnbabysit.core.config.fields import Path as KeyPath
from nnbabysit.core.config.files import bundle, resolution, yaml_writer
from nnbabysit.core.config.files.origin import Origin
from nnbabysit.core.config.files.source import Source, read_source
from nnbabysit.core.config.schema import cycles, decay
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError, Mistake


@dataclass(frozen=True)
class LoadedConfig:
    """A checked config and where its settings came from.

    Attributes:
        config: All settings; paths and the user's own Python files are absolute.
        path: The file it came from; None if there is none that could be read again.
        origins: Dotted key → place; a key that is missing here has its default.
    """

    config: Config
    path: Path | None
    origins: dict[str, Origin] = field(default_factory=dict)

    def locate(self, key: str) -> str:
        """Place of a setting: ``digits.yaml:23``, ``--set`` or ``default``."""
        origin = self.origins.get(key)
        return origin.short if origin else "default"


def bundled() -> dict[str, Path]:
    """Name → path of the configs that travel with the package."""
    return bundle.bundled()


def load_config(name_or_path: str | None, overrides: Sequence[str] = (), *, cwd: Path) -> LoadedConfig:
    """Load, override, check and resolve a config.

    Args:
        name_or_path: Path, bundled name, or ``-`` for standard input; None: ``nnbabysit.yaml`` in ``cwd``,
            else the bundled digits.
        overrides: ``key=value`` texts of the command line; the value is read as YAML.
        cwd: Current folder: what paths of the command line are relative to. Paths in a file are relative to
            the file; data paths of a bundled config are relative to ``cwd``: nobody keeps data in a package.
            So are those of standard input and of a pipe: nothing lies beside them.

    Raises:
        ConfigError: Every mistake, in the order of the file, then those of the command line.
    """
    place = bundle.locate(name_or_path, cwd)
    source = read_source(place.path, place.shown, overrides)
    beside = cwd if place.is_stream else place.path.parent.resolve()
    config = _checked(source, cwd, cwd if place.is_bundled else beside, beside)
    return LoadedConfig(config, None if place.is_stream else place.path, _origins(source))


def load_defaults(overrides: Sequence[str], *, cwd: Path) -> LoadedConfig:
    """The same without a file: the defaults of the schema with overrides.

    Raises:
        ConfigError: Every mistake.
    """
    source = Source("")
    for override in overrides:
        source.override(override)
    return LoadedConfig(_checked(source, cwd, cwd, cwd), None, _origins(source))


def _checked(source: Source, cwd: Path, data_folder: Path, code_folder: Path) -> Config:
    """The config that was written, with what it names made absolute; the folders are those of the file."""
    tree.fill_names(source.settings, Config())
    checks = (*axes.check(source.settings), *cycles.check(source.settings), *decay.check(source.settings))
    found = [*source.mistakes, *(source.mistake(*mistake) for mistake in checks)]

    def folder(key: KeyPath, beside_file: Path) -> Path:
        return cwd if source.origin(key).source == "--set" else beside_file

    unresolved = resolution.resolve(
        source.settings,
        path_folder=lambda key: folder(key, data_folder),
        target_folder=lambda key: folder(key, code_folder),
    )
    found.extend(source.mistake(*mistake) for mistake in unresolved)
    try:
        config = Config.model_validate(source.settings)
    except ValidationError as error:
        described = validation_errors.describe(error.errors(), source.settings)
        found.extend(source.mistake(path, message) for path, message in described)
    if found:
        raise ConfigError(sorted(dict.fromkeys(found), key=lambda mistake: _rank(mistake, source)))
    return config


def _origins(source: Source) -> dict[str, Origin]:
    return {fields.join(path): origin for path, origin in source.origins.items()}


def _rank(mistake: Mistake, source: Source) -> tuple[bool, int, int]:
    """Order of the file, then the command line as typed."""
    if mistake.where.startswith("--set"):
        return True, 0, 0
    line, _, column = mistake.where.removeprefix(source.file).lstrip(":").partition(":")
    return False, int(line or 0), int(column or 0)


def with_values(config: Config, values: Mapping[str, Any], *, where: str = "search") -> Config:
    """The config with some settings changed, as a trial of a search needs it.

    When ``optimizer.name`` or another name that decides the class changes, the settings that the new class
    does not know are left out, those among ``values`` included: a space may hold ``optimizer.momentum``
    beside a choice of optimizers.

    Args:
        config: The base.
        values: Dotted key → value.
        where: Place that mistakes are reported at.

    Raises:
        ConfigError: A key is unknown or a value is not allowed; every mistake at once.
    """
    settings: dict[str, Any] = tree.to_tree(config)
    wanted = {fields.split(key): value for key, value in values.items()}
    found = [
        Mistake(where=where, key=fields.join(path), message=f"unknown key{fields.suggestion(path)}")
        for path in wanted
        if fields.find(path) is None
    ]
    if found:
        raise ConfigError(found)
    for path, name in wanted.items():
        if tree.is_union_name(path):
            tree.drop_foreign(settings, path[:-1], name)
    try:
        for path, value in sorted(wanted.items(), key=lambda item: len(item[0])):
            if not _is_for_another_class(path, wanted):
                tree.put(settings, path, tree.to_tree(value))
        return Config.model_validate(settings)
    except tree.NoSuchPlaceError as error:
        raise ConfigError([Mistake(where=where, key="", message=str(error))]) from error
    except ValidationError as error:
        described = validation_errors.describe(error.errors(), settings)
        found = [Mistake(where=where, key=fields.join(path), message=text) for path, text in described]
        raise ConfigError(found) from error


def _is_for_another_class(path: KeyPath, wanted: Mapping[KeyPath, Any]) -> bool:
    """Whether the class that is chosen beside this value does not know it."""
    name = wanted.get((*path[:-1], "name"))
    return name is not None and path[-1] in tree.foreign_keys(path[:-1], {str(path[-1]): None}, name)


def to_yaml(config: Config) -> str:
    """Every setting as YAML that can be loaded again: ``load_config`` of it gives an equal config."""
    return yaml_writer.dump(tree.to_tree(config))


def show(loaded: LoadedConfig) -> list[tuple[str, Any, str]]:
    """Rows for ``config show``: dotted key, value, and where it came from."""
    return [(key, value, loaded.locate(key)) for key, value in tree.leaves(loaded.config).items()]
