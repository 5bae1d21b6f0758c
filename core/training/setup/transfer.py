"""Transfer: a network starts from the weights of another; some of its layers are frozen for a while.

Source: Yosinski, Clune, Bengio & Lipson 2014, "How transferable are features in deep neural networks?";
CS231n notes, "Transfer Learning": new top first, then a few lower layers with a tenth of the learning rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from safetensors import SafetensorError

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.data.new_samples.signature import SIGNATURE_FILE, Signature
from nnbabysit.core.errors import ModelError, RunError, UserError
from nnbabysit.core.record.archive import read_meta
from nnbabysit.core.record.directory import META
from nnbabysit.core.training.checkpoints import BEST
from nnbabysit.core.training.setup.weight_matching import (
    Layer,
    Match,
    layers_of,
    listed,
    match_layers,
    named_as_in,
    output_layer,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nnbabysit.core.config.schema.optimizer import Optimizer
    from nnbabysit.core.config.schema.transfer import Transfer
    from nnbabysit.core.data.splits.dataset import Dataset


@dataclass(frozen=True, kw_only=True, eq=False)
class Transferred:
    """What a network took over, and what of it is frozen.

    Attributes:
        path: The file the weights came from.
        match: Layers that were reused, and those that are reinitialized.
        frozen: Reused layers that are frozen at first.
        released: Those of them that are unfrozen later.
        unfreeze_after: Epochs after which they are let go; None: never.
        lr_factor: Learning rate of reused layers as a multiple of that of new ones.
        reuses_output: Whether the output layer is among the reused ones.
    """

    path: Path
    match: Match
    frozen: tuple[Layer, ...]
    released: tuple[Layer, ...]
    unfreeze_after: int | None
    lr_factor: float
    reuses_output: bool

    def begin(self, epoch: int) -> None:
        """Freeze what is frozen in this epoch, and unfreeze what is not; to be called in training mode.

        A frozen layer is in evaluation mode: the running averages of a batch normalization stay.

        Args:
            epoch: From 1.
        """
        free = set()
        if self.unfreeze_after is not None and epoch > self.unfreeze_after:
            free = {id(layer) for layer in self.released}
        held = _parameters([layer for layer in self.frozen if id(layer) not in free])
        for layer in self.frozen:
            layer.module.training = id(layer) in free  # itself alone: train() would take in what lies in it
            for parameter in layer.module.parameters(recurse=False):
                parameter.requires_grad_(id(parameter) not in held)  # others may share it
                if id(parameter) in held:
                    parameter.grad = None

    def words(self) -> list[str]:
        """What was done, in sentences."""
        told = [f"transfer from {self.path}: reused {listed([layer.name for layer in self.match.reused])}"]
        told += [f"transfer: {name} is reinitialized: {why}" for name, why in self.match.fresh.items()]
        if self.match.unused:
            told.append(f"transfer: not used of the file: {listed(self.match.unused)}")
        rate = f"at {self.lr_factor:g} × lr"
        if not self.frozen:
            return [*told, f"transfer: nothing is frozen; reused layers learn {rate}"]
        still = listed([layer.name for layer in self.frozen])
        later = "" if self.unfreeze_after is None else f" up to epoch {self.unfreeze_after}"
        return [*told, f"transfer: frozen{later}: {still}; other reused layers learn {rate}"]

    def let_go(self, epoch: int) -> str:
        """What is told at the end of an epoch if frozen layers are unfrozen then, else empty."""
        if epoch != self.unfreeze_after or not self.released:
            return ""
        names = listed([layer.name for layer in self.released])
        return f"transfer: no longer frozen, at {self.lr_factor:g} × lr: {names}"


def transfer(settings: Transfer, model: nn.Module, dataset: Dataset) -> Transferred:
    """Copy what fits from a run or a file into the network.

    The layers that are to be frozen can still be trained: ``Transferred.begin`` freezes them.

    Args:
        settings: ``config.transfer``.
        model: Network, changed in place.
        dataset: Gives the shape of a sample, and the classes that the output layer must be for.

    Raises:
        RunError: There are no such weights, or they cannot be read.
        ModelError: They do not fit, or a name in ``freeze`` is that of no reused layer.
    """
    path = weights_file(Path(settings.source))
    layers = layers_of(model, dataset.input_shape)
    saved = named_as_in(model, layers, _read(path))
    found = match_layers(layers, saved, str(path), new_head=_other_classes(path, dataset))
    _copy(found.reused, saved, path)
    head = output_layer(layers)
    frozen = _with_tied(_frozen(settings, found.reused, head), found.reused)
    _check_something_learns(model, frozen)
    released = frozen if settings.unfreeze == "all" else _blocks(frozen, -settings.unfreeze)
    return Transferred(
        path=path,
        match=found,
        frozen=tuple(frozen),
        released=tuple(released),
        unfreeze_after=settings.unfreeze_after,
        lr_factor=settings.lr_factor,
        reuses_output=head in found.reused,
    )


def weights_file(source: Path) -> Path:
    """The file with the weights of a run, or the file itself.

    Raises:
        RunError: There is none.
    """
    if source.is_dir():
        path = source / "checkpoints" / BEST
        if path.is_file():
            return path
        is_run = (source / META).is_file()
        what = "this run keeps no weights" if is_run else "this folder is no run"
        raise RunError(
            what, where=str(source), remedy="Name a run of train or pretrain, or a .safetensors file"
        )
    if not source.is_file():
        raise RunError(
            "there are no weights to start from",
            where=str(source),
            remedy="Set transfer.from to a run of train or pretrain, or to a .safetensors file",
        )
    return source


def set_learning_rates(
    optimizer: torch.optim.Optimizer, transferred: Transferred, settings: Optimizer
) -> None:
    """Give reused and frozen layers parameter groups of their own, behind that of the new ones.

    Frozen ones are apart because torch's fused kernels want all parameters of a group to begin together.

    Args:
        optimizer: With one group of all parameters; its learning rate is that of new layers.
        transferred: Names the reused layers.
        settings: ``config.optimizer``.

    Raises:
        UserError: It is one that has one learning rate for all.
    """
    if settings.full_batch_only:
        if transferred.lr_factor != 1:
            raise UserError(
                f"{settings.name} has one learning rate for all layers",
                where="transfer.lr_factor",
                remedy="Set it to 1, or choose another optimizer",
            )
        return
    (group,) = optimizer.param_groups
    frozen = _parameters(transferred.frozen)
    reused = _parameters(transferred.match.reused)
    kinds: dict[str, list[Tensor]] = {"new": [], "reused": [], "frozen": []}
    for parameter in group["params"]:
        kind = "frozen" if id(parameter) in frozen else "reused" if id(parameter) in reused else "new"
        kinds[kind].append(parameter)
    lr = group["lr"]
    rates = {kind: lr if kind == "new" else lr * transferred.lr_factor for kind in kinds}
    first, *others = (kind for kind, parameters in kinds.items() if parameters)
    group |= {"params": kinds[first], "lr": rates[first]}
    for kind in others:
        optimizer.add_param_group({"params": kinds[kind], "lr": rates[kind]})


def _parameters(layers: Sequence[Layer]) -> set[int]:
    """Identities of the parameters of these layers."""
    return {id(parameter) for layer in layers for parameter in layer.module.parameters(recurse=False)}


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(path.read_bytes())
    except (SafetensorError, OSError) as error:
        raise RunError(
            f"the weights cannot be read: {error}",
            where=str(path),
            remedy="Weights are read from safetensors alone, which holds no code",
        ) from error


def _copy(layers: Sequence[Layer], saved: dict[str, Tensor], path: Path) -> None:
    for layer in layers:
        for name, tensor in layer.tensors.items():
            if name not in saved:
                continue
            if not torch.isfinite(saved[name]).all():
                raise RunError(f"{name} holds numbers that are not finite", where=str(path))
            with torch.no_grad():
                tensor.copy_(saved[name])


def _other_classes(path: Path, dataset: Dataset) -> str:
    """Why the output layer of a run would answer another question; empty if that is not known."""
    signature = path.parent / SIGNATURE_FILE
    if not signature.is_file():
        return ""
    try:
        names = Signature.load(signature, Preprocess()).class_names  # prepares nothing, so any settings do
        fingerprint = read_meta(path.parent.parent).get("dataset_fingerprint")
    except RunError:
        return ""
    if names != dataset.class_names:
        return "its classes were others"
    unnamed = names == tuple(map(str, range(len(names))))
    return (
        "its classes are mere numbers, and of other data"
        if unnamed and fingerprint != dataset.fingerprint
        else ""
    )


def _frozen(settings: Transfer, reused: Sequence[Layer], head: Layer | None) -> list[Layer]:
    """The layers that ``freeze`` means, from the bottom to the top."""
    match settings.freeze:
        case "none":
            return []
        case "all":
            return [layer for layer in reused if layer is not head]
        case int() as number:
            return _blocks(reused, number)
    names = [layer.name for layer in reused]
    for part in settings.freeze:
        if not any(_lies_in(name, part) for name in names):
            raise ModelError(
                f"no layer {part} was reused",
                where="transfer.freeze",
                remedy=f"Reused were {listed(names)}",
            )
    return [layer for layer in reused if any(_lies_in(layer.name, part) for part in settings.freeze)]


def _with_tied(frozen: Sequence[Layer], reused: Sequence[Layer]) -> list[Layer]:
    """Frozen layers, and those that are frozen with them since all their parameters are shared."""
    still, names = _parameters(frozen), {layer.name for layer in frozen}
    tied = {layer.name for layer in reused if (own := _parameters([layer])) and own <= still}
    return [layer for layer in reused if layer.name in names | tied]


def _lies_in(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _blocks(layers: Sequence[Layer], number: int) -> list[Layer]:
    """The lowest layers with weights, so many, each with what follows it; a negative number: the highest."""
    starts = [index for index, layer in enumerate(layers) if layer.has_weights]
    if abs(number) > len(starts):
        key, there = ("freeze", "were reused") if number > 0 else ("unfreeze", "are frozen")
        raise ModelError(
            f"got {abs(number)} layers, and of those with weights {len(starts)} {there}",
            where=f"transfer.{key}",
            remedy=f"Choose at most {len(starts)}, or all",
        )
    if number < 0:
        return list(layers[starts[number] :])
    return list(layers if number == len(starts) else layers[: starts[number]])


def _check_something_learns(model: nn.Module, frozen: Sequence[Layer]) -> None:
    still = _parameters(frozen)
    if all(id(p) in still or not p.requires_grad for p in model.parameters()):
        raise ModelError(
            "every layer is frozen: nothing is left that could learn",
            where="transfer.freeze",
            remedy="Freeze fewer layers",
        )
