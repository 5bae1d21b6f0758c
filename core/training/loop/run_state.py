"""Progress: how far a long run has come, and the checkpoint that it goes on from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import RunError
from nnbabysit.core.training.checkpoints import architecture, load_checkpoint, save_checkpoint
from nnbabysit.core.training.loop.averaging import starting_share
from nnbabysit.core.training.loop.records import EpochRecord, Score
from nnbabysit.core.training.loop.yardstick import Merit, Yardstick

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import EarlyStopping
    from nnbabysit.core.training.loop.averaging import Averaging
    from nnbabysit.core.training.setup.setup import Assembly

FIXED = (
    "seed",
    "data",
    "model",
    "transfer",
    "loss",
    "optimizer",
    "schedule",
    "regularization",
    "training.batch_size",
    "training.average",
    "training.snapshots",
)
"""Settings that a run keeps to its end; others may change on resuming: so may the number of epochs, unless
the schedule is a cosine or one cycle, which would climb again behind its end, or an average begins at a part
of them."""


@dataclass(kw_only=True)
class Progress:
    """What has been trained so far.

    Attributes:
        yardstick: What an epoch is judged by.
        history: One record per epoch.
        dead_units_initial: Layer → dead ReLU fraction before the first step.
        best: Record of the best epoch, None before the first.
        waited: Epochs since the merit improved enough for early stopping.
        watched: The merit that improved enough last; None before the first epoch.
    """

    yardstick: Yardstick = field(default_factory=Yardstick)
    history: list[EpochRecord] = field(default_factory=list)
    dead_units_initial: dict[str, float] = field(default_factory=dict)
    best: EpochRecord | None = None
    waited: int = 0
    watched: Merit | None = None

    @property
    def epoch(self) -> int:
        """Number of the last epoch; 0 before the first."""
        return self.history[-1].epoch if self.history else 0

    @property
    def step(self) -> int:
        """Number of the last step; 0 before the first."""
        return self.history[-1].step if self.history else 0

    @property
    def first_cost(self) -> float | None:
        """Cost at the initial weights; None before the first epoch."""
        return self.history[-1].first_cost if self.history else None

    def add(self, record: EpochRecord, min_delta: float = 0.0) -> bool:
        """Take in an epoch.

        Args:
            record: The epoch.
            min_delta: Smallest improvement that early stopping counts.

        Returns:
            Whether it is the best so far by the order in ``loop/yardstick.py``; of equals the first.
        """
        self.history.append(record)
        if record.stopped:
            return False
        merit = self.yardstick.merit(record.validation)
        if self.watched is None or merit.improves(self.watched, min_delta):
            self.watched, self.waited = merit, 0
        else:
            self.waited += 1
        better = self.best is None or merit > self.yardstick.merit(self.best.validation)
        if better:
            self.best = record
        return better

    def exhausted(self, settings: EarlyStopping | None) -> bool:
        """Whether early stopping has waited long enough."""
        return settings is not None and self.waited >= settings.patience


def save_progress(
    path: Path,
    progress: Progress,
    assembly: Assembly,
    config: Config,
    averaging: Averaging | None = None,
) -> None:
    """Write everything that the run needs to go on after its last epoch.

    Raises:
        DiskError: The disk is full or broken; the checkpoint before is intact.
    """
    best = progress.best
    save_checkpoint(
        path,
        {
            "architecture": architecture(assembly.model),
            "settings": _fixed_settings(config),
            "model": assembly.model.state_dict(),
            "optimizer": assembly.optimizer.state_dict(),
            "schedule": assembly.schedule.state_dict(),
            "average": None if averaging is None else averaging.state_dict(),
            "epoch": progress.epoch,
            "step": progress.step,
            "history": [asdict(record) for record in progress.history],
            "best_epoch": None if best is None else best.epoch,
            "waited": progress.waited,
            "watched": None if progress.watched is None else list(progress.watched),
            "dead_units_initial": progress.dead_units_initial,
        },
    )


def load_progress(
    path: Path,
    assembly: Assembly,
    config: Config,
    averaging: Averaging | None = None,
    yardstick: Yardstick | None = None,
) -> Progress:
    """Put a checkpoint into a freshly built assembly, and into the average of its weights.

    Args:
        path: The checkpoint.
        assembly: As the config describes it.
        config: Experiment.
        averaging: Average of the weights, if the run has one.
        yardstick: What epochs are judged by; default: accuracy, for regression the loss.

    Raises:
        RunError: There is no checkpoint, it is damaged, or network or settings are not those in it.
    """
    document = load_checkpoint(path, assembly.device)
    _check_settings(path, document["settings"], _fixed_settings(config))
    if document["architecture"] != architecture(assembly.model):
        raise RunError(
            "the network is no longer the one in the checkpoint: names or shapes of its parameters differ",
            where=str(path),
            remedy="Restore the model's code (a copy is in the run's folder code), or start a new run",
        )
    assembly.model.load_state_dict(document["model"])
    assembly.optimizer.load_state_dict(document["optimizer"])
    assembly.schedule.load_state_dict(document["schedule"])
    if averaging is not None:
        averaging.load_state_dict(document["average"])
    history = [_record(entry) for entry in document["history"]]
    yardstick = yardstick or Yardstick()
    best = next((record for record in history if record.epoch == document["best_epoch"]), None)
    watched = document["watched"]
    if isinstance(watched, float):  # before merits, a run watched one number: that of its best epoch, nearly
        watched = None if best is None else yardstick.merit(best.validation)
    return Progress(
        yardstick=yardstick,
        history=history,
        dead_units_initial=document["dead_units_initial"],
        best=best,
        waited=document["waited"],
        watched=None if watched is None else Merit(*watched),
    )


def _record(entry: dict[str, Any]) -> EpochRecord:
    scores = {name: Score(**entry[name]) for name in ("train", "validation")}
    return EpochRecord(**{**entry, **scores})


def _fixed_settings(config: Config) -> dict[str, Any]:
    """Dotted path → value of the settings that must not change."""
    document = config.model_dump(mode="json")
    settings: dict[str, Any] = {}
    for name in (*FIXED, "training.epochs") if _has_its_length(config) else FIXED:
        value: Any = document
        for part in name.split("."):
            value = value[part]
        settings.update(_flat(name, value))
    return settings


def _has_its_length(config: Config) -> bool:
    """Whether something in the run was laid out for its number of epochs."""
    average = config.training.average
    delayed = average is not None and starting_share(average) > 0
    return delayed or config.schedule.name in ("cosine", "one_cycle")


def _flat(path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {key: leaf for name, part in value.items() for key, leaf in _flat(f"{path}.{name}", part).items()}


def _check_settings(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on with other settings; one that the checkpoint is too old to know had its default."""
    before = {**{key: value for key, value in _fixed_settings(Config()).items() if key in now}, **before}
    missing = object()
    changed = [key for key in {**before, **now} if before.get(key, missing) != now.get(key, missing)]
    if changed:
        shown = ", ".join(f"{key} was {before.get(key)} and is {now.get(key)}" for key in changed[:3])
        raise RunError(
            f"the config no longer fits the checkpoint: {shown}",
            where=str(path),
            remedy="Resume with the run's own config, or start a new run",
        )
