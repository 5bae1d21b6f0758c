"""The options that every command has, declared once, and added to each command's signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from nnbabysit.cli.completion import add_completion
from nnbabysit.cli.setting_flags import (
    SETTING_WORDS,
    SHORTHANDS,
    AverageFlag,
    BatchSizeFlag,
    EpochsFlag,
    GridFlag,
    LearningRateFlag,
    OptimizerNameFlag,
    RepeatFlag,
    Setting,
    SnapshotsFlag,
    TrialsFlag,
    config_and_settings,
)
from nnbabysit.cli.time_arguments import length_of_time
from nnbabysit.core.config.synonyms import canonical, canonical_device
from nnbabysit.core.errors import UserError
from nnbabysit.core.paths import with_home


class OneSet(StrEnum):
    """What ``--weights`` takes where one network is asked."""

    BEST = "best"
    AVERAGE = "average"


OneSetFlag = Annotated[
    OneSet,
    typer.Option("--weights", help="The weights of the best epoch, or those that train --average averaged."),
]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user typed, apart from a command's own flags.

    Attributes:
        config: Path of a config, or the name of a bundled one; None: ``./nnbabysit.yaml``, else ``digits``.
        set: Overrides, each ``path.to.setting=value``, those typed without ``-S`` last.
        name: Name of the experiment and of the run directory.
        runs_dir: Folder in which run directories are made.
        seed: Replaces ``seed`` of the config.
        device: Replaces ``device`` of the config.
        json: One JSON document on stdout instead of text.
        quiet: Verdict and findings alone.
        verbose: More detail.
        skip_broken: Go on without samples that cannot be read.
        max_time: Seconds after which the command stops, or None.
        debug: Show the traceback of an error.
        log: Names of the sinks that are told beside the run directory.
        average: How weights are averaged on the way; like those below an option of ``with_options_and``.
        snapshots: Keep the weights of each cycle.
        grid: A grid in place of what ``search.sampler`` says.
        repeat: Number of other seeds that the best trials are trained with.
        lr: Learning rate; like those below an option of the commands that name it.
        epochs: Length of the long run.
        batch_size: Samples per step.
        optimizer: Name of the optimizer.
        trials: Number of trials, in both stages of a search.
    """

    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            help="A YAML file, - for standard input, or the name of a bundled config such as digits. "
            "Default: ./nnbabysit.yaml if there is one, else digits.",
            show_default=False,
        ),
    ] = None
    set: Annotated[
        list[str],
        typer.Option(
            "-S",
            "--set",
            metavar="KEY=VALUE",
            help="Override a setting, such as -S optimizer.lr=1e-2. Repeatable; -S may be left out.",
        ),
    ] = field(default_factory=list)
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the experiment and of its run directory."),
        Setting("name"),
    ] = None
    runs_dir: Annotated[
        Path, typer.Option("--runs-dir", metavar="DIR", help="Folder in which run directories are made.")
    ] = Path("runs")
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, metavar="N", help="Seed of all randomness."),
        Setting("seed"),
    ] = None
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="DEVICE", help="auto, cpu, gpu, cuda:1 or mps."),
        Setting("device"),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")] = False
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print verdict, findings and notes on the data alone.")
    ] = False
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print more.")] = False
    skip_broken: Annotated[
        bool,
        typer.Option("--skip-broken", help="Go on without pictures and table rows that cannot be read."),
        Setting("data.skip_broken"),
    ] = False
    max_time: Annotated[
        float | None,
        typer.Option("--max-time", metavar="TIME", parser=length_of_time, help="Stop after 90s, 10m, 2h."),
    ] = None
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback when something goes wrong.")] = (
        False
    )
    log: Annotated[
        list[str],
        typer.Option("--log", metavar="SINK", help="Write curves for tensorboard as well. Repeatable."),
    ] = field(default_factory=list)
    average: AverageFlag = None
    snapshots: SnapshotsFlag = False
    grid: GridFlag = False
    repeat: RepeatFlag = None
    lr: LearningRateFlag = None
    epochs: EpochsFlag = None
    batch_size: BatchSizeFlag = None
    optimizer: OptimizerNameFlag = None
    trials: TrialsFlag = None

    @property
    def overrides(self) -> list[str]:
        """The overrides in order, those with a flag of their own last: the last one wins."""
        from json import dumps  # quoted, so that a name like 12 stays text

        given = (
            f"{setting.path}={dumps(value if setting.value is None else setting.value)}"
            for _, setting, value in self._given()
            if setting.path not in SHORTHAND_PATHS
        )
        return [*self.set, *self.shorthands, *given]

    @property
    def shorthands(self) -> list[str]:
        """The options of ``SHORTHANDS`` as overrides, which other commands take as well."""
        return [
            meant
            for _, setting, value in self._given()
            if setting.path in SHORTHAND_PATHS
            for meant in canonical(f"{setting.path}={value}")
        ]

    @property
    def flags(self) -> dict[str, str]:
        """Config path → flag, of the settings that were given by a flag of their own."""
        return {setting.path: flag for flag, setting, _ in self._given()}

    def words_of(self, *names: str) -> list[str]:
        """What was typed of these options that are settings: ``--seed 1 --snapshots``."""
        wanted = {_flag(name) for name in names}
        given = [(flag, value) for flag, _, value in self._given() if flag in wanted]
        return [word for flag, value in given for word in ([flag] if value is True else [flag, str(value)])]

    def _given(self) -> Iterator[tuple[str, Setting, Any]]:
        """Flag, setting and value of each setting that was given."""
        for name, settings in SETTINGS.items():
            value = getattr(self, name)
            if value is not None and value is not False:
                yield from ((_flag(name), setting, value) for setting in settings)


HINTS = get_type_hints(Options, include_extras=True)
SETTINGS = {
    name: marks
    for name, hint in HINTS.items()
    if (marks := tuple(mark for mark in get_args(hint) if isinstance(mark, Setting)))
}
"""The options that are settings, by their names; most are one."""
SHORTHAND_PATHS = frozenset(setting.path for name in SHORTHANDS for setting in SETTINGS[name])
OF_SOME = ("average", "snapshots", "grid", "repeat")
"""Options that only commands have which name them, as they do ``SHORTHANDS``."""


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def with_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command CONFIG and every option of ``Options``; it gets them bundled as its first argument.

    Its remaining parameters are its own flags and stand right after CONFIG. Settings may be typed
    behind CONFIG as well, ``train digits epochs=5``.
    """
    return _bundling(command, _common())


def with_options_and(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The same, and these options of ``SHORTHANDS`` and ``OF_SOME``, before and after its own flags."""
    return lambda command: _bundling(command, [*_common(), *names])


def with_options_but_no_config(command: Callable[..., int]) -> Callable[..., int]:
    """The same for a command that takes its config from elsewhere."""
    return _bundling(command, [name for name in _common() if name != "config"])


def with_run_options(command: Callable[..., int]) -> Callable[..., int]:
    """The same for a command that looks at runs that are there: the options that change no run."""
    return _bundling(command, ["runs_dir", "json", "quiet", "verbose", "debug"])


def _common() -> list[str]:
    return [item.name for item in fields(Options) if item.name not in (*OF_SOME, *SHORTHANDS)]


def _bundling(command: Callable[..., int], names: Sequence[str]) -> Callable[..., int]:
    own_hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=own_hints[parameter.name])
        for parameter in list(inspect.signature(command).parameters.values())[1:]
    ]
    shared = [
        inspect.Parameter(
            item.name, inspect.Parameter.KEYWORD_ONLY, default=_default(item), annotation=HINTS[item.name]
        )
        for item in fields(Options)
        if item.name in names
    ]
    first = [parameter for parameter in shared if parameter.name == "config"]
    some = [parameter for parameter in shared if parameter.name in OF_SOME]
    begin = [
        *first,
        *([SETTING_WORDS] if first else []),
        *(each for each in shared if each.name in SHORTHANDS),
    ]
    parameters = [*begin, *own, *some, *(each for each in shared if each not in (*begin, *some))]
    add_completion(parameters)

    def bundled(**values: Any) -> int:
        values = {name: _with_home(value) for name, value in values.items()}
        beside = values.pop("settings", ())
        picked = {name: values.pop(name) for name in names}
        if first:
            words = [word for word in (picked["config"], *beside) if word is not None]
            picked["config"], settings = config_and_settings(words)
            picked["set"] = [*picked["set"], *settings]
        if "set" in picked:
            picked["set"] = [meant for text in picked["set"] for meant in canonical(text)]
        if picked.get("device") is not None:
            picked["device"] = canonical_device(picked["device"])
        return command(Options(**picked), **values)

    bundled.__name__ = command.__name__
    bundled.__doc__ = command.__doc__
    bundled.__module__ = command.__module__
    # Typer reads the signature; mypy does not know that a function can be given one.
    bundled.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    bundled.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {
        "return": int
    }
    return bundled


def _with_home(value: Any) -> Any:
    """A path as it is meant: the shell leaves ``~`` as it is in ``--runs-dir=~/runs``."""
    if not isinstance(value, Path):
        return value
    try:
        return with_home(value)
    except UserError as error:
        raise typer.BadParameter(str(error)) from error


def _default(item: Field[Any]) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default
