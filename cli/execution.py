"""Session: the way every command goes: config, data and model, run directory, workflow, output, exit code."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnbabysit.cli.config_origin import DEMO, first_line, is_demo, load, locate, value_at
from nnbabysit.cli.interruption import deadline, ending_in_order
from nnbabysit.cli.live.view import View, new_view
from nnbabysit.cli.next_command import next_command, what_goes_on
from nnbabysit.cli.options import Options
from nnbabysit.cli.render.output import print_failure, print_json, print_result
from nnbabysit.cli.render.result import Settings, shown_path
from nnbabysit.cli.render.terminal import Terminal, error_line
from nnbabysit.cli.run_lookup import check_runs_root, with_run_found
from nnbabysit.core.formatting import clean_line
from nnbabysit.core.workflow.execute import Execution

if TYPE_CHECKING:
    from nnbabysit.cli.typer_app import Command
    from nnbabysit.core.config.loading import LoadedConfig
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset
    from nnbabysit.core.record.run import Event, Listener, Run
    from nnbabysit.core.workflow.result import StepResult

Step = Callable[["Session"], "StepResult"]
Source = str | Callable[[], str] | None


class Session:
    """One run of one command.

    Attributes:
        command: What it declares of itself.
        options: What the user typed.
        terminal: What the streams can show.
        loaded: The config and where each value came from.
        config: The config that runs: the loaded one, or with a search's best values.
        runs: The run directories.
    """

    loaded: LoadedConfig
    config: Config

    def __init__(self, command: Command, options: Options, *, source: Source, flags: Sequence[str]) -> None:
        """Use ``conduct``."""
        self.command = command
        self.options = options
        self.terminal = Terminal.detect(os.environ, sys.stdout, sys.stderr)
        self.runs = Execution(
            command.name,
            root=options.runs_dir,
            name=options.name,
            sinks=options.log,
            warn=lambda trouble: error_line(f"warning: {clean_line(trouble)}"),
            what_goes_on=lambda runs: what_goes_on(command, runs, options),
            show=shown_path,
        )
        self._source = source
        self._flags = tuple(flags)
        self._view: View = nullcontext(lambda event: None)
        self._found: dict[str, str] = {}
        self._searched: Path | None = None
        self._performing = True
        self._demo = False

    def load(self) -> None:
        """Load the config, say what runs, and see whether runs can be written; torch is not needed yet."""
        if self.options.log:
            from nnbabysit.core.report.sinks.choose import check_sinks

            check_sinks(self.options.log)
        source = self._source() if callable(self._source) else self._source
        self.loaded = load(source, self.options)
        self._demo = is_demo(source, self.loaded)
        self.config = with_run_found(self.loaded.config, self.options.runs_dir)
        if not self.options.quiet:
            error_line(first_line(self.command.name, self.loaded, self.options, demo=self._demo))
        check_runs_root(self.options.runs_dir)

    def perform(self, step: Step) -> StepResult:
        """Run a step under its view."""
        self._view = new_view(self.terminal, self.options, steps=self.command.many_steps)
        with self._view as listener:
            self.runs.listeners = [self._while_it_runs(listener), *self._deadline()]
            try:
                return step(self)
            finally:
                self._performing = False

    def _while_it_runs(self, listener: Listener) -> Listener:
        """The listener, deaf to what is told when the view has ended: the result itself is shown then."""

        def listen(event: Event) -> None:
            if self._performing:
                listener(event)

        return listen

    def run_step(
        self,
        workflow: Callable[..., StepResult],
        *,
        folder: str = "",
        load: Callable[[Config], Dataset] | None = None,
        **arguments: Any,
    ) -> StepResult:
        """Prove that data and model load, make a run directory, and call a workflow.

        Args:
            workflow: Called with config, run, ``dataset`` and the arguments.
            folder: Command in the name of the run directory; empty: the session's.
            load: Loads the data; None: proves as well that the model fits it.
            arguments: Passed on.
        """
        dataset = self.dataset() if load is None else load(self.config)
        run = self.new_run(folder or self.command.name, self.config)
        return workflow(self.config, run, dataset=dataset, **arguments)

    def dataset(self) -> Dataset:
        """The data; the model is proved to fit it."""
        from nnbabysit.core.training.setup.setup import load_fitting

        return load_fitting(self.config)

    def new_run(self, folder: str, config: Config) -> Run:
        """A new run directory; the steps of ``babysit`` share the words of its name."""
        return self.runs.new_run(folder, config, config_file=self.loaded.path)

    def take_best_of(self, search: Path) -> None:
        """Replace what was searched by the best values of a search; what was typed with ``-S`` stays.

        Raises:
            RunError: It is no search, or no trial of it was completed.
        """
        from nnbabysit.core.search.store.study import best_trial

        typed = tuple(f"{override.partition('=')[0].strip()}." for override in self.options.overrides)
        trial, of = best_trial(search)
        best = trial.params
        if of != search and not self.options.quiet:
            error_line(
                f"the coarse search was better: its trial {trial.index + 1} is taken, of {shown_path(of)}"
            )
        self._take({key: best[key] for key in best if not f"{key}.".startswith(typed)}, search)

    def _take(self, values: dict[str, Any], search: Path) -> None:
        from nnbabysit.core.config.loading import with_values

        self.config = with_values(self.config, values)
        self._found = dict.fromkeys(values, f"--best-of {shown_path(search)}")

    def take_winner(self, search: Path) -> None:
        """What trains next has the winner of this search: changes, and what to type, go by it."""
        from nnbabysit.core.search.store.study import best_values

        self._take(best_values(search), search)
        self._searched = search

    def finish(self, result: StepResult) -> int:
        """Write the result into its run directory, show it, and return the exit code."""
        advised = next_command(
            result, self.command, self._flags, self.options, self.config, searched=self._searched
        )
        result = replace(result, next_command=advised)
        self.runs.finish(result)
        if self.options.json:
            print_json(result.to_document() | ({"demo": True} if self._demo else {}))
        else:
            print_result(result, self._settings(), self.terminal, quiet=self.options.quiet)
        if self._demo:
            error_line(f"this was {DEMO}; nnbabysit init --from model.py:Net --data DATA begins with yours")
        return result.exit_code

    def fail(self, error: BaseException) -> int:
        """Show what went wrong, note it in the run directories if there are any, and return the exit code."""
        if self.options.debug:
            error_line("".join(traceback.format_exception(error)))
        failure = self.runs.fail(error)
        run_dir = self.runs.kept[-1] if self.runs.kept else None
        print_failure(failure, self.command.name, run_dir, self.terminal, as_json=self.options.json)
        return failure.exit_code

    def _deadline(self) -> list[Listener]:
        """What has a checkpoint to stop at keeps its own time; the others stop at the next event."""
        limit = self.options.max_time
        return [] if limit is None or self.command.stops_at_checkpoint else [deadline(limit)]

    def _settings(self) -> Settings:
        return Settings(
            value=lambda key: value_at(self.config, key),
            locate=lambda key: self._found.get(key) or locate(self.loaded, self.options, key),
        )


def conduct(
    command: Command, options: Options, step: Step, *, source: Source = None, flags: Sequence[str] = ()
) -> int:
    """Run a command from its options to its exit code; nothing is raised.

    Args:
        command: What the command declares of itself.
        options: What the user typed.
        step: Imports its workflow and calls it, usually by ``session.run_step``.
        source: Path of the config, or a function that finds it; None: the one that the user named.
        flags: The command's own flags as typed, for the next command.
    """
    session = Session(command, options, source=source or options.config, flags=flags)
    with ending_in_order():
        try:
            session.load()
            gc.enable()
            return session.finish(session.perform(step))
        except BaseException as error:
            if isinstance(error, GeneratorExit):
                raise
            return session.fail(error)
