"""The options that every command has, declared once, and added to each command's signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from nnbabysit.cli.completion import add_completion
from nnbabysit.core.config.synonyms import canonical, canonical_device
from nnbabysit.core.errors import UserError
from nnbabysit.core.paths import exists, with_home

SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str) -> float:
    """Seconds from ``90``, ``90s``, ``10m``, ``1.5h`` or ``1h30m``; raises typer.BadParameter otherwise."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise typer.BadParameter(f"{text!r} is not a length of time such as 90s, 10m or 2h")
    seconds = sum(float(number) * SECONDS[unit] for number, unit in parts)
    if seconds <= 0:
        raise typer.BadParameter("the length of time must be above 0")
    return seconds


SETS, TAKEN_BY = "sets", "taken by"


def _sets(paths: str, *commands: str) -> dict[str, tuple[str, ...]]:
    """What a flag that is a setting declares: the paths it sets, and the functions of its commands."""
    return {SETS: tuple(paths.split()), TAKEN_BY: commands}


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
        lr: Replaces ``optimizer.lr``; the flag of the commands that take it, as are the next four.
        epochs: Replaces ``training.epochs``.
        batch_size: Replaces ``training.batch_size``.
        optimizer: Replaces ``optimizer.name``.
        trials: Replaces the number of trials of both stages of the search.
        average: ``ema`` or ``swa``; the flag of commands that train to the end.
        snapshots: Likewise.
        grid: The flag of ``search``.
        repeat: Likewise.
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
    ] = None
    runs_dir: Annotated[
        Path, typer.Option("--runs-dir", metavar="DIR", help="Folder in which run directories are made.")
    ] = Path("runs")
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, metavar="N", help="Seed of all randomness.")
    ] = None
    device: Annotated[
        str | None, typer.Option("--device", metavar="DEVICE", help="auto, cpu, gpu, cuda:1 or mps.")
    ] = None
    json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")] = False
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print verdict, findings and notes on the data alone.")
    ] = False
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print more.")] = False
    skip_broken: Annotated[
        bool,
        typer.Option("--skip-broken", help="Go on without pictures and table rows that cannot be read."),
    ] = False
    max_time: Annotated[
        float | None,
        typer.Option("--max-time", metavar="TIME", parser=duration, help="Stop after 90s, 10m, 2h."),
    ] = None
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback when something goes wrong.")] = (
        False
    )
    log: Annotated[
        list[str],
        typer.Option("--log", metavar="SINK", help="Write curves for tensorboard as well. Repeatable."),
    ] = field(default_factory=list)
    lr: Annotated[float | None, typer.Option("--lr", metavar="X", help="Learning rate (optimizer.lr).")] = (
        field(default=None, metadata=_sets("optimizer.lr", "sanity", "overfit_tiny", "train", "babysit"))
    )
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", help="Length of the training (training.epochs).")
    ] = field(default=None, metadata=_sets("training.epochs", "train", "babysit"))
    batch_size: Annotated[
        str | None,
        typer.Option("--batch-size", metavar="N", help="Samples per step, or full (training.batch_size)."),
    ] = field(default=None, metadata=_sets("training.batch_size", "search", "train", "babysit"))
    optimizer: Annotated[
        str | None,
        typer.Option("--optimizer", metavar="OPTIMIZER", help="Such as adam or sgd (optimizer.name)."),
    ] = field(
        default=None,
        metadata=_sets("optimizer.name", "sanity", "overfit_tiny", "search", "train", "babysit"),
    )
    trials: Annotated[
        int | None,
        typer.Option("--trials", metavar="N", help="Trials (search.coarse.trials, search.fine.trials)."),
    ] = field(default=None, metadata=_sets("search.coarse.trials search.fine.trials", "search", "babysit"))
    average: str | None = None
    snapshots: bool = False
    grid: bool = False
    repeat: int | None = None

    @property
    def overrides(self) -> list[str]:
        """The overrides in order, those with a flag of their own last: the last one wins."""
        from json import dumps  # quoted, so that a name like 12 stays text

        flags = {"name": self.name, "device": self.device, "training.average.kind": self.average}
        named = [f"{key}={dumps(value)}" for key, value in flags.items() if value is not None]
        switches = {"data.skip_broken": self.skip_broken, "training.snapshots": self.snapshots}
        on = [f"{key}=true" for key, value in switches.items() if value]
        on += ["search.sampler=grid"] if self.grid else []
        numbers = {"seed": self.seed, "search.repeat": self.repeat}
        numbered = [f"{key}={value}" for key, value in numbers.items() if value is not None]
        return [*self.set, *self.setting_overrides, *named, *numbered, *on]

    @property
    def setting_overrides(self) -> list[str]:
        """Flags that declare the setting they are, such as ``--lr``, as overrides that any command takes."""
        return [
            f"{path}={value}"
            for item in fields(self)
            for path in item.metadata.get(SETS, ())
            if (value := getattr(self, item.name)) is not None
        ]

    @property
    def flags(self) -> dict[str, str]:
        """Config path → flag, of the settings that were given by a flag of their own."""
        values = {"seed": self.seed, "device": self.device, "name": self.name}
        declared = {
            path: f"--{item.name.replace('_', '-')}"
            for item in fields(self)
            for path in item.metadata.get(SETS, ())
            if getattr(self, item.name) is not None
        }
        flags = {key: f"--{key}" for key, value in values.items() if value is not None}
        flags |= {"training.average.kind": "--average"} if self.average else {}
        flags |= {"training.snapshots": "--snapshots"} if self.snapshots else {}
        flags |= {"search.sampler": "--grid"} if self.grid else {}
        return declared | flags | ({"search.repeat": "--repeat"} if self.repeat is not None else {})


OF_SEARCH = ("grid", "repeat")
"""Options that ``search`` alone declares."""
OF_SOME = ("average", "snapshots", *OF_SEARCH)
"""Options that only commands have which declare them themselves."""


def with_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command CONFIG and every option of ``Options``; it gets them bundled as its first argument.

    Its remaining parameters are its own flags and stand right after CONFIG. Settings may be typed
    behind CONFIG as well, ``train digits epochs=5``.
    """
    taken = [item.name for item in fields(Options) if command.__name__ in item.metadata.get(TAKEN_BY, ())]
    return _bundling(command, [*_common(), *taken])


def with_options_but_no_config(command: Callable[..., int]) -> Callable[..., int]:
    """The same for a command that takes its config from elsewhere."""
    return _bundling(command, [name for name in _common() if name != "config"])


def with_run_options(command: Callable[..., int]) -> Callable[..., int]:
    """The same for a command that looks at runs that are there: the options that change no run."""
    return _bundling(command, ["runs_dir", "json", "quiet", "verbose", "debug"])


def _common() -> list[str]:
    return [item.name for item in fields(Options) if item.name not in OF_SOME and SETS not in item.metadata]


def _bundling(command: Callable[..., int], names: Sequence[str]) -> Callable[..., int]:
    hints = get_type_hints(Options, include_extras=True)
    own_hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=own_hints[parameter.name])
        for parameter in list(inspect.signature(command).parameters.values())[1:]
    ]
    shared = [
        inspect.Parameter(
            item.name, inspect.Parameter.KEYWORD_ONLY, default=_default(item), annotation=hints[item.name]
        )
        for item in fields(Options)
        if item.name in names
    ]
    first = [parameter for parameter in shared if parameter.name == "config"]
    taken = [item.name for item in fields(Options) if SETS in item.metadata]
    of_settings = [parameter for parameter in shared if parameter.name in taken]
    others = [parameter for parameter in shared[len(first) :] if parameter not in of_settings]
    parameters = [*first, *([_SETTINGS] if first else []), *of_settings, *own, *others]
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


def _default(item: Any) -> Any:
    return item.default if item.default is not MISSING else item.default_factory()
