"""Source: the settings as they were written, in a file and on the command line, before they are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnbabysit.core.config import fields, tree
from nnbabysit.core.config.fields import Path as KeyPath
from nnbabysit.core.config.files import yaml_loader
from nnbabysit.core.config.files.bundle import STDIN
from nnbabysit.core.config.files.origin import Origin
from nnbabysit.core.config.files.yaml_loader import YamlError
from nnbabysit.core.config.invisible import first_invisible, in_words
from nnbabysit.core.config.synonyms import canonical
from nnbabysit.core.errors import ConfigError, Mistake
from nnbabysit.core.paths import is_utf8


@dataclass
class Source:
    """Settings as plain dicts and lists, with the place of each; mistakes are collected, not raised.

    Attributes:
        file: Name of the file as the user typed it.
        settings: The merged settings.
        origins: Place of each setting, by path.
        mistakes: Overrides that cannot be read or lead nowhere.
    """

    file: str
    settings: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def origin(self, path: KeyPath) -> Origin:
        """Place of a setting, or of the nearest section around it that was written."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.origins:
                return self.origins[path[:depth]]
        return Origin(self.file)

    def mistake(self, path: KeyPath, message: str) -> Mistake:
        """A mistake at the place where a setting was written."""
        return Mistake(where=self.origin(path).full, key=fields.join(path), message=message)

    def override(self, text: str) -> None:
        """Apply one ``key=value`` of the command line, short names and those of other tools included."""
        for meant in canonical(text):
            self._override(meant)

    def _override(self, text: str) -> None:
        key, equals, written = (part.strip() for part in text.partition("="))
        origin = Origin("--set", text=text if len(text) <= 80 else f"{text[:77]}...")
        if not equals or not key or not all(key.split(".")):
            message = "write it as key=value, such as optimizer.lr=0.01"
            self.mistakes.append(Mistake(where=origin.full, key="", message=message))
            return
        path = fields.split(key)
        if fields.find(path) is None:
            hidden = first_invisible(key)
            message = f"it holds {in_words(hidden)}" if hidden else f"unknown key{fields.suggestion(path)}"
            self.mistakes.append(Mistake(where=origin.full, key=key, message=message))
            return
        try:
            # a path that is not UTF-8 is no YAML; it is what was typed
            value = yaml_loader.parse(written).value if is_utf8(written) else written
            if tree.is_union_name(path):
                self._drop_foreign(path, value)
            tree.put(self.settings, path, value)
        except YamlError as error:
            found = (
                Mistake(where=origin.full, key=key, message=problem.message) for problem in error.problems
            )
            self.mistakes.extend(found)
            return
        except tree.NoSuchPlaceError as error:
            self.mistakes.append(Mistake(where=origin.full, key=key, message=str(error)))
            return
        self._note(path, value, origin)

    def _drop_foreign(self, path: KeyPath, name: object) -> None:
        """Another class was chosen: what the file set for the old class alone no longer counts."""
        section = tree.get(self.settings, path[:-1])
        for key in tree.foreign_keys(path[:-1], section, name) if isinstance(section, dict) else []:
            if self.origin((*path[:-1], key)).source != "--set":
                del section[key]

    def _note(self, path: KeyPath, value: Any, origin: Origin) -> None:
        """Everything at and below ``path`` now comes from ``origin``."""
        self.origins = {known: place for known, place in self.origins.items() if known[: len(path)] != path}
        for below in tree.paths(value, path):
            self.origins[below] = origin


def read_source(path: Path, shown: str, overrides: Sequence[str]) -> Source:
    """Settings of a config file with the overrides of the command line applied.

    Args:
        path: The file.
        shown: The file as the user named it, for messages.
        overrides: ``key=value`` texts; a later one wins.

    Raises:
        ConfigError: The file cannot be read, or what is in it is not YAML settings.
    """
    text = _read_text(path, shown)
    try:
        document = yaml_loader.parse(text)
    except YamlError as error:
        raise ConfigError([_mistake(problem, shown) for problem in error.problems]) from error
    if document.value is None:
        raise _error(shown, "the file is empty; write at least one setting, such as seed: 0")
    if not isinstance(document.value, dict):
        raise _error(shown, "a config is made of settings, key: value")
    origins = {key: Origin(shown, place.line, place.column) for key, place in document.positions.items()}
    source = Source(shown, document.value, origins)
    for override in overrides:
        source.override(override)
    return source


def _mistake(problem: yaml_loader.Problem, shown: str) -> Mistake:
    place = problem.position
    where = Origin(shown, place.line, place.column).full if place else shown
    return Mistake(where=where, key=fields.join(problem.path), message=problem.message)


def _error(where: str, message: str) -> ConfigError:
    return ConfigError([Mistake(where=where, key="", message=message)])


def _read_text(path: Path, shown: str) -> str:
    """Text of the file; a byte-order mark is dropped."""
    try:
        with open(0, "rb", closefd=False) if str(path) == STDIN else path.open("rb") as stream:
            data = stream.read(yaml_loader.MAX_BYTES + 1)
    except FileNotFoundError:
        raise _error(shown, "there is no such file") from None
    except IsADirectoryError:
        raise _error(shown, "this is a folder; name the config file in it") from None
    except PermissionError:
        raise _error(shown, "the file cannot be read: no permission") from None
    except (OSError, ValueError) as error:
        raise _error(
            shown, f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error
    if len(data) > yaml_loader.MAX_BYTES:
        raise _error(shown, f"larger than {yaml_loader.MAX_BYTES:,} bytes, which no config needs")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise _error(f"{shown}:{line}", message) from error
