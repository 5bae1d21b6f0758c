"""Weights: which of a run's weights a command asks; the flag of those that ask one network."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class OneSet(StrEnum):
    """What ``--weights`` takes where one network is asked."""

    BEST = "best"
    AVERAGE = "average"


OneSetFlag = Annotated[
    OneSet,
    typer.Option("--weights", help="The weights of the best epoch, or those that train --average averaged."),
]
