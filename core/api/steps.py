"""The steps, for a program to call.

Every function takes the same things first:

- ``model``: a class or function that builds the network, which is best, for it can be built afresh for every
  seed; a network that is built already; or what ``model.name`` of a config can hold, such as ``"mlp"``. A
  network that is built already is copied and never changed, not even by ``train``. Its weights are used as
  they are; where a step looks at several initializations, its layers draw theirs by ``reset_parameters``.
- ``data``: ``(x, y)``, ``(x_train, y_train, x_test, y_test)`` or a dict of arrays or tensors, a map-style
  Dataset or two of them (train, test), a function that returns one of these, a path, or the name of a config.
- ``config``: a YAML file or the name of a bundled config that gives all other settings. Default: the default
  of every setting; with neither model nor data, what the command line takes when CONFIG is left out.
- ``set``: dotted config path → value, such as ``{"optimizer.lr": 1e-2}``, checked as a config is.
- ``seed``, ``device``, ``name``: these settings of the config; the name is that of the run directory too.
- ``runs_dir``: folder in which the run directory is made.
- ``log``: names of sinks beside the run directory: ``["tensorboard"]``.
- ``on_event``: called with every event of the run, such as ``print``; nothing is printed otherwise.

They return what the command line shows, and raise ``NnbabysitError`` with a sentence in words. A verdict that
is no ``pass`` is returned, not raised. The random generators of the caller are left as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from torch import nn

from nnbabysit.core.api.experiment import Experiment
from nnbabysit.core.api.in_memory_objects import DataLike, ModelLike, remember_network
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.errors import RunError, UserError
from nnbabysit.core.import_path import is_in_memory, keep_at
from nnbabysit.core.record.archive import read_meta
from nnbabysit.core.record.directory import CONFIG
from nnbabysit.core.record.events import Listener
from nnbabysit.core.training.evaluation.load_trained import Trained, load_trained
from nnbabysit.core.workflow.gates.overfit_tiny import run_overfit_tiny
from nnbabysit.core.workflow.gates.sanity import run_sanity
from nnbabysit.core.workflow.gates.search.search import run_search
from nnbabysit.core.workflow.gates.train.train import run_train
from nnbabysit.core.workflow.result import StepResult

RunLike = StepResult | Path | str
"""A result, or the run directory of one."""


def sanity(
    model: ModelLike | None = None,
    data: DataLike = None,
    *,
    config: str | Path | None = None,
    set: Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: str | None = None,
    name: str | None = None,
    runs_dir: str | Path = "runs",
    log: Sequence[str] = (),
    on_event: Listener | None = None,
) -> StepResult:
    """Check the network at initialization: the loss starts at chance level, and every part is connected.

    The arguments are those of every step, see ``core/api/steps.py``. A network that is built already stands
    for the first of ``sanity.seeds`` initializations; for the others its layers draw their weights afresh.

    Returns:
        ``fail`` if a check fails; metrics as ``run_sanity`` lists them.

    Raises:
        NnbabysitError: The settings, the data or the model are at fault.
    """
    return Experiment(
        model=model,
        data=data,
        config=config,
        set=set,
        seed=seed,
        device=device,
        name=name,
        runs_dir=runs_dir,
        log=log,
        on_event=on_event,
    ).perform("sanity", run_sanity)


def overfit_tiny(
    model: ModelLike | None = None,
    data: DataLike = None,
    *,
    config: str | Path | None = None,
    set: Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: str | None = None,
    name: str | None = None,
    runs_dir: str | Path = "runs",
    log: Sequence[str] = (),
    on_event: Listener | None = None,
) -> StepResult:
    """Check that a few samples can be memorized.

    The arguments are those of every step, see ``core/api/steps.py``.

    Returns:
        ``pass`` at accuracy 1.00 and a loss under the bound; metrics as ``run_overfit_tiny`` lists them.

    Raises:
        NnbabysitError: The settings, the data or the model are at fault.
    """
    return Experiment(
        model=model,
        data=data,
        config=config,
        set=set,
        seed=seed,
        device=device,
        name=name,
        runs_dir=runs_dir,
        log=log,
        on_event=on_event,
    ).perform("overfit-tiny", run_overfit_tiny)


def search(
    model: ModelLike | None = None,
    data: DataLike = None,
    *,
    stage: Literal["coarse", "fine"] = "coarse",
    space: Mapping[str, Mapping[str, Any]] | None = None,
    source: RunLike | None = None,
    grid: bool = False,
    config: str | Path | None = None,
    set: Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: str | None = None,
    name: str | None = None,
    runs_dir: str | Path = "runs",
    log: Sequence[str] = (),
    on_event: Listener | None = None,
) -> StepResult:
    """Search hyperparameters, from coarse to fine.

    Every trial starts from the same initial weights. Numbers of trials and epochs are settings:
    ``set={"search.coarse.trials": 30, "search.coarse.epochs": 3}``.

    Args:
        model: See ``core/api/steps.py``, as for all arguments that are not explained here.
        data: See there.
        stage: ``coarse`` searches ``space``, ``fine`` the ranges that a coarse search left.
        space: Config path → distribution, such as ``{"optimizer.lr": {"log_uniform": [1e-5, 1e-1]}}``; left
            out: that of the config.
        source: The coarse search that ``fine`` narrows; default: the newest one of this config in
            ``runs_dir``, which cannot be told for data in memory.
        grid: Evenly spaced points instead of random draws.
        config: See there.
        set: See there.
        seed: See there.
        device: See there.
        name: See there.
        runs_dir: See there.
        log: See there.
        on_event: See there.

    Returns:
        ``pass``, or ``fail`` when no trial completed; ``metrics["best"]["params"]`` can be passed on as
        ``set``, the result itself as ``best_of`` of ``train``.

    Raises:
        NnbabysitError: The settings, the data or the model are at fault, or there is nothing to search.
    """
    if stage not in ("coarse", "fine"):
        raise UserError(f"there is no stage {stage!r}", where="stage", remedy="Choose coarse or fine")
    return Experiment(
        model=model,
        data=data,
        config=config,
        set=set,
        seed=seed,
        device=device,
        name=name,
        runs_dir=runs_dir,
        log=log,
        on_event=on_event,
        more={} if space is None else {f"search.{stage}.space": space},
    ).perform(
        "search",
        run_search,
        folder=f"search-{stage}",
        stage=stage,
        source=None if source is None else _run_dir(source),
        grid=grid,
    )


def train(
    model: ModelLike | None = None,
    data: DataLike = None,
    *,
    best_of: RunLike | None = None,
    max_time: float | None = None,
    config: str | Path | None = None,
    set: Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: str | None = None,
    name: str | None = None,
    runs_dir: str | Path = "runs",
    log: Sequence[str] = (),
    on_event: Listener | None = None,
) -> StepResult:
    """Train, watched; ``load`` of the result gives the trained network, the one given stays as it was.

    Args:
        model: See ``core/api/steps.py``, as for all arguments that are not explained here.
        data: See there.
        best_of: A search whose best values are used; what ``set`` names stays.
        max_time: Seconds after which the current epoch is the last one.
        config: See there.
        set: See there.
        seed: See there.
        device: See there.
        name: See there.
        runs_dir: See there.
        log: See there.
        on_event: See there.

    Returns:
        ``diverged`` when the cost ran away, ``fail`` when a finding is an error, else ``pass``; metrics as
        ``run_train`` lists them.

    Raises:
        NnbabysitError: The settings, the data or the model are at fault.
    """
    _check_seconds(max_time)
    return Experiment(
        model=model,
        data=data,
        config=config,
        set=set,
        seed=seed,
        device=device,
        name=name,
        runs_dir=runs_dir,
        log=log,
        on_event=on_event,
        best_of=None if best_of is None else _run_dir(best_of),
    ).perform("train", run_train, max_time=max_time)


def load(
    run: RunLike,
    model: nn.Module | Callable[..., nn.Module] | None = None,
    *,
    device: str = "auto",
    weights: str = "best",
) -> Trained:
    """The trained network of a run: ``nnbabysit.load(result).model``.

    Args:
        run: Result or run directory of a training.
        model: Class, function or network that the run was made with, when it was handed over in memory by
            another process; within the process it is remembered.
        device: As in a config.
        weights: ``best``, ``average`` (of ``training.average``) or a snapshot such as ``snapshot-2``.

    Returns:
        The network with these weights, in evaluation mode, and what it expects of its input.

    Raises:
        RunError: It is no training, has no such weights, or they belong to another architecture.
        UserError: The network cannot be found any more.
    """
    path = _run_dir(run)
    if model is not None:
        read_meta(path)
        target = load_config(str(path / CONFIG), cwd=path).config.model.name
        if not is_in_memory(target):
            raise UserError(
                f"the run builds its network from {target} itself", where="model", remedy="Leave it out"
            )
        keep_at(target, remember_network(model))
    return load_trained(path, device, weights)


def _check_seconds(max_time: object) -> None:
    """See that a time limit is one, before anything is trained."""
    if max_time is None:
        return
    if not isinstance(max_time, int | float) or isinstance(max_time, bool) or not max_time > 0:
        raise UserError(f"expected a number of seconds above 0, got {max_time!r}", where="max_time")


def _run_dir(run: RunLike) -> Path:
    path = run.run_dir if isinstance(run, StepResult) else Path(run)
    if not path.is_dir():
        raise RunError("there is no such run", where=str(path), remedy="Give a result or its run directory")
    return path.resolve()
