"""The options that every command has, declared once, and added to each command's signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from nnbabysit.cli.completion import add_completion
from nnbabysit.cli.time_arguments import length_of_time
from nnbabysit.core.config.synonyms import canonical, canonical_device
from nnbabysit.core.errors import UserError
from nnbabysit.core.paths import exists, with_home


class AverageKind(StrEnum):
    """What ``--average`` takes."""

    EMA = "ema"
    SWA = "swa"


class OneSet(StrEnum):
    """What ``--weights`` takes where one network is asked."""

    BEST = "best"
    AVERAGE = "average"


OneSetFlag = Annotated[
    OneSet,
    typer.Option("--weights", help="The weights of the best epoch, or those that train --average averaged."),
]


@dataclass(frozen=True)
class Setting:
    """Marks an option of ``Options`` as a setting of the config: given, it is an override of that path.

    Attributes:
        path: Dotted config path.
        value: What it sets; None: what the option holds.
        is_text: Whether the value is text whatever it looks like: a name 12 is no number.
    """

    path: str
    value: str | None = None
    is_text: bool = False


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
        lr: Replaces ``optimizer.lr``; like those below an option of ``with_options_and``.
        epochs: Replaces ``training.epochs``.
        batch_size: Replaces ``training.batch_size``.
        optimizer: Replaces ``optimizer.name``.
        trials: Replaces the number of trials of both stages of the search.
        average: How weights are averaged on the way.
        snapshots: Keep the weights of each cycle.
        grid: A grid in place of what ``search.sampler`` says.
        repeat: Number of other seeds that the best trials are trained with.
    """

    config: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG",
            help="A YAML file, - for standard input, or the name of a bundled config such as digits. "
            "Left out: ./nnbabysit.yaml if there is one, else digits.",
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
        Setting("name", is_text=True),
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
        Setting("device", is_text=True),
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
    lr: Annotated[
        float | None,
        typer.Option("--lr", metavar="X", help="Learning rate (optimizer.lr)."),
        Setting("optimizer.lr"),
    ] = None
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", metavar="N", help="Length of the training (training.epochs)."),
        Setting("training.epochs"),
    ] = None
    batch_size: Annotated[
        str | None,
        typer.Option("--batch-size", metavar="N", help="Samples per step, or full (training.batch_size)."),
        Setting("training.batch_size"),
    ] = None
    optimizer: Annotated[
        str | None,
        typer.Option("--optimizer", metavar="OPTIMIZER", help="Such as adam or sgd (optimizer.name)."),
        Setting("optimizer.name"),
    ] = None
    trials: Annotated[
        int | None,
        typer.Option("--trials", metavar="N", help="Trials (search.coarse.trials, search.fine.trials)."),
        Setting("search.coarse.trials"),
        Setting("search.fine.trials"),
    ] = None
    average: Annotated[
        AverageKind | None,
        typer.Option(
            "--average",
            help="Average the weights on the way, over steps (ema) or epochs (swa), and judge them beside "
            "the best ones.",
        ),
        Setting("training.average.kind"),
    ] = None
    snapshots: Annotated[
        bool,
        typer.Option(
            "--snapshots",
            help="Keep the weights at the end of each cycle of warm_restarts, and average what they predict.",
        ),
        Setting("training.snapshots"),
    ] = False
    grid: Annotated[
        bool,
        typer.Option("--grid", help="A grid of values instead of what search.sampler says."),
        Setting("search.sampler", "grid"),
    ] = False
    repeat: Annotated[
        int | None,
        typer.Option(
            "--repeat",
            min=0,
            metavar="M",
            help="Train the best trials again with M other seeds, and rank them by their mean.",
        ),
        Setting("search.repeat"),
    ] = None

    @property
    def overrides(self) -> list[str]:
        """The overrides in order, those with a flag of their own last: the last one wins."""
        return [*self.set, *self._overrides_of(SETTINGS)]

    @property
    def shorthands(self) -> list[str]:
        """What flags such as ``--lr`` set, as overrides that every command takes."""
        return self._overrides_of(SHORTHANDS)

    def _overrides_of(self, names: Iterable[str]) -> list[str]:
        """What these options set, as ``path=value``."""
        from json import dumps  # quoted, so that a name like 12 stays text

        flags = {_flag(name) for name in names}
        return [
            f"{setting.path}={setting.value or (dumps(value) if setting.is_text or value is True else value)}"
            for flag, setting, value in self._given()
            if flag in flags
        ]

    @property
    def flags(self) -> dict[str, str]:
        """Config path → flag, of the settings that were given by a flag of their own."""
        return {setting.path: flag for flag, setting, _ in self._given()}

    def words_of(self, *names: str) -> list[str]:
        """What was typed of these options that are settings: ``--seed 1 --snapshots``."""
        wanted = {_flag(name) for name in names}
        given = {flag: value for flag, _, value in self._given() if flag in wanted}
        return [
            word
            for flag, value in given.items()
            for word in ([flag] if value is True else [flag, str(value)])
        ]

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
    if (marks := [mark for mark in get_args(hint) if isinstance(mark, Setting)])
}
"""The options that are settings, by their names."""
SHORTHANDS = ("lr", "epochs", "batch_size", "optimizer", "trials")
"""Options that are short for settings, of the commands that name them."""
OF_SOME = (*SHORTHANDS, "average", "snapshots", "grid", "repeat")
"""Options that only commands have which name them."""


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def with_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command CONFIG and every option of ``Options``; it gets them bundled as its first argument.

    Its remaining parameters are its own flags and stand right after CONFIG. Settings may be typed
    behind CONFIG as well, ``train digits epochs=5``.
    """
    return _bundling(command, _common())


def with_options_and(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The same, and these options of ``OF_SOME`` after its own flags."""
    return lambda command: _bundling(command, [*_common(), *names])


def with_options_but_no_config(command: Callable[..., int]) -> Callable[..., int]:
    """The same for a command that takes its config from elsewhere."""
    return _bundling(command, [name for name in _common() if name != "config"])


def with_run_options(command: Callable[..., int]) -> Callable[..., int]:
    """The same for a command that looks at runs that are there: the options that change no run."""
    return _bundling(command, ["runs_dir", "json", "quiet", "verbose", "debug"])


def _common() -> list[str]:
    return [item.name for item in fields(Options) if item.name not in OF_SOME]


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
    others = [parameter for parameter in shared if parameter not in (*first, *some)]
    parameters = [*first, *([_SETTINGS] if first else []), *own, *some, *others]
    add_completion(parameters)

    def bundled(**values: Any) -> int:
        values = {name: _with_home(value) for name, value in values.items()}
        words = [values.get("config"), *values.pop("settings", ())] if first else []
        picked = {name: values.pop(name) for name in names}
        if first:
            picked["config"], settings = _config_and_settings([word for word in words if word is not None])
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


_SETTINGS = inspect.Parameter(
    "settings",
    inspect.Parameter.KEYWORD_ONLY,
    default=(),
    annotation=Annotated[
        list[str],
        typer.Argument(
            metavar="PATH=VALUE",
            help="Settings to override, such as optimizer.lr=0.01 or lr=0.01.",
            show_default=False,
        ),
    ],
)


def _config_and_settings(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """CONFIG, and the settings that were typed beside it; a file of that name wins."""
    settings = [word for word in words if is_setting(word)]
    configs = [word for word in words if word not in settings]
    if len(configs) > 1:
        raise typer.BadParameter(
            f"one CONFIG is taken, not {' and '.join(configs)}; a setting is written path=value"
        )
    return (configs[0] if configs else None), settings


def is_setting(word: str) -> bool:
    """Whether a word is ``path=value`` and no file."""
    return re.match(r"[A-Za-z_][\w.-]*\s*=", word) is not None and not exists(Path(word))


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
