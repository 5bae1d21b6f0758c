"""pretrain: learn from unlabeled inputs, so that a network with few labels need not start from nothing."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.pictures import are_pictures, pictures
from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE, Signature
from nnbabysit.core.formatting import loss_text, number_text
from nnbabysit.core.models.weights import count_parameters
from nnbabysit.core.record.events import NoteEvent, StartEvent
from nnbabysit.core.report.charts.tiles import reconstruction_tiles
from nnbabysit.core.report.plots.write import write_run_plots, write_tiles
from nnbabysit.core.training.batching import steps_per_epoch
from nnbabysit.core.training.checkpoints import BEST, save_weights
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.run_state import Progress
from nnbabysit.core.training.loop.steps import evaluate
from nnbabysit.core.training.probes.dead_units import dead_units
from nnbabysit.core.training.probes.step_probes import standard_probes
from nnbabysit.core.training.reconstruction import (
    Inputs,
    Stage,
    build_autoencoder,
    corruption,
    mean_cost,
    stages,
)
from nnbabysit.core.training.setup.losses import build_objective
from nnbabysit.core.training.setup.setup import pick_device, refuse_batch
from nnbabysit.core.workflow.gates.train.events import TrainEvents
from nnbabysit.core.workflow.provenance import note_provenance
from nnbabysit.core.workflow.result import StepResult, Table

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config
    from nnbabysit.core.data.splits.dataset import Dataset, Split
    from nnbabysit.core.models.autoencoder import Autoencoder
    from nnbabysit.core.record.run import Run
    from nnbabysit.core.training.loop.records import EpochRecord

SHOWN = 10
"""Samples of the validation split that are shown beside their reconstructions."""
FINE_TUNING = "-S transfer.freeze=none -S transfer.lr_factor=1"
"""How a network goes on from here: all of it is trained, at the full learning rate."""


@dataclass(frozen=True, kw_only=True)
class Learned:
    """One stage when it is over.

    Attributes:
        name: As in ``Stage``.
        epochs: All its epochs.
        best: The one with the lowest validation loss, whose weights are kept; None if there was none.
        mean_loss: What the mean of its inputs costs on validation: knowing nothing.
    """

    name: str
    epochs: tuple[EpochRecord, ...]
    best: EpochRecord | None
    mean_loss: float

    @property
    def loss(self) -> float:
        """Validation loss of the weights that are kept, of the stage's own inputs."""
        return (self.best or self.epochs[-1]).validation.loss

    @property
    def useful(self) -> bool:
        """Whether it reconstructs better than the mean does."""
        return self.loss < self.mean_loss


def load_inputs(config: Config) -> Dataset:
    """The data with all its samples, however few labels may be used, after a proof that the network fits.

    Raises:
        UserError: Data, model, device or batch size are at fault.
        UserCodeError: The user's data function raised.
    """
    pick_device(config.device)
    dataset = load_dataset(
        config.model_copy(update={"data": config.data.model_copy(update={"labels": None})})
    )
    model = build_autoencoder(config, dataset)
    refuse_batch(config.pretrain.batch_size, len(dataset.train), model, where="pretrain.batch_size")
    return dataset


def run_pretrain(
    config: Config,
    run: Run,
    *,
    dataset: Dataset | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> StepResult:
    """Train an autoencoder on the inputs of the training split, and keep its encoder.

    ``checkpoints/best.safetensors`` holds the encoder under the names that its layers have in an mlp, so that
    ``transfer.from`` this run gives an mlp of the same ``hidden`` its lower layers.

    Args:
        config: Experiment; ``pretrain.*`` says how, ``model.args`` how large.
        run: Where everything is written.
        dataset: As ``load_inputs`` returns it, or None to load it.
        clock: Seconds.

    Returns:
        ``diverged`` when the cost ran away, ``fail`` when the mean would do as well, else ``pass``.
        Metrics: reconstruction_loss (mean squared error per number on validation), mean_loss (the same for
        the mean sample), explained (1 − their ratio), test_loss, epochs, steps, parameters, seconds.

    Raises:
        UserError: Data, model, device or batch size are at fault.
        UserCodeError: The user's code raised.
        DiskError: The disk is full or broken.
    """
    began = clock()
    data = load_inputs(config) if dataset is None else dataset
    device = pick_device(config.device)
    model = build_autoencoder(config, data).to(device)
    _start(config, run, data, model, device)
    learned: list[Learned] = []
    for stage in stages(config, data, model, device):
        learned.append(_learn(stage, config, run, learned, clock))
        if learned[-1].epochs[-1].stopped:
            break
        save_weights(run.checkpoints / BEST, model.encode)
    _show(config, run, data, model, device)
    result = _result(run, data, model, learned, clock() - began)
    best = learned[-1].best
    write_run_plots(run.path, {"best_epoch": best.epoch if best else None}, result.verdict)
    return result


def _start(config: Config, run: Run, data: Dataset, model: Autoencoder, device: torch.device) -> None:
    note_provenance(run, config, data, device)
    Signature.of(data).save(run.checkpoints / SIGNATURE_FILE)
    parameters = count_parameters(model)
    run.event(StartEvent(command="pretrain", name=config.name, device=str(device), parameters=parameters))
    settings = config.pretrain
    noise = f", {settings.corruption} noise {number_text(settings.noise)}"
    damage = "" if settings.kind == "autoencoder" else noise
    inputs = f"{len(data.train)} inputs, no labels"
    run.event(NoteEvent(text=f"{settings.kind}{damage}: learns from {inputs}"))


def _learn(
    stage: Stage, config: Config, run: Run, before: list[Learned], clock: Callable[[], float]
) -> Learned:
    """Train one stage; its weights are those of its best epoch afterwards."""
    settings, assembly = config.pretrain, stage.assembly
    first = 1 + sum(len(part.epochs) for part in before)
    last = first + settings.epochs - 1
    total = settings.epochs * (len(_model_stages(config)))
    shown = config.model_copy(
        update={
            "training": config.training.model_copy(
                update={"epochs": total, "batch_size": settings.batch_size}
            )
        }
    )
    train = stage.dataset.train
    steps = steps_per_epoch(assembly.model, len(train), settings.batch_size)
    events = TrainEvents(run, shown, steps_per_epoch=steps, start_epoch=first, clock=clock)
    if total > settings.epochs:
        run.event(NoteEvent(text=f"{stage.name}: epochs {first} to {last}"))
    progress, weights = Progress(), assembly.model.state_dict()
    for record in train_epochs(
        assembly,
        stage.dataset,
        shown,
        start_epoch=first,
        epochs=last,
        probes=standard_probes(assembly.model),
        on_step=events.step,
        clock=clock,
    ):
        completed = events.completed(record, dead_units(assembly.model, train))
        events.epoch(completed)
        if progress.add(completed):
            weights = {name: tensor.clone() for name, tensor in assembly.model.state_dict().items()}
    assembly.model.load_state_dict(weights)
    return Learned(
        name=stage.name,
        epochs=tuple(progress.history),
        best=progress.best,
        mean_loss=mean_cost(train, stage.dataset.validation),
    )


def _model_stages(config: Config) -> tuple[int, ...]:
    """Numbers of the stages that there will be."""
    hidden = config.model.args.get("hidden", (0,))
    return tuple(range(len(hidden))) if config.pretrain.kind == "stacked" else (0,)


def _show(config: Config, run: Run, data: Dataset, model: Autoencoder, device: torch.device) -> None:
    """Some pictures, what the network saw of them, and what it made of that."""
    if not are_pictures(data.input_shape):
        return
    split = data.validation.on(device)
    spread = torch.arange(min(SHOWN, len(split))) * len(split) // min(SHOWN, len(split))
    x, _ = split.take(spread)
    model.eval()
    damage = corruption(config.pretrain, config.seed, data.train.on(device))
    seen = x if damage is None else damage.apply(x, spread.to(device), 0)[0]
    with torch.no_grad():
        rows = {"input": x, "damaged": seen, "output": model(seen)}
    if damage is None:
        del rows["damaged"]
    shown = {name: pictures(values, data.preprocessing) for name, values in rows.items()}
    write_tiles(reconstruction_tiles(shown), run.plots / "reconstructions")


def _result(
    run: Run, data: Dataset, model: Autoencoder, learned: list[Learned], seconds: float
) -> StepResult:
    last = learned[-1].epochs[-1]
    device = next(model.parameters()).device
    loss, test = (_cost(model, split, device) for split in (data.validation, data.test))
    mean = mean_cost(data.train.on(device), data.validation.on(device))
    explained = None if loss is None or not mean else 1 - loss / mean
    metrics: dict[str, Any] = {
        "reconstruction_loss": loss,
        "mean_loss": mean,
        "explained": explained,
        "test_loss": test,
        "epochs": last.epoch,
        "steps": last.step,
        "parameters": count_parameters(model),
        "seconds": seconds,
    }
    useful = all(part.useful for part in learned)
    return StepResult(
        command="pretrain",
        verdict="diverged" if last.stopped else "pass" if useful else "fail",
        summary=f"stopped: {last.stopped}" if last.stopped else _summary(learned),
        run_dir=run.path,
        notes=data.notes,
        metrics=metrics,
        tables=(_table(learned),),
        next_command=f"nnbabysit train -S {shlex.quote(f'transfer.from={run.path}')} {FINE_TUNING}",
    )


def _cost(model: Autoencoder, split: Split | None, device: torch.device) -> float | None:
    """Mean squared error of the whole autoencoder on undamaged samples."""
    if split is None:
        return None
    inputs = Inputs(split.on(device), torch.nn.Sequential())
    return evaluate(model, inputs, build_objective("mse", "regression")).loss


def _summary(learned: list[Learned]) -> str:
    parts = [f"{loss_text(part.loss)} against {loss_text(part.mean_loss)}" for part in learned]
    if len(learned) > 1:
        parts = [f"{part.name} {text}" for part, text in zip(learned, parts, strict=True)]
    text = f"reconstruction loss {', '.join(parts)} for the mean"
    useless = [part.name for part in learned if not part.useful]
    if not useless:
        return text
    return f"{text}; {useless[0]} learned too little: raise pretrain.epochs or its learning rate"


def _table(learned: list[Learned]) -> Table:
    rows = []
    for part in learned:
        best = part.best or part.epochs[-1]
        first, last = part.epochs[0].epoch, part.epochs[-1].epoch
        losses = tuple(map(loss_text, (best.train.loss, best.validation.loss, part.mean_loss)))
        rows.append((part.name, f"{first}-{last}", str(best.epoch), *losses))
    columns = ("trained", "epochs", "best", "train loss", "val loss", "the mean's")
    return Table(title="Reconstruction, each of its own input", columns=columns, rows=tuple(rows))
