"""Execute: the life of the runs of one command or call from Python, from their creation to their end."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from nnbabysit.core.errors import DiskError, NnbabysitError
from nnbabysit.core.record.directory import EVENTS
from nnbabysit.core.record.events import FindingEvent, VerdictEvent
from nnbabysit.core.record.removal import remove
from nnbabysit.core.record.run import Listener, Run, status
from nnbabysit.core.record.sink import Sink
from nnbabysit.core.report.log import failure_line, keep_log
from nnbabysit.core.report.sinks.choose import attach_sinks, close_sinks
from nnbabysit.core.workflow.failure import USAGE, Failure, failure_of, keep_in_temporary_file
from nnbabysit.core.workflow.result import StepResult

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config


class Execution:
    """The runs that one command makes or opens: babysit and an ensemble have several, most have one.

    Attributes:
        listeners: Called with every event of the runs that are made or opened from now on.
        kept: After a failure the runs that are still there.
    """

    def __init__(
        self,
        command: str,
        *,
        root: Path,
        name: str | None = None,
        sinks: Sequence[str] = (),
        warn: Callable[[str], None],
        what_goes_on: Callable[[Sequence[Path]], tuple[str, str]] = lambda runs: ("", ""),
        show: Callable[[Path], str] = str,
    ) -> None:
        """Nothing is written before the first run.

        Args:
            command: Word of the command line, as results hold it.
            root: Folder in which run directories are made.
            name: The user's name for the runs, instead of two words.
            sinks: Names of what is told beside the run directory.
            warn: Told what went wrong with a sink, at the end.
            what_goes_on: Run directories → the step that was going on, and the command that goes on with it;
                empty where there are none.
            show: Path of a file as people read it.
        """
        self.listeners: list[Listener] = []
        self.kept: list[Path] = []
        self._command = command
        self._root = root
        self._name = name
        self._sink_names = tuple(sinks)
        self._warn = warn
        self._what_goes_on = what_goes_on
        self._show = show
        self._runs: list[Run] = []
        self._opened: list[Run] = []
        self._sinks: list[Sink] = []

    @property
    def run(self) -> Run | None:
        """The first run, which holds the result; None until there is one."""
        return self._runs[0] if self._runs else None

    def new_run(
        self,
        folder: str,
        config: Config,
        *,
        config_file: Path | None = None,
        code: Sequence[Path] = (),
        note: str = "",
    ) -> Run:
        """Make a run directory that holds the config and the user's code; several share the words of a name.

        Args:
            folder: Command in the name of the directory.
            config: What runs.
            config_file: Where it was written; None if nowhere.
            code: Files of the user's beside those that the config names.
            note: Comment at the head of the config that is kept.

        Raises:
            UserError: The name cannot be a part of a directory's name, or the folder cannot be written.
            DiskError: The disk is full, over quota or broken.
        """
        from nnbabysit.core.config.loading import to_yaml

        words = None if self.run is None else self.run.path.name.split("_")[2]
        run = Run.create(
            root=self._root,
            command=folder,
            config_yaml=note + to_yaml(config),
            name=self._name,
            words=None if self._name else words,
            listeners=self.listeners,
            folder=_folder_of_code(config_file),
        )
        self._watch(run)
        run.copy_code([*_code_files(config), *code])
        return run

    def open_run(self, path: Path) -> Run:
        """Open a run that is there, to go on with it.

        Raises:
            RunError: There is none, or it is in use or damaged.
            DiskError: The disk is full, over quota or broken.
        """
        run = Run.open(path, listeners=self.listeners)
        self._opened.append(run)
        self._watch(run)
        return run

    def _watch(self, run: Run) -> None:
        self._runs.append(run)
        keep_log(run)
        self._sinks += attach_sinks(self._sink_names, run)

    def finish(self, result: StepResult) -> None:
        """Write the result into the first run, and close everything.

        Raises:
            DiskError: The disk is full, over quota or broken.
        """
        if self.run is not None:
            conclude(self.run, result)
        self._close_sinks()

    def fail(self, error: BaseException) -> Failure:
        """Note what ended the command in every run that has not ended; nothing is raised.

        A run that bad input ended before anything happened in it is removed.

        Args:
            error: What was raised.
        """
        step, resumable = self._what_goes_on([run.path for run in self._runs])
        failure = failure_of(error, self._keep_traceback, resumable=resumable, step=step)
        self._close_sinks()
        self.kept = [run.path for run in self._runs if not self._end(run, failure)]
        return failure

    def _end(self, run: Run, failure: Failure) -> bool:
        """Note the failure and close the run; True if it was removed.

        The disk may be full or broken: then the run stays marked as crashed, which is the truth.
        """
        try:
            if failure.exit_code == USAGE and run not in self._opened and not _has_begun(run):
                run.close(None)
                _remove_untouched(run.path)
                return True
            if status(run.path) == "running":
                document = failure.to_document(self._command, str(run.path))
                run.log(failure_line(document))
                run.save_result(document)
                run.close(failure.exit_code)
                write_report(run)
        except (OSError, NnbabysitError):
            with suppress(OSError, NnbabysitError):
                run.close(None)
        return False

    def _keep_traceback(self, text: str) -> str:
        if not self._runs:
            return keep_in_temporary_file(text)
        try:
            self._runs[-1].log(text)
        except Exception:  # whatever broke the run may break its log as well
            return keep_in_temporary_file(text)
        return self._show(self._runs[-1].path / "log.txt")

    def _close_sinks(self) -> None:
        for trouble in close_sinks(self._sinks):
            self._warn(trouble)


def conclude(run: Run, result: StepResult) -> None:
    """Write a result and its page into the run directory, tell the listeners, and close the run.

    Raises:
        DiskError: The disk is full, over quota or broken.
    """
    for finding in result.findings:
        run.event(FindingEvent(**{field.name: getattr(finding, field.name) for field in fields(finding)}))
    run.event(VerdictEvent(verdict=result.verdict, summary=result.summary))
    tables = [asdict(table) for table in result.tables]
    run.save_result({**result.to_document(), "tables": tables})
    write_report(run)
    run.close(result.exit_code)


def write_report(run: Run) -> None:
    """Write ``report.html`` into a run; a page that fails is noted in the log and changes no outcome.

    Raises:
        DiskError: The disk is full, over quota or broken.
    """
    try:
        from nnbabysit.core.report.page.page import REPORT, write_page

        write_page([run.path], run.path / REPORT)
    except DiskError:
        raise
    except Exception as error:
        told = isinstance(error, NnbabysitError)
        run.log(f"the report could not be written: {error if told else traceback.format_exc()}")


def _code_files(config: Config) -> list[Path]:
    """Files of the user's own model, data function and loss, where the config names files."""
    targets = (config.model.name, config.data.source, config.loss)
    files = [Path(target.rpartition(":")[0]) for target in targets if ".py:" in target]
    return [file for file in files if file.is_file()]


def _folder_of_code(config_file: Path | None) -> Path | None:
    """Folder whose git state is noted: that of the user's config, else None, the current one."""
    from nnbabysit.core.config.loading import bundled

    return None if config_file is None or config_file in bundled().values() else config_file.parent


def _has_begun(run: Run) -> bool:
    """Whether anything happened in a run: its event log is not empty."""
    try:
        return (run.path / EVENTS).stat().st_size > 0
    except OSError:
        return False


def _remove_untouched(path: Path) -> None:
    """Remove a closed run in which nothing happened, and the folder of runs if it was the only one."""
    remove(path)
    with suppress(OSError):  # not empty: something else is in there
        path.parent.rmdir()
