"""The command ``evaluate``: how good trained networks are on samples that they were not trained on."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnbabysit.cli.options import Options, with_options_but_no_config
from nnbabysit.cli.typer_app import Command

if TYPE_CHECKING:
    from nnbabysit.cli.execution import Session
    from nnbabysit.core.workflow.result import StepResult
    from nnbabysit.core.workflow.trained.networks import Member


class Weights(StrEnum):
    """What ``--weights`` takes."""

    BEST = "best"
    AVERAGE = "average"
    SNAPSHOTS = "snapshots"


class SplitName(StrEnum):
    """What ``--split`` takes."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


_EVALUATE = Command(name="evaluate", order=100, from_run=True)


@_EVALUATE.register
@with_options_but_no_config
def evaluate(
    options: Options,
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="Paths of training runs or ensembles, or their names in the folder of runs. Default: the "
            "newest training.",
        ),
    ] = None,
    split: Annotated[
        SplitName | None,
        typer.Option(
            "--split",
            metavar="SPLIT",
            help="train, validation or test. Default: test, else validation.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="PATH",
            help="Other samples with targets, a file or folder of the kind that the run was trained on.",
        ),
    ] = None,
    weights: Annotated[
        Weights,
        typer.Option(
            "--weights",
            help="The weights of the best epoch, those that train --average averaged, or every snapshot that "
            "train --snapshots kept.",
        ),
    ] = Weights.BEST,
) -> int:
    """Evaluate the best weights of one or more training runs.

    Scores every sample of a split: for classes accuracy, precision, recall and F1 of each class, the
    confusion matrix, log loss and the expected calibration error; for regression MSE, MAE and R². Draws
    the confusion matrix, the reliability of the probabilities and, for images, the most wrongly classified
    samples. Samples are prepared as in the run: nothing is fitted to them. Several runs are set side by
    side in one table, with the mean of their numbers and the numbers of their averaged probabilities, if
    they are tried on the same samples. An ensemble stands for its members.

    Example: nnbabysit evaluate runs/latest --split validation
    """
    from nnbabysit.cli.execution import conduct

    found: list[Path] = []
    if options.set or options.seed is not None:
        raise typer.BadParameter("evaluate keeps the settings of its runs: -S and --seed start a new one")

    def step(session: Session) -> StepResult:
        from nnbabysit.core.workflow.trained.evaluate import run_evaluate

        members = _load_networks(options, found, split, data, weights)
        return run_evaluate(members, session.new_run("evaluate", session.config))

    return conduct(
        _EVALUATE, options, step, source=lambda: _config_of_first(runs or [], found, options.runs_dir)
    )


def _load_networks(
    options: Options, runs: list[Path], split: SplitName | None, data: Path | None, weights: Weights
) -> list[Member]:
    from nnbabysit.core.workflow.trained.networks import load_members

    return load_members(
        runs,
        split=None if split is None else split.value,
        data=None if data is None else data.absolute(),
        device=options.device or "auto",
        weights=weights.value,
        skip_broken=options.skip_broken,
    )


def _config_of_first(names: list[str], found: list[Path], runs_dir: Path) -> str:
    """The config of the first run; the runs, the newest trained one if none is named, go into ``found``."""
    from nnbabysit.cli.run_lookup import find_run, newest_run
    from nnbabysit.core.record.archive import read_meta

    found.extend(find_run(name, runs_dir) for name in names)
    if not found:
        found.append(newest_run(runs_dir, trained=True))
    read_meta(found[0])  # a folder that is no run is told as such, not as a missing config
    return str(found[0] / "config.yaml")
