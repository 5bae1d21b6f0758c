"""YAML as people expect it: numbers are numbers, words are words, and every key knows its place.

PyYAML's own SafeLoader reads ``1e-3`` as text, ``no`` as False, ``007`` as 7, ``12:30:45`` as 45045, turns
dates into objects and silently keeps the last of two equal keys. This loader follows YAML 1.2 instead and
refuses what a config never needs: tags, keys that are not words, files and aliases of bomb size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from nnbabysit.core.config.invisible import first_invisible, in_words, stripped

MAX_BYTES = 1_000_000
"""Largest config that is read."""
MAX_NODES = 100_000
"""Most values that a config may hold once its aliases are written out (against alias bombs)."""

Path = tuple[str | int, ...]
"""Keys and list indices that lead from the top of the document to a value."""
_CORE = "tag:yaml.org,2002:"
_NULL, _STR, _SEQ, _MAP, _MERGE = (f"{_CORE}{name}" for name in ("null", "str", "seq", "map", "merge"))
_SCALARS = {_NULL, _STR, f"{_CORE}bool", f"{_CORE}int", f"{_CORE}float"}

RESOLVERS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (_NULL, re.compile(r"^None$"), "N"),  # Python's spelling, beside YAML's own
    (f"{_CORE}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    (f"{_CORE}int", re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$"), "-+0123456789"),
    (
        f"{_CORE}float",
        re.compile(
            r"^(?:[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9]+|[-+]?[0-9][0-9_]*\.[0-9_]*"
            r"|[-+]?\.[0-9]+(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
        ),
        "-+0123456789.",
    ),
)
"""How a plain word becomes nothing, true or false, an integer or a number: tag, pattern, start."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that resolves plain words by our rules; it composes nodes, the walk builds the values."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own class attribute)
        first: [(tag, pattern) for tag, pattern in found if tag in (_NULL, _MERGE)]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


for _tag, _pattern, _first in RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))


@dataclass(frozen=True, slots=True)
class Position:
    """Place in a file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the text that cannot be read; ``position`` is None for a problem of the whole text."""

    position: Position | None
    path: Path
    message: str


class YamlError(Exception):
    """The text cannot be read; every problem that could be found at once."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems, in the order in which they were found."""
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read.

    Attributes:
        value: Dicts with str keys, lists, str, int, float, bool and None.
        positions: Place of every key (of the value itself for list items), by path; the top has none.
    """

    value: Any
    positions: dict[Path, Position]


def parse(text: str) -> Document:
    """Read one YAML document.

    Raises:
        YamlError: The text is too large, is not YAML, or holds what a config must not hold.
    """
    if len(text) > MAX_BYTES:
        raise YamlError([Problem(None, (), f"larger than {MAX_BYTES:,} characters, which no config needs")])
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        walk = _Walk(loader)
        value = walk.build(root, ()) if root is not None else None
    except yaml.MarkedYAMLError as error:
        raise YamlError([_hidden(text, error) or _slip(error)]) from error
    except yaml.reader.ReaderError as error:
        raise YamlError([_unreadable(text, error)]) from error
    except RecursionError as error:
        raise YamlError([Problem(None, (), "nested too deeply")]) from error
    if walk.problems:
        raise YamlError(walk.problems)
    return Document(value, walk.positions)


def _position(mark: yaml.Mark) -> Position:
    """PyYAML counts from 0."""
    return Position(mark.line + 1, mark.column + 1)


def _tag_name(node: yaml.Node) -> str:
    """A tag as it was written, such as ``!!python/object``."""
    return str(node.tag).replace(_CORE, "!!")


def _syntax(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's words, or plainer ones for the commonest slips."""
    problem = str(error.problem or error.context)
    if r"'\t'" in problem:
        return "a tab where YAML wants spaces; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "not valid YAML: a second 'key:' here; check the indentation, or quote text that holds ': '"
    if "expected a single document" in str(error.context):
        return "a second document begins here (---); a config is one document"
    return f"not valid YAML: {problem}"


def _slip(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(_position(mark) if mark else None, (), _syntax(error))


def _hidden(text: str, error: yaml.MarkedYAMLError) -> Problem | None:
    """The invisible character in the lines that cannot be read; None if all of them can be seen."""
    marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark]
    lines = text.split("\n")
    for line in range(min(marks, default=0), max(marks, default=-1) + 1):
        if line < len(lines) and (letter := first_invisible(lines[line])):
            place = Position(line + 1, lines[line].index(letter) + 1)
            return Problem(place, (), f"not valid YAML: here stands {in_words(letter)}")
    return None


def _unreadable(text: str, error: yaml.reader.ReaderError) -> Problem:
    """A control character, with its place worked out from its offset."""
    offset = int(error.position)
    before = text[:offset]
    position = Position(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)
    number = int(error.character)
    byte = number - 0xDC00  # how Python notes a byte of the command line that is not UTF-8
    what = (
        f"byte 0x{byte:02X} is not UTF-8"
        if 0x80 <= byte <= 0xFF
        else f"character U+{number:04X} is not allowed in YAML"
    )
    return Problem(position, (), f"the {what}")


@dataclass
class _Walk:
    """Turns nodes into values, noting positions and problems on the way."""

    loader: _Loader
    positions: dict[Path, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    open_nodes: list[yaml.Node] = field(default_factory=list)

    def build(self, node: yaml.Node, path: Path) -> Any:
        """Value of one node."""
        self.count += 1
        if self.count > MAX_NODES:
            message = f"more than {MAX_NODES:,} values once aliases are written out"
            raise YamlError([Problem(None, (), message)])
        if any(node is other for other in self.open_nodes):
            return self.refuse(node, path, "an alias that contains itself")
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if node.tag != (_MAP if isinstance(node, yaml.MappingNode) else _SEQ):
            return self.refuse(node, path, f"the tag {_tag_name(node)} is not allowed in a config")
        self.open_nodes.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, path)
            return self.sequence(node, path)
        finally:
            self.open_nodes.pop()

    def refuse(self, node: yaml.Node, path: Path, message: str) -> None:
        """Note a problem and go on, so that one reading finds them all."""
        self.problems.append(Problem(_position(node.start_mark), path, message))

    def scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        """Text, number, truth value or nothing."""
        if node.tag not in _SCALARS and node.tag != _MERGE:
            return self.refuse(node, path, f"the tag {_tag_name(node)} is not allowed in a config")
        if node.tag in (_STR, _MERGE):
            if node.style is None and (letter := _hidden_at_an_end(node.value)):
                words = (
                    f"'{stripped(node.value)}' touches {in_words(letter)}, or quote the text if it is meant"
                )
                return self.refuse(node, path, words)
            # \udc80 to \udcff hold the bytes of a path that is not UTF-8, as os.fsdecode gives them
            if any("\ud800" <= c <= "\udc7f" or "\udd00" <= c <= "\udfff" for c in node.value):
                return self.refuse(node, path, "half a surrogate pair, which is no character")
            return str(node.value)
        try:
            return self.loader.construct_object(node)
        except (ValueError, KeyError, OverflowError):
            kind = node.tag.removeprefix(_CORE)
            return self.refuse(node, path, f"cannot be read as {kind}: {node.value[:40]}")

    def sequence(self, node: yaml.Node, path: Path) -> list[Any]:
        """List of values."""
        values = []
        for index, item in enumerate(node.value):
            self.positions[(*path, index)] = _position(item.start_mark)
            values.append(self.build(item, (*path, index)))
        return values

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        """Dict with str keys; a key given in full wins over one that was merged in with ``<<``."""
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                for source in self.merge_sources(value_node, path):
                    values = {**self.build(source, path), **values}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = None if key_node.tag == _MERGE else self.key(key_node, path)
            if key is None:
                continue
            if key in lines:
                self.refuse(key_node, (*path, key), f"given twice, first in line {lines[key]}")
                continue
            position = _position(key_node.start_mark)
            lines[key] = position.line
            self.positions[(*path, key)] = position
            values[key] = self.build(value_node, (*path, key))
        return values

    def merge_sources(self, node: yaml.Node, path: Path) -> Iterator[yaml.Node]:
        """The mappings after ``<<``: one, or a list of them."""
        for source in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(source, yaml.MappingNode) and source.tag == _MAP and source not in self.open_nodes:
                yield source
            else:
                self.refuse(source, path, "<< takes a section, or a list of sections")

    def key(self, node: yaml.Node, path: Path) -> str | None:
        """Name of a setting; None if it is not a word."""
        if not isinstance(node, yaml.ScalarNode):
            self.refuse(node, path, "a key must be a word, not a list or a section")
            return None
        if node.tag != _STR:
            message = f'the key {node.value or "null"} is not a word; write "{node.value}" if it is meant'
            self.refuse(node, path, message)
            return None
        if node.style is None and (letter := first_invisible(node.value)):
            self.refuse(node, path, f"the key '{stripped(node.value)}' holds {in_words(letter)}")
            return None
        value = self.scalar(node, path)
        return value if isinstance(value, str) else None


def _hidden_at_an_end(text: str) -> str:
    """An invisible character at the start or the end; within a text it may be meant."""
    return first_invisible(text[:1]) or first_invisible(text[-1:])
