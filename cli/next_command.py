"""Advice: the command to type next, with the config and options that the user typed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.cli.options import SETTINGS, Options
from nnbabysit.cli.render.result import command_line, shown_path
from nnbabysit.cli.setting_flags import SHORTHANDS
from nnbabysit.cli.typer_app import COMMANDS, Command
from nnbabysit.core.config.files.bundle import is_stream

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.workflow.result import StepResult


def typed(options: Options) -> list[str]:
    """CONFIG and the options that decide what runs, as the user typed them."""
    words = [options.config] if options.config else []
    for override in (*options.set, *options.shorthands):
        words += ["-S", override]
    words += options.words_of(*(name for name in SETTINGS if name not in ("grid", "repeat", *SHORTHANDS)))
    return words if options.runs_dir == Path("runs") else [*words, "--runs-dir", str(options.runs_dir)]


def next_command(
    result: StepResult,
    command: Command,
    flags: Sequence[str],
    options: Options,
    config: Config,
    *,
    searched: Path | None = None,
) -> str:
    """What to type after a result.

    After a yes: what the workflow says, with the user's own config and options; after a training, the same
    once more with the patch of the first finding that has one, else its evaluation. After a no: the same
    with the patch; a training that no value is known for goes back to the first gate.

    Args:
        result: What the workflow returned.
        command: What the command declares of itself.
        flags: The command's own flags as typed.
        options: The common options as typed.
        config: What ran.
        searched: The search within the command whose winner was trained.
    """
    if command.goes_on_with or (options.config and is_stream(Path(options.config))):  # gone by then
        options = replace(options, config=shown_path(result.run_dir / "config.yaml"))
    command = command.goes_on_with or command
    patch = next((finding.patch for finding in result.findings if finding.patch), {})
    changed = [word for key, value in patch.items() for word in ("-S", f"{key}={yaml_value(value)}")]
    kept = [_lasting(word, config) for word in options.set if word.partition("=")[0].strip() not in patch]
    options = replace(options, set=kept)
    if result.verdict != "pass":
        if command.gate_before and not changed and not flags:
            return command_line("nnbabysit", command.gate_before, *typed(_without_companions(options)))
        return command_line("nnbabysit", command.name, *flags, *typed(options), *changed)
    epochs = config.training.epochs
    unfinished = result.metrics.get("epochs", epochs) < epochs
    if command.stops_at_checkpoint and options.max_time and unfinished:
        return command_line("nnbabysit", "resume", shown_path(result.run_dir))
    if command.trains and not result.next_command:
        for_training = [] if any(key.startswith("search.") for key in patch) else changed
        flags = flags if searched is None else ["--best-of", shown_path(searched)]
        return _after_training(flags, options, for_training, _trained_run(result))
    words = [_shortened(word) for word in shlex.split(result.next_command)]
    if not words or "--best-of" in words or COMMANDS[words[1]].from_run:
        return command_line(*words)
    return command_line(*words, *typed(options))


def _without_companions(options: Options) -> Options:
    """What the gates take: an average and snapshots are a training's own."""
    return replace(options, average=None, snapshots=False)


def _shortened(word: str) -> str:
    """A word of a command with its path as a person would type it: ``/…/x`` or ``setting=/…/x``."""
    key, equals, value = word.rpartition("=")
    if key and Path(value).is_absolute():
        return f"{key}{equals}{shown_path(Path(value))}"
    return shown_path(Path(word)) if Path(word).is_absolute() else word


def _lasting(override: str, config: Config) -> str:
    """An override that means the same tomorrow: ``runs/latest`` is another run by then."""
    if override.partition("=")[0].strip() != "transfer.from" or config.transfer is None:
        return override
    return f"transfer.from={shown_path(Path(config.transfer.source))}"


def yaml_value(value: object) -> str:
    """A value as ``-S`` reads it."""
    return json.dumps(value, default=str)


def _trained_run(result: StepResult) -> Path:
    """The run with the weights: of ``babysit`` that of its last step."""
    steps = result.metrics.get("steps")
    return Path(steps[-1]["run_dir"]) if isinstance(steps, list) and steps else result.run_dir


def _after_training(flags: Sequence[str], options: Options, changed: Sequence[str], run: Path) -> str:
    """Try the finding's patch, or else see what the network does on samples that it was not trained on."""
    if changed:
        return command_line("nnbabysit", "train", *flags, *typed(replace(options, seed=None)), *changed)
    moved = ["--runs-dir", str(options.runs_dir)] if options.runs_dir != Path("runs") else []
    return command_line("nnbabysit", "evaluate", shown_path(run), *moved)


def resume_command(command: Command, run_dir: Path) -> str:
    """What continues an interrupted training that has a checkpoint, or a search; empty if nothing does."""
    if not command.resumable:
        return ""
    from nnbabysit.core.workflow.gates.train.ensemble_members import begun_members

    folder = run_dir / "checkpoints"
    started = (run_dir / "study.db").is_file() or (folder.is_dir() and any(folder.iterdir()))
    started = started or bool(begun_members(run_dir))
    return command_line("nnbabysit", "resume", shown_path(run_dir)) if started else ""


def what_goes_on(command: Command, runs: Sequence[Path], options: Options) -> tuple[str, str]:
    """The step that was interrupted, empty but for ``babysit``, and the command that goes on with it.

    Args:
        command: What the command declares of itself.
        runs: Its runs, in the order in which they began.
        options: As typed.
    """
    if command.many_steps and not command.resumable and len(runs) > 1:
        return interrupted_step(runs, options)
    return "", resume_command(command, runs[0]) if runs else ""


def interrupted_step(runs: Sequence[Path], options: Options) -> tuple[str, str]:
    """The last step of ``babysit`` as it is typed, and the command that goes on with it.

    Args:
        runs: The runs of ``babysit``, those of its steps in their order.
        options: As typed behind ``babysit``.
    """
    from nnbabysit.core.record.archive import read_meta

    commands = {path: str(read_meta(path).get("command")) for path in runs}
    step = commands[runs[-1]]
    words = step.replace("search-", "search --").split()
    resumed = resume_command(COMMANDS[words[0]], runs[-1])
    if resumed:
        return " ".join(words), resumed
    searches = [path for path, command in commands.items() if command.startswith("search-")]
    flags = ["--best-of", shown_path(searches[-1])] if COMMANDS[words[0]].trains and searches else []
    again = options if COMMANDS[words[0]].trains else _without_companions(options)
    return " ".join(words), command_line("nnbabysit", *words, *flags, *typed(again))
