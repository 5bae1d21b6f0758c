"""Configuration: loading what the user named, and the commands ``config check``, ``show`` and ``schema``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnbabysit.cli.options import Options
from nnbabysit.cli.query import answer, document
from nnbabysit.cli.render.output import print_json
from nnbabysit.cli.render.result import shown_path
from nnbabysit.cli.render.terminal import error_line, write
from nnbabysit.core.errors import ConfigError
from nnbabysit.core.formatting import clean, clean_line
from nnbabysit.core.paths import current_folder

if TYPE_CHECKING:
    from nnbabysit.core.config.loading import LoadedConfig

PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


def load(source: str | None, options: Options) -> LoadedConfig:
    """The config with all overrides; values given by a flag of their own are traced to that flag.

    Args:
        source: Path, name of a bundled config, or None.
        options: Holds the overrides.

    Raises:
        ConfigError: Every mistake in it.
        UserError: There is no such config.
    """
    try:
        with _without_pydantic_plugins():
            from nnbabysit.core.config.loading import load_config

        return load_config(source, options.overrides, cwd=current_folder())
    except ConfigError as error:
        flags = options.flags
        mistakes = [
            replace(mistake, where=flags[mistake.key], key="")
            if mistake.key in flags and mistake.where.startswith(f"--set {mistake.key}=")
            else mistake
            for mistake in error.mistakes
        ]
        raise ConfigError(mistakes) from error


@contextmanager
def _without_pydantic_plugins() -> Iterator[None]:
    """Looking for plugins reads the metadata of every package: a tenth of the time of a config error."""
    previous = os.environ.get(PLUGINS)
    os.environ[PLUGINS] = "__all__"
    try:
        yield
    finally:
        if previous is None:
            del os.environ[PLUGINS]
        else:
            os.environ[PLUGINS] = previous


def locate(loaded: LoadedConfig, options: Options, key: str) -> str:
    """Place that a value came from: ``digits.yaml:23``, ``--set``, ``--seed`` or ``default``."""
    return options.flags.get(key) or loaded.locate(key)


def config_place(path: Path | None, options: Options) -> str:
    """The config for people: a bundled one by its name, a file by its path."""
    if path is None:
        from nnbabysit.core.config.files.bundle import shown_stream

        return clean_line(shown_stream(options.config)) if options.config else "defaults"
    bundled = options.config in (None, path.stem) and not path.is_relative_to(current_folder())
    return path.stem if bundled else clean_line(shown_path(path))


DEMO = "the bundled demo, as there is no ./nnbabysit.yaml here"


def is_demo(source: object, loaded: LoadedConfig) -> bool:
    """Whether nobody named a config and there is none in this folder, so that the bundled digits run.

    Args:
        source: What named the config; None: nobody did.
        loaded: What was loaded.
    """
    return source is None and loaded.path is not None and config_is_bundled(loaded.path)


def config_is_bundled(path: Path) -> bool:
    """Whether a file is one of the configs that travel with the package."""
    from nnbabysit.core.config.files.bundle import bundled

    return path in bundled().values()


def first_line(command: str, loaded: LoadedConfig, options: Options, *, demo: bool = False) -> str:
    """What a command runs, told before it begins."""
    config = loaded.config
    parts = (f"data {config.data.source}", f"model {config.model.name}", f"seed {config.seed}")
    place = config_place(loaded.path, options) + (f" ({DEMO})" if demo else "")
    return clean_line(f"nnbabysit {command}: {place}, {', '.join(parts)}, device {config.device}")


def annotated(yaml_text: str, origins: Callable[[str], str]) -> str:
    """The lines of a resolved config, each value followed by a comment with its origin.

    Args:
        yaml_text: As ``to_yaml`` writes it; it can still be run afterwards.
        origins: Function from the dotted path of a value to its origin.
    """
    import yaml

    root = yaml.compose(yaml_text, Loader=yaml.SafeLoader)
    places: dict[int, str] = {}
    if root is not None:
        _note_places(root, "", places, origins)
    lines = yaml_text.rstrip("\n").split("\n")
    width = min(60, max((len(lines[number]) for number in places), default=0))
    noted = (
        f"{line:<{width}}  # {places[number]}" if number in places else line
        for number, line in enumerate(lines)
    )
    return "\n".join(noted) + "\n"


def _note_places(node: Any, path: str, places: dict[int, str], origins: Callable[[str], str]) -> None:
    """Line number of the end of each value → origin; a list or an empty mapping counts as one value."""
    for key, value in node.value:
        key_path = f"{path}.{key.value}" if path else str(key.value)
        if value.id == "mapping" and value.value and not value.flow_style:
            _note_places(value, key_path, places, origins)
        else:
            block = value.id != "scalar" and not value.flow_style
            places[key.end_mark.line if block else value.end_mark.line] = origins(key_path)


def check(options: Options) -> int:
    """Say ok, or list every mistake; neither data nor model is looked at."""
    return answer("config check", options, lambda: _print_ok(load(options.config, options), options))


def show(options: Options) -> int:
    """Print the resolved config with the origin of each value."""
    return answer("config show", options, lambda: _print_values(load(options.config, options), options))


def schema(output: Path | None, options: Options) -> int:
    """Print the JSON Schema of a config, or write it to a file."""
    return answer("config schema", options, lambda: _give_schema(output, options))


def schema_text() -> str:
    """The JSON Schema as it is printed and written."""
    with _without_pydantic_plugins():
        from nnbabysit.core.config.reference.json_schema import json_schema
        from nnbabysit.core.models.settings import SETTINGS
    from json import dumps

    return dumps(json_schema(SETTINGS), indent=2, ensure_ascii=False) + "\n"


def _give_schema(output: Path | None, options: Options) -> int:
    text = schema_text()
    if output is None:
        write(sys.stdout, text)
        return 0
    from nnbabysit.core.workflow.init.files import Starter

    Starter({}, schema=text, schema_file=output).write(force=False)
    if not options.quiet:
        error_line(f"wrote {clean_line(shown_path(output))}")
    return 0


def _print_ok(loaded: LoadedConfig, options: Options) -> int:
    if options.json:
        demo = {"demo": True} if is_demo(options.config, loaded) else {}
        print_json(document("config check", config_file=loaded.path and str(loaded.path), **demo))
    else:
        write(sys.stdout, f"ok: {_place_or_demo(loaded, options)}\n")
    return 0


def _place_or_demo(loaded: LoadedConfig, options: Options) -> str:
    demo = f" ({DEMO})" if is_demo(options.config, loaded) else ""
    return config_place(loaded.path, options) + demo


def _print_values(loaded: LoadedConfig, options: Options) -> int:
    from nnbabysit.core.config.loading import to_yaml

    def origin(key: str) -> str:
        return clean_line(locate(loaded, options, key))

    if options.json:
        values = loaded.config.model_dump(mode="json", exclude_none=False)
        origins = {key: origin(key) for key in _leaves(values)}
        print_json(
            document(
                "config show", config_file=loaded.path and str(loaded.path), config=values, origins=origins
            )
        )
    else:
        write(
            sys.stdout,
            f"# {_place_or_demo(loaded, options)}\n" + clean(annotated(to_yaml(loaded.config), origin)),
        )
    return 0


def _leaves(values: dict[str, Any], path: str = "") -> list[str]:
    leaves: list[str] = []
    for key, value in values.items():
        full = f"{path}.{key}" if path else key
        leaves += _leaves(value, full) if isinstance(value, dict) and value else [full]
    return leaves


def value_at(config: Any, key: str) -> Any:
    """Value of a dotted config path; keys of a search space hold dots. Raises KeyError if there is none."""
    value, rest = config, key
    while rest:
        word, _, below = rest.partition(".")
        if isinstance(value, dict):
            word, below = (rest, "") if rest in value else (word, below)
            value = value[word]
        elif word in getattr(type(value), "model_fields", {}):
            value = getattr(value, word)
        else:
            raise KeyError(key)
        rest = below
    return value.model_dump(exclude_none=True) if hasattr(value, "model_dump") else value
