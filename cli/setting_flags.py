"""Settings on the command line without ``-S``: flags such as ``--lr``, and ``path=value`` beside CONFIG."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nnbabysit.core.paths import exists


@dataclass(frozen=True)
class Setting:
    """Marks an option of ``Options`` as a setting of the config: given, it is an override of that path.

    Attributes:
        path: Dotted config path.
        value: What it sets; None: what the option holds.
    """

    path: str
    value: str | None = None


class AverageKind(StrEnum):
    """What ``--average`` takes."""

    EMA = "ema"
    SWA = "swa"


AverageFlag = Annotated[
    AverageKind | None,
    typer.Option(
        "--average",
        help="Average the weights on the way, over steps (ema) or epochs (swa), and judge them beside "
        "the best ones.",
    ),
    Setting("training.average.kind"),
]
SnapshotsFlag = Annotated[
    bool,
    typer.Option(
        "--snapshots",
        help="Keep the weights at the end of each cycle of warm_restarts, and average what they predict.",
    ),
    Setting("training.snapshots"),
]
GridFlag = Annotated[
    bool,
    typer.Option("--grid", help="A grid of values instead of what search.sampler says."),
    Setting("search.sampler", "grid"),
]
RepeatFlag = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        min=0,
        metavar="M",
        help="Train the best trials again with M other seeds, and rank them by their mean.",
    ),
    Setting("search.repeat"),
]
LearningRateFlag = Annotated[
    float | None,
    typer.Option("--lr", metavar="X", help="Learning rate (optimizer.lr)."),
    Setting("optimizer.lr"),
]
EpochsFlag = Annotated[
    int | None,
    typer.Option("--epochs", metavar="N", help="Length of the training (training.epochs)."),
    Setting("training.epochs"),
]
BatchSizeFlag = Annotated[
    str | None,
    typer.Option("--batch-size", metavar="N", help="Samples per step, or full (training.batch_size)."),
    Setting("training.batch_size"),
]
OptimizerNameFlag = Annotated[
    str | None,
    typer.Option("--optimizer", metavar="OPTIMIZER", help="Such as adam or sgd (optimizer.name)."),
    Setting("optimizer.name"),
]
TrialsFlag = Annotated[
    int | None,
    typer.Option("--trials", metavar="N", help="Trials (search.coarse.trials, search.fine.trials)."),
    Setting("search.coarse.trials"),
    Setting("search.fine.trials"),
]

SHORTHANDS = ("lr", "epochs", "batch_size", "optimizer", "trials")
"""Options that are short for a setting; a command names those that change what it does."""

SETTING_WORDS = inspect.Parameter(
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


def config_and_settings(words: Sequence[str]) -> tuple[str | None, list[str]]:
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
