"""Every command explains itself: what it does, each option, and an example that can be typed."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import nnbabysit
from nnbabysit.cli import commands as _commands  # noqa: F401 -- hangs them on the application
from nnbabysit.cli import execution, next_command
from nnbabysit.cli.app import run_command
from nnbabysit.cli.typer_app import COMMANDS, app
from nnbabysit.core.workflow import execute

TOP: Any = typer.main.get_command(app)
EXAMPLE = re.compile(r"^ *Example: (.+)$", re.MULTILINE)


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below a group, with the words that call it."""
    yield words, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


ALL = list(commands(TOP))
every_command = pytest.mark.parametrize(
    ("words", "command"), ALL, ids=[" ".join(("nnbabysit", *words)) for words, _ in ALL]
)


def examples(command: Any) -> list[str]:
    """The example lines; a long one may go on in the next line."""
    return [" ".join(found.split()) for found in EXAMPLE.findall((command.help or "").replace("\\\n", " "))]


def parse(typed: list[str]) -> Any:
    """The command that a line would run, its words and options taken; raises what the parser raises."""
    context = TOP.make_context("nnbabysit", list(typed))
    group, words = TOP, list(typed)
    while hasattr(group, "commands"):
        name, found, words = group.resolve_command(context, words)
        context = found.make_context(name, list(words), parent=context)
        group = found
    return group


@every_command
def test_one_example_that_parses(words: tuple[str, ...], command: Any) -> None:
    assert len(examples(command)) == 1, "one line that starts with Example:"
    (example,) = examples(command)
    called = re.split(r"&&|\||;", example)
    reached = []
    for part in called:
        program, *typed = shlex.split(part)
        if program == "nnbabysit":
            reached.append(parse(typed).name)
    assert reached, example
    if not hasattr(command, "commands"):
        assert words[-1] in reached, "the example shows the command itself"


@every_command
def test_it_has_a_first_sentence_and_says_more(words: tuple[str, ...], command: Any) -> None:
    first, *rest = re.split(r"\n\s*\n", (command.help or "").strip())
    assert first.rstrip().endswith((".", "?"))
    assert len(first) >= 20
    assert rest, "a first sentence, and at least the example"


@every_command
def test_every_option_is_explained_and_its_value_named(words: tuple[str, ...], command: Any) -> None:
    for parameter in command.params:
        if parameter.name in ("help", "install_completion", "show_completion"):
            continue
        assert getattr(parameter, "help", None), parameter.name
        if not getattr(parameter, "is_flag", False):
            kinds = (
                getattr(parameter, name, None) for name in ("type_descriptor", "type")
            )  # of Typer, of click
            choices = any(getattr(kind, "choices", None) for kind in kinds)
            assert parameter.metavar or choices, parameter.name


@pytest.mark.parametrize("columns", ["60", "80"])
@pytest.mark.parametrize("words", [(), ("runs",), ("config",)])
def test_no_summary_of_a_command_is_cut(
    words: tuple[str, ...], columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    run_command([*words, "--help"])
    _, _, listed = capsys.readouterr().out.partition("Commands:")
    assert listed
    assert "..." not in listed


def test_the_gates_come_first_and_in_their_order() -> None:
    names = TOP.list_commands(TOP.make_context("nnbabysit", [], resilient_parsing=True))
    gates = ["init", "data", "sanity", "overfit-tiny", "search", "pretrain", "train", "babysit", "resume"]
    assert names[: len(gates)] == gates
    assert set(names) == set(COMMANDS)


def test_no_two_commands_have_the_same_place() -> None:
    places = [command.order for command in COMMANDS.values()]
    assert len(set(places)) == len(places)


def test_every_command_that_is_named_by_another_is_there() -> None:
    named = [command.gate_before for command in COMMANDS.values() if command.gate_before]
    named += [command.goes_on_with.name for command in COMMANDS.values() if command.goes_on_with]
    assert {"sanity", "train"} <= set(named) <= set(COMMANDS)


def compared_words(source: str) -> set[str]:
    """Texts that a value is compared with: ``x == "a"``, ``x in ("a", "b")``, ``case "a"``."""
    tree = ast.parse(source)
    sides: list[Any] = [node.value for node in ast.walk(tree) if isinstance(node, ast.MatchValue)]
    for node in ast.walk(tree):
        sides += [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
    values = [each for side in sides for each in getattr(side, "elts", [side])]
    return {each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_the_common_way_of_the_commands_knows_none_of_them() -> None:
    assert compared_words("x == 'a' or x in ('b', 'c')") == {"a", "b", "c"}
    names = {*COMMANDS, "train-ensemble", "search-coarse", "search-fine"}
    for module in (execution, next_command, execute):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert not compared_words(source) & names, module


def test_the_version_is_told_however_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for typed in ("version", "--version", "-V"):
        assert run_command([typed]) == 0
        assert capsys.readouterr() == (f"nnbabysit {nnbabysit.__version__}\n", "")


@pytest.mark.parametrize("words", [[], ["train"], ["runs", "ls"], ["help"]])
def test_help_shows_what_the_flag_shows(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert run_command(["help", *words]) == 0
    assert capsys.readouterr() == (shown, "")


def test_help_of_what_is_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["help", "trian"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "error: No such command 'trian'. Did you mean 'train', 'pretrain'? See nnbabysit --help.\n"
    )


def test_module_and_command_are_the_same(tmp_path: Path) -> None:
    outputs = [
        subprocess.run([*program, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for program in ([sys.executable, "-m", "nnbabysit"], [Path(sys.executable).with_name("nnbabysit")])
    ]
    assert outputs[0] == outputs[1]
    assert "Usage: nnbabysit" in outputs[0]
