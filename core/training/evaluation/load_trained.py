"""Trained: the network of a finished run, as the run left it at its best, ready for new samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE, Signature
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import RunError, UserError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.record.archive import read_meta
from nnbabysit.core.record.catalog import find_runs
from nnbabysit.core.record.directory import CONFIG
from nnbabysit.core.training.checkpoints import SNAPSHOT, load_weights
from nnbabysit.core.training.setup.losses import Objective, build_objective
from nnbabysit.core.training.setup.setup import pick_device

if TYPE_CHECKING:
    import torch
    from torch import nn

    from nnbabysit.core.config.schema.root import Config

_WEIGHTS = re.compile(r"best|average|snapshot-[1-9]\d{0,8}")
WeightsKind = Literal["best", "average", "snapshots"]
"""Weights that a run can be asked by: of its best epoch, averaged over the training, or its snapshots."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained:
    """A network with the weights of its best epoch, and all that is needed to ask it.

    Attributes:
        run_dir: Run that trained it, absolute.
        config: Config of that run.
        model: In evaluation mode, on ``device``.
        signature: What it expects and what its answers mean.
        objective: Loss that it was trained on.
        device: Where it lies.
        weights: Which of the run's weights it has: ``best``, ``average`` or, for one, ``snapshot-2``.
        notes: What the user should know about it, plain sentences.
    """

    run_dir: Path
    config: Config
    model: nn.Module
    signature: Signature
    objective: Objective
    device: torch.device
    weights: str = "best"
    notes: tuple[str, ...] = ()

    @property
    def has_accuracy(self) -> bool:
        """Whether its answers can be right or wrong, see ``Objective.has_accuracy``."""
        return self.objective.has_accuracy(self.signature.num_outputs, self.device)

    @property
    def answers(self) -> Signature:
        """What its outputs are: those of the task, or numbers if they are no scores of the classes."""
        if self.signature.task == "regression" or self.has_accuracy:
            return self.signature
        return replace(self.signature, task="regression", class_names=())

    @property
    def name(self) -> str:
        """Name of the run directory, and of the weights if they are not the best."""
        return self.run_dir.name if self.weights == "best" else f"{self.run_dir.name}/{self.weights}"


def load_trained(run: Path, device: str = "auto", weights: str = "best") -> Trained:
    """Build the network of a run and load its best weights, or others that it kept.

    The config of a run holds absolute paths, so it does not matter where the run was started, nor where this
    is called; the user's own code is imported from where it lay.

    Args:
        run: Directory of a training run, ended or not.
        device: As in a config.
        weights: ``best``, or a name that ``kept_weights`` returned.

    Raises:
        RunError: It is no training run, it has no such weights, or they belong to another architecture.
        UserError: The user's own code has moved or no longer builds, or the device is not there.
        UserCodeError: The user's own code raised.
    """
    run = run.resolve()
    _check_trained(run)
    file = _weights_file(run, weights)
    config = load_config(str(run / CONFIG), cwd=run).config
    target = pick_device(device)
    signature = Signature.load(run / "checkpoints" / SIGNATURE_FILE, config.data.preprocess)
    try:
        model = build_model(
            config.model,
            input_shape=signature.input_shape,
            num_outputs=signature.num_outputs,
            seed=derive_seed(config.seed, "model"),
        )
    except UserError as error:
        raise kept_copy(error, config.model.name, run) from error.__cause__
    load_weights(file, model)
    return Trained(
        run_dir=run,
        config=config,
        model=model.to(target).eval(),
        signature=signature,
        objective=build_objective(config.loss, signature.task, batch_size=config.training.batch_size),
        device=target,
        weights=weights,
        notes=tuple(_changed_code(run)),
    )


def _changed_code(run: Path) -> Iterator[str]:
    """The user's own files that are not what the run was trained with: the weights may fit all the same."""
    for name, origin in (read_meta(run).get("code") or {}).items():
        copy, file = run / "code" / name, Path(origin)
        try:
            same = copy.read_bytes() == file.read_bytes()
        except OSError:
            continue  # what has gone is told by whoever needs it
        if not same:
            yield f"{file} has changed since the run, which keeps a copy of it: {copy}"


def kept_copy(error: UserError, target: str, run: Path) -> UserError:
    """The same, with the copy that the run keeps of code that has gone; as it is if that is not the cause."""
    file = Path(target.rpartition(":")[0] or target)
    origins = read_meta(run).get("code")
    name = next((name for name, origin in (origins or {}).items() if origin == str(file)), None)
    if name is None or file.exists():
        return error
    error.remedy = f"The run keeps a copy, {run / 'code' / name}: put it back there"
    return error


def kept_weights(run: Path, kind: WeightsKind) -> tuple[str, ...]:
    """Names of a run's weights of a kind: one, or one for each snapshot in the order they were taken.

    Raises:
        RunError: It is no training run, or keeps no such weights.
    """
    run = run.resolve()
    _check_trained(run)
    if kind != "snapshots":
        _weights_file(run, kind)
        return (kind,)
    numbers: list[int] = []
    while (run / "checkpoints" / SNAPSHOT.format(len(numbers) + 1)).is_file():
        numbers.append(len(numbers) + 1)
    if not numbers:
        raise _nothing_kept(run, kind)
    return tuple(f"snapshot-{number}" for number in numbers)


def _weights_file(run: Path, weights: str) -> Path:
    if not _WEIGHTS.fullmatch(weights):
        raise RunError(
            f"there are no weights called {weights!r}",
            where=str(run),
            remedy="Choose best, average or a snapshot such as snapshot-1",
        )
    file = run / "checkpoints" / f"{weights}.safetensors"
    if not file.is_file():
        raise _nothing_kept(run, weights)
    return file


def _nothing_kept(run: Path, kind: str) -> RunError:
    if kind == "best":
        return RunError(
            "the run has no best weights: no epoch of it came to its end",
            where=str(run),
            remedy="Resume it, or train again",
        )
    if kind == "average":
        remedy = "Train with --average ema or --average swa to its end"
        return RunError("the run keeps no average of its weights", where=str(run), remedy=remedy)
    remedy = "Train with --snapshots and schedule.name: warm_restarts"
    return RunError("the run keeps no snapshots of its weights", where=str(run), remedy=remedy)


def _check_trained(run: Path) -> None:
    """Refuse a run that is not a training."""
    command = read_meta(run).get("command")
    if command != "train":
        trainings = find_runs(run.parent, command="train")
        newest = f"; the newest beside it is {trainings[0].name}" if trainings else ""
        raise RunError(
            f"this is a run of {command}, not of train",
            where=str(run),
            remedy=f"Name a training run, which alone keeps a network{newest}",
        )
