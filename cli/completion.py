"""Completion: what the shell may offer for a word, by the metavar of the parameter that the word belongs to.

A parameter of any command whose metavar is RUN is completed with the names of the runs; its command need not
know. Nothing is raised and nothing is printed here: a shell that waits for words must not get a message.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer

if TYPE_CHECKING:
    from nnbabysit.core.record.run_reader import RecordedRun

Word = tuple[str, str]
"""What is offered, and what the shell shows beside it."""
Completer = Callable[[typer.Context, str], list[Word]]

COMPLETE = "_NNBABYSIT_COMPLETE"
"""Environment variable by which a shell asks for completions."""
LIMIT = 200
"""Runs that are offered at most, the newest: more would fill the screen and take too long to read."""
SINKS = ("tensorboard",)
"""As ``core/report/sinks/choose.py`` knows them, too slow to import here; a test compares them."""
DEVICES = ("auto", "cpu", "cuda", "mps")
SORT_KEYS = ("start", "run", "command", "outcome", "name", "label", "seconds")


def config_names(context: typer.Context, incomplete: str) -> list[Word]:
    """Bundled configs, and the YAML files and folders below what was typed."""
    from nnbabysit.core.config.files.bundle import bundled

    offered = [(name, "bundled config") for name in bundled()]
    found = [*_starting(offered, incomplete), *_files(incomplete, (".yaml", ".yml"))]
    return found if found or not incomplete else settings(context, incomplete)


def settings(_context: typer.Context, incomplete: str) -> list[Word]:
    """Settings with their ``=``, short names among them; behind the ``=`` the names that can stand there.

    The schema is imported when a word was begun: it takes longer than everything else here.
    """
    from nnbabysit.core.config.synonyms import SHORT

    key, equals, value = incomplete.partition("=")
    short = [(f"{name}=", " ".join(synonym.paths)) for name, synonym in SHORT.items()]
    if not incomplete:
        return short
    from nnbabysit.core.config.fields import all_keys, choices

    if not equals:
        return _starting([*short, *((f"{path}=", "") for path in all_keys())], incomplete)
    return _starting([(f"{key}={name}", "") for name in choices(key)], f"{key}={value}")


def template_names(_context: typer.Context, incomplete: str) -> list[Word]:
    """Templates of ``init``, which are the bundled configs."""
    from nnbabysit.core.config.files.bundle import bundled

    return _starting([(name, "") for name in bundled()], incomplete)


def configs_and_runs(context: typer.Context, incomplete: str) -> list[Word]:
    """What ``config diff`` takes: a config, or a run that has one."""
    words = [*config_names(context, incomplete), *run_names(context, incomplete)]
    return list({word[0]: word for word in words}.values())


def run_names(context: typer.Context, incomplete: str) -> list[Word]:
    """Runs, the newest first, each with its outcome; as paths when a path was begun."""
    folder, _, _ = incomplete.rpartition("/")
    root = Path(folder) if folder else _runs_dir(context)
    prefix = f"{folder}/" if folder else ""
    latest = [(f"{prefix}latest", "the newest")] if (root / "latest").is_symlink() else []
    entries = _entries(root, lambda name: f"{prefix}{name}".startswith(incomplete))
    offered = [*latest, *((f"{prefix}{entry.path.name}", _about(entry)) for entry in entries)]
    found = _starting(offered, incomplete)
    return found or (_files(incomplete, ()) if folder or not entries else [])


def metric_names(context: typer.Context, incomplete: str) -> list[Word]:
    """Metrics of the newest runs that are numbers."""
    from nnbabysit.core.record import catalog

    names = catalog.numeric_metrics(_entries(_runs_dir(context)))
    return _starting([(name, "metric") for name in names], incomplete)


def sort_keys(context: typer.Context, incomplete: str) -> list[Word]:
    """What runs can be sorted by."""
    fixed = _starting([(key, "") for key in SORT_KEYS], incomplete)
    return [*fixed, *(word for word in metric_names(context, incomplete) if word[0] not in SORT_KEYS)]


def command_names(context: typer.Context, incomplete: str) -> list[Word]:
    """Commands that the runs were made by."""
    names = sorted({entry.command for entry in _entries(_runs_dir(context))})
    return _starting([(name, "") for name in names], incomplete)


def sinks(_context: typer.Context, incomplete: str) -> list[Word]:
    """Where curves can be written as well."""
    return _starting([(name, "") for name in SINKS], incomplete)


def devices(_context: typer.Context, incomplete: str) -> list[Word]:
    """Where to compute."""
    return _starting([(name, "") for name in DEVICES], incomplete)


COMPLETERS: dict[str, Completer] = {
    "CONFIG": config_names,
    "KEY=VALUE": settings,
    "PATH=VALUE": settings,
    "RUN": run_names,
    "METRIC": metric_names,
    "KEY": sort_keys,
    "COMMAND": command_names,
    "DEVICE": devices,
    "TEMPLATE": template_names,
    "SINK": sinks,
    "A": configs_and_runs,
    "B": configs_and_runs,
}
"""Metavar, without brackets and dots → what offers its words."""


def add_completion(parameters: Iterable[inspect.Parameter]) -> None:
    """Let the shell complete each parameter whose metavar is known and that has no completion of its own."""
    for parameter in parameters:
        if get_origin(parameter.annotation) is not Annotated:
            continue
        for info in get_args(parameter.annotation)[1:]:
            completer = COMPLETERS.get(re.sub(r"[\[\].]", "", str(getattr(info, "metavar", "") or "")))
            if completer is not None and info.autocompletion is None:
                info.autocompletion = _quietly(completer)


def leave_words_as_typed() -> None:
    """Spare a process that only completes the conversion of the words typed so far: nobody asks for it.

    Typer 0.29 converts by pydantic, whose import takes half of the time that a shell waits (0.25 s with it,
    0.14 s without). Another Typer, without this inner seam, is left as it is.
    """
    import typer.core

    if hasattr(typer.core, "build_runtime_param"):
        typer.core.build_runtime_param = lambda descriptor: _AsTyped()


def join_words_at_equals() -> None:
    """Bash takes ``optimizer=ad`` for three words and completes the last; here it is one word again."""
    words, place = os.environ.get("COMP_WORDS", "").split("\n"), os.environ.get("COMP_CWORD", "")
    if "=" not in words or not place.isdigit():
        return
    joined: list[str] = []
    for word in [*words, ""][: int(place) + 1]:
        if joined and (word == "=" or joined[-1].endswith("=")):
            joined[-1] += word
        else:
            joined.append(word)
    os.environ |= {"COMP_WORDS": "\n".join(joined), "COMP_CWORD": str(len(joined) - 1)}
    from typer import _completion_classes

    name, equals, _ = joined[-1].partition("=")
    if not equals:
        return
    shown = _completion_classes.BashComplete.format_completion
    _completion_classes.BashComplete.format_completion = (  # type: ignore[method-assign]
        lambda self, item: shown(self, item).removeprefix(f"{name}{equals}")
    )


def leave_no_space_behind_equals() -> None:
    """Let the script for bash, which Typer writes, leave the cursor where the value of a setting goes."""
    from typer import _completion_classes, _completion_shared

    script = getattr(_completion_shared, "COMPLETION_SCRIPT_BASH", "")
    end = "    return 0\n"
    if end in script and hasattr(_completion_shared, "_completion_scripts"):
        stay = f'    [[ "${{COMPREPLY[0]}}" == *= ]] && compopt -o nospace 2>/dev/null\n{end}'
        script = script.replace(end, stay)
        _completion_shared._completion_scripts["bash"] = script
        _completion_classes.BashComplete.source_template = script


class _AsTyped:
    """Takes the place of Typer's conversion."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as it is."""
        return value


def _quietly(completer: Completer) -> Callable[..., list[Word]]:
    """The completer as Typer calls it; whatever goes wrong, nothing is offered."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Word]:
        try:
            return completer(ctx, incomplete)
        except Exception:  # a folder that cannot be read, a config that is no text, …
            return []

    complete.__annotations__ = {"ctx": typer.Context, "incomplete": str}  # Typer asks for the types
    return complete


def _starting(words: Iterable[Word], incomplete: str) -> list[Word]:
    return [word for word in words if word[0].startswith(incomplete)]


def _runs_dir(context: typer.Context) -> Path:
    """The folder of runs as far as it was typed."""
    return Path(context.params.get("runs_dir") or "runs")


def _entries(root: Path, wanted: Callable[[str], bool] = lambda name: True) -> list[RecordedRun]:
    """The newest runs of a folder; their names begin with the time, so no other file need be read to sort."""
    from nnbabysit.core.errors import RunError
    from nnbabysit.core.record.run_reader import RecordedRun

    if not root.is_dir():
        return []
    names = sorted((path.name for path in root.iterdir() if wanted(path.name)), reverse=True)
    found: list[RecordedRun] = []
    for name in names:
        path = root / name
        if len(found) == LIMIT or name.startswith(".") or path.is_symlink():
            continue
        try:
            found.append(RecordedRun(path))
        except RunError:
            continue
    return found


def _about(run: RecordedRun) -> str:
    """The outcome of a run, and its label."""
    from nnbabysit.core.formatting import clean_line

    return clean_line(f"{run.outcome} {run.label}".strip())


def _files(incomplete: str, endings: tuple[str, ...]) -> list[Word]:
    """Folders and files with these endings below what was typed."""
    folder, _, start = incomplete.rpartition("/")
    base = Path(f"{folder}/" if folder or incomplete.startswith("/") else ".")
    prefix = f"{folder}/" if "/" in incomplete else ""
    found: list[Word] = []
    for path in sorted(base.iterdir()) if base.is_dir() else []:
        if not path.name.startswith(start) or (path.name.startswith(".") and not start):
            continue
        if path.is_dir():
            found.append((f"{prefix}{path.name}/", "folder"))
        elif path.name.endswith(endings or ("\0",)):
            found.append((f"{prefix}{path.name}", "config"))
    return found
