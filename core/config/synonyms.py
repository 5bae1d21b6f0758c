"""Synonyms: what people type for a setting, from short names to those of other tools, in one table.

A name that means exactly one setting of ours is taken on the command line and from Python, and goes by the
setting's own path from there on; in a file, which is kept and read by others, it is an error that names the
path. A name that has no exact counterpart is answered with what there is in its place. Nothing here imports
the schema, so a shell that waits for completions does not wait for it; a test compares the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Synonym:
    """What a name that we do not use is here.

    Attributes:
        paths: The settings that have exactly this meaning; none where no setting has.
        answer: What to write where none has, one sentence without a full stop.
    """

    paths: tuple[str, ...] = ()
    answer: str = ""


def _same(*paths: str) -> Synonym:
    return Synonym(paths=paths)


def _instead(answer: str) -> Synonym:
    return Synonym(answer=answer)


SHORT: dict[str, Synonym] = {
    "lr": _same("optimizer.lr"),
    "momentum": _same("optimizer.momentum"),
    "weight_decay": _same("optimizer.weight_decay"),
    "betas": _same("optimizer.betas"),
    "warmup": _same("schedule.warmup"),
    "epochs": _same("training.epochs"),
    "batch_size": _same("training.batch_size"),
    "trials": _same("search.coarse.trials", "search.fine.trials"),
    "sampler": _same("search.sampler"),
    "l1": _same("regularization.l1"),
    "l2": _same("regularization.l2"),
    "label_smoothing": _same("regularization.label_smoothing"),
    "max_norm": _same("regularization.max_norm"),
    "clip_norm": _same("regularization.clip_norm"),
    "clip_value": _same("regularization.clip_value"),
    "hidden": _same("model.args.hidden"),
    "dropout": _same("model.args.dropout"),
    "activation": _same("model.args.activation"),
}
"""Our own names without the section they stand in; they mean the same for every command."""

_NO_SUCH_UNIT = "training is counted in epochs: training.epochs"
_ONE_DEVICE = "one device is used: device=cuda:0"
_FP32 = "trainings compute in fp32; a search can use search.precision=bf16"
_EVERY_EPOCH = "every epoch is validated and recorded, so nothing is to be set"
_BETAS = "both are one setting: optimizer.betas=[0.9, 0.999]"
_RUNS_DIR = "the folder of runs is a flag: --runs-dir DIR"
_CHECKPOINTS = "the last and the best weights are always kept; nnbabysit resume RUN continues"
_NO_ACCUMULATION = "gradients are not accumulated: raise training.batch_size"
_SCHEDULE = "schedule.name=step, exponential, inverse_time or cosine"
_PENALTY = "regularization.l2 or regularization.l1, on all weight matrices"
_LOG = "curves go to TensorBoard with --log tensorboard"

FOREIGN: dict[str, Synonym] = {
    # in several tools
    "learning_rate": _same("optimizer.lr"),
    "lr0": _same("optimizer.lr"),
    "base_lr": _same("optimizer.lr"),
    "initial_lr": _same("optimizer.lr"),
    "num_epochs": _same("training.epochs"),
    "n_epochs": _same("training.epochs"),
    "max_epochs": _same("training.epochs"),
    "num_train_epochs": _same("training.epochs"),
    "batch": _same("training.batch_size"),
    "bs": _same("training.batch_size"),
    "per_device_train_batch_size": _same("training.batch_size"),
    "train_batch_size": _same("training.batch_size"),
    "n_trials": _same("search.coarse.trials", "search.fine.trials"),
    "num_trials": _same("search.coarse.trials", "search.fine.trials"),
    "num_samples": _same("search.coarse.trials", "search.fine.trials"),
    "lr_scheduler": _same("schedule.name"),
    "lr_schedule": _same("schedule.name"),
    "scheduler": _same("schedule.name"),
    "lr_scheduler_type": _same("schedule.name"),
    "criterion": _same("loss"),
    "loss_fn": _same("loss"),
    "optim": _same("optimizer.name"),
    "arch": _same("model.name"),
    "run_name": _same("name"),
    "random_state": _same("seed"),
    "random_seed": _same("seed"),
    "warmup_epochs": _same("schedule.warmup"),
    "gamma": _instead("schedule.factor, for schedule.name=step, multistep, plateau or exponential"),
    "step_size": _instead("schedule.every, for schedule.name=step"),
    "workers": _same("data.workers"),
    "num_workers": _same("data.workers"),
    "max_steps": _instead(_NO_SUCH_UNIT),
    "warmup_steps": _instead("a warm-up is counted in epochs: schedule.warmup"),
    "precision": _instead(_FP32),
    "amp": _instead(_FP32),
    "callbacks": _instead("training.early_stopping, schedule and --log take the place of callbacks"),
    # Lightning
    "trainer": _instead("its settings are called otherwise here: max_epochs is training.epochs, for one"),
    "min_epochs": _instead("training.early_stopping.patience, the epochs that are waited for in any case"),
    "gradient_clip_val": _same("regularization.clip_norm"),
    "gradient_clip_algorithm": _instead("regularization.clip_norm or regularization.clip_value"),
    "accelerator": _same("device"),
    "devices": _instead(_ONE_DEVICE),
    "gpus": _instead(_ONE_DEVICE),
    "num_nodes": _instead(_ONE_DEVICE),
    "strategy": _instead(_ONE_DEVICE),
    "accumulate_grad_batches": _instead(_NO_ACCUMULATION),
    "overfit_batches": _instead("a command does this: nnbabysit overfit-tiny"),
    "fast_dev_run": _instead("commands do this: nnbabysit sanity, nnbabysit overfit-tiny"),
    "num_sanity_val_steps": _instead("a command does this: nnbabysit sanity"),
    "auto_lr_find": _instead("a command does this: nnbabysit search --coarse"),
    "auto_scale_batch_size": _instead("training.batch_size is chosen by you"),
    "check_val_every_n_epoch": _instead(_EVERY_EPOCH),
    "val_check_interval": _instead(_EVERY_EPOCH),
    "log_every_n_steps": _instead(_EVERY_EPOCH),
    "limit_train_batches": _instead("data.labels keeps a part of the training samples' labels"),
    "max_time": _instead("the time limit is a flag: --max-time 10m"),
    "default_root_dir": _instead(_RUNS_DIR),
    "enable_checkpointing": _instead(_CHECKPOINTS),
    "enable_progress_bar": _instead("-q prints verdict and findings alone"),
    "deterministic": _instead("runs are reproducible by seed, so nothing is to be set"),
    "logger": _instead(_LOG),
    # Keras
    "fit": _instead("epochs, batch_size and early_stopping are settings of training"),
    "compile": _instead("optimizer and loss are sections of the config; nothing is compiled"),
    "validation_split": _same("data.validation"),
    "epsilon": _same("optimizer.eps"),
    "rho": _same("optimizer.decay"),
    "beta_1": _instead(_BETAS),
    "beta_2": _instead(_BETAS),
    "global_clipnorm": _same("regularization.clip_norm"),
    "clipvalue": _same("regularization.clip_value"),
    "clipnorm": _instead("regularization.clip_norm, for the gradient as a whole (Keras: global_clipnorm)"),
    "nesterov": _instead("optimizer.name=nesterov"),
    "use_ema": _instead("training.average.kind=ema"),
    "ema_momentum": _instead("training.average.decay"),
    "kernel_initializer": _instead("model.init.scheme"),
    "kernel_regularizer": _instead(_PENALTY),
    "kernel_constraint": _instead("regularization.max_norm"),
    "units": _same("model.args.hidden"),
    "steps_per_epoch": _instead("an epoch is one pass over the training split"),
    "initial_epoch": _instead(_CHECKPOINTS),
    "validation_data": _instead("data.validation takes a path, a fraction or a count"),
    "validation_freq": _instead(_EVERY_EPOCH),
    "metrics": _instead("loss and accuracy are always recorded; nnbabysit evaluate adds the others"),
    "shuffle": _instead("the training split is shuffled in every epoch, by seed"),
    "verbose": _instead("-v prints more, -q less"),
    # Hugging Face
    "training_args": _instead("its settings are those of training, optimizer and schedule"),
    "training_arguments": _instead("its settings are those of training, optimizer and schedule"),
    "max_grad_norm": _same("regularization.clip_norm"),
    "adam_epsilon": _same("optimizer.eps"),
    "adam_beta1": _instead(_BETAS),
    "adam_beta2": _instead(_BETAS),
    "label_smoothing_factor": _same("regularization.label_smoothing"),
    "data_seed": _same("data.seed"),
    "dataloader_num_workers": _same("data.workers"),
    "early_stopping_patience": _same("training.early_stopping.patience"),
    "early_stopping_threshold": _same("training.early_stopping.min_delta"),
    "warmup_ratio": _instead("a warm-up is counted in epochs: schedule.warmup"),
    "fp16": _instead(_FP32),
    "bf16": _instead(_FP32),
    "gradient_accumulation_steps": _instead(_NO_ACCUMULATION),
    "per_device_eval_batch_size": _instead("evaluation chooses its batches itself"),
    "output_dir": _instead(_RUNS_DIR),
    "logging_dir": _instead(_LOG),
    "logging_steps": _instead(_EVERY_EPOCH),
    "report_to": _instead(_LOG),
    "eval_strategy": _instead(_EVERY_EPOCH),
    "evaluation_strategy": _instead(_EVERY_EPOCH),
    "eval_steps": _instead(_EVERY_EPOCH),
    "save_strategy": _instead(_CHECKPOINTS),
    "save_steps": _instead(_CHECKPOINTS),
    "save_total_limit": _instead(_CHECKPOINTS),
    "load_best_model_at_end": _instead("the best weights are kept and evaluated, so nothing is to be set"),
    "metric_for_best_model": _instead("the best epoch is that of the best validation accuracy, else loss"),
    "no_cuda": _instead("device=cpu"),
    "use_cpu": _instead("device=cpu"),
    "model_name_or_path": _instead("transfer.from starts from the weights of a run or file"),
    # Ultralytics
    "patience": _same("training.early_stopping.patience"),
    "imgsz": _instead("data.size=[height, width]"),
    "cos_lr": _instead("schedule.name=cosine"),
    "lrf": _instead("schedule.final, for schedule.name=cosine"),
    "fliplr": _same("data.augment.flip"),
    "degrees": _same("data.augment.rotate"),
    "mixup": _same("data.augment.mixup"),
    "freeze": _same("transfer.freeze"),
    "pretrained": _instead("transfer.from starts from the weights of a run or file"),
    "resume": _instead("a command does this: nnbabysit resume RUN"),
    "project": _instead(_RUNS_DIR),
    "exist_ok": _instead("every run has a directory of its own under --runs-dir"),
    "save_period": _instead(_CHECKPOINTS),
    "nbs": _instead(_NO_ACCUMULATION),
    "optimize": _instead("a command does this: nnbabysit export RUN"),
    "decay": _instead(_SCHEDULE),
    "lr_decay": _instead(_SCHEDULE),
    "alpha": _instead("optimizer.decay, for optimizer.name=rmsprop"),
}
"""Names of Lightning, Keras, Hugging Face and Ultralytics; a few are ours too, in one section (``OURS``)."""

CHOICES = {
    "optimizer": "name",
    "overfit_tiny.optimizer": "name",
    "pretrain.optimizer": "name",
    "schedule": "name",
    "model": "name",
    "model.init": "scheme",
    "data": "source",
    "training.average": "kind",
    "pretrain": "kind",
    "transfer": "from",
}
"""Section → the setting in it that is meant where the section is given one word."""
UNTOUCHED = ("model.args.", "data.args.", "search.")
"""Where every word is the user's own, or an axis."""
OURS = frozenset(
    {"transfer.freeze", "data.workers", "data.augment.mixup", "schedule.patience"}
    | {
        f"{section}.decay"
        for section in ("training.average", "optimizer", "overfit_tiny.optimizer", "pretrain.optimizer")
    }
    | {"training.early_stopping.patience"}
)
"""Settings whose last part stands in ``FOREIGN`` too."""
_WORD = re.compile(r"[A-Za-z_./~][^\s{}]*")
_NOTHING = ("null", "~", "none")


def find_synonym(key: str) -> Synonym | None:
    """What a key that is no setting is here; None if no tool that we know calls anything so.

    Args:
        key: As typed: ``lr``, ``batch-size``, ``trainer.max_epochs``, ``optimizer.learning_rate``.
    """
    head, _, last = key.replace("-", "_").lower().rpartition(".")
    return FOREIGN.get(last) or (None if head else SHORT.get(last))


def canonical(override: str) -> list[str]:
    """One ``key=value`` under the settings' own paths; anything that needs no change comes back as it is.

    ``lr=0.1`` is ``optimizer.lr=0.1``, ``optimizer=Adam`` is ``optimizer.name=adam``, ``trials=20`` is both
    ``search.coarse.trials=20`` and ``search.fine.trials=20``, ``device=0`` is ``device=cuda:0``.
    """
    key, equals, value = (part.strip() for part in override.partition("="))
    if not equals or not key:
        return [override]
    found = _canonical(key, value)
    return [override] if found == [f"{key}={value}"] else found


def _canonical(key: str, value: str) -> list[str]:
    """The overrides that are meant; none if the key and its value are right as they are."""
    synonym = None if key in OURS or key.startswith(UNTOUCHED) else find_synonym(key)
    paths = synonym.paths if synonym and synonym.paths else (key,)
    if paths == ("device",):
        value = canonical_device(value)
    elif _WORD.fullmatch(value) and value.lower() not in _NOTHING:
        paths = tuple(f"{path}.{CHOICES[path]}" if path in CHOICES else path for path in paths)
        value = _spelled(paths[0], value)
    return [f"{path}={value}" for path in paths]


def _spelled(path: str, value: str) -> str:
    """A name in the case that we write it in, and a device as torch calls it; a path is left alone."""
    head, _, last = path.rpartition(".")
    is_name = path == "loss" or CHOICES.get(head) == last
    return value.lower() if is_name and not re.search(r"[:/\\]", value) else value


def canonical_device(name: str) -> str:
    """``0`` as ``cuda:0``, ``GPU`` as ``gpu``, which is whichever there is; others are torch's own words."""
    name = name.strip().lower()
    return f"cuda:{int(name)}" if re.fullmatch(r"[0-9]{1,4}", name) else name
