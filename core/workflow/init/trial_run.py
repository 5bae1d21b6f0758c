"""Trial run: a network and data put together once, to see that they fit and how the network starts."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnbabysit.core.config.files.commented import Entry
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.preparation.targets import resolve
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.registry import read
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.diagnosis.evidence.starting_loss import StartingLoss, is_decided
from nnbabysit.core.errors import DataError, ModelError, UserCodeError
from nnbabysit.core.models import ids
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.ending import Ending, look_at_ending, unsuited
from nnbabysit.core.models.offered import offers
from nnbabysit.core.models.weights import count_parameters
from nnbabysit.core.training.probes.initial_loss import InitialLosses, first_samples, initial_losses
from nnbabysit.core.training.setup.setup import check_batch_size
from nnbabysit.core.workflow.init.loss_choice import Choice, counted_from

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config, Model
    from nnbabysit.core.data.checks.survey import Survey

SMALL = 5000
"""Parameters below which Adam takes steps of 0.01 without harm: tried on 53 networks, a transformer and
recurrent ones among them; at 0.003 linear models are not sure of 20 samples in 1000 steps."""
WIDEST = 0.4
"""The widest tolerance of ``sanity`` that is proposed: beyond it something is wrong."""


@dataclass(frozen=True)
class Findings:
    """What the trial showed.

    Attributes:
        entries: Settings that follow from it.
        hints: What the user should look at.
    """

    entries: tuple[Entry, ...] = ()
    hints: tuple[str, ...] = ()


def outputs(loss: str, seen: Survey) -> int:
    """Outputs that a network needs under a loss that the user named.

    Raises:
        DataError: The targets do not suit the loss.
    """
    return resolve(loss, {"train": seen.y}, seen.class_names, seen.place).num_outputs


def fitting(model: Model, seen: Survey, choices: Sequence[Choice]) -> Choice:
    """The first choice whose number of outputs the network has; every network that can, offers them itself.

    Raises:
        ModelError: The network fits none of them; the message is about the first.
        UserCodeError: The network raised.
    """
    refusal: ModelError | None = None
    for choice in choices:
        try:
            build_model(model, input_shape=seen.input_shape, num_outputs=choice.outputs, seed=0)
        except ModelError as error:
            refusal = refusal or error
            continue
        except UserCodeError as error:
            error.remedy = error.remedy or f"The samples of the data have shape {seen.input_shape}"
            raise
        return choice
    assert refusal is not None
    raise refusal


def fitting_classes(model: Model, seen: Survey, wanted: Sequence[Choice], data: str) -> Choice:
    """As ``fitting``; labels that are nearly classes are named, as is what to do about them.

    Args:
        model: The network.
        seen: The data.
        wanted: Losses that the targets allow.
        data: What the user calls the data.

    Raises:
        DataError: It would fit classes, if their labels counted from 0.
        ModelError: It fits none.
        UserCodeError: It raised.
    """
    try:
        return fitting(model, seen, wanted)
    except ModelError as refusal:
        first = counted_from(seen.y)
        if not first or seen.class_names is not None:
            raise
        classes = len(np.unique(seen.y))
        try:
            fitting(model, seen, [Choice("cross_entropy", classes, "")])
        except ModelError:
            raise refusal from None
        raise DataError(
            f"the labels run from {first} to {first + classes - 1}, and classes count from 0",
            where=data,
            remedy=f"Subtract {first} from the labels where they are made: y - {first}"
            if first > 0
            else f"Add {-first} to the labels where they are made",
        ) from refusal


def is_small(model: Model, seen: Survey, choice: Choice) -> bool:
    """Whether a network that fits has fewer than 5000 parameters."""
    network = build_model(model, input_shape=seen.input_shape, num_outputs=choice.outputs, seed=0)
    return count_parameters(network) < SMALL


def offered(network: object, input_shape: tuple[int, ...], num_outputs: int) -> str:
    """What a constructor is given because it asks for it, such as ``in_features=4, num_classes=3``."""
    try:
        names = inspect.signature(network).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    table = offers(input_shape, num_outputs)
    return ", ".join(f"{name}={table[name]}" for name in names if name in table)


def looks_up(config: Config, num_outputs: int) -> bool:
    """Whether the network looks up some of the numbers of a sample, as tokens: these must not be scaled.

    Raises:
        DataError: The data cannot be read.
    """
    samples = read(config.data, config.loss).train
    if not isinstance(samples, Arrays):
        return False
    x = torch.from_numpy(samples.x[: ids.SAMPLES]).to(torch.float32)
    if not ids.are_whole(x):
        return False
    seed = derive_seed(config.seed, "model")
    return ids.kind_of_inputs(config.model, x, num_outputs=num_outputs, seed=seed) in ("all", "some")


def look(config: Config) -> Findings:
    """Build what the config says, and look at its first outputs and its first loss; the CPU will do.

    Raises:
        DataError: The data cannot be split as proposed.
        UserError: The batch does not suit the network.
        ModelError, UserCodeError: The network does not fit the data.
    """
    config = config.model_copy(update={"device": "cpu"})
    dataset = load_dataset(config)
    x, y = first_samples(dataset, config.seed)
    model = build_model(
        config.model,
        input_shape=dataset.input_shape,
        num_outputs=dataset.num_outputs,
        seed=derive_seed(config.seed, "model"),
    )
    check_batch_size(config, dataset, model)
    hints = _ending_hints(look_at_ending(model, x), config.loss)
    if hints:  # the first loss says nothing beyond that
        return Findings((), hints)
    tolerance = config.sanity.tolerance
    losses = initial_losses(
        config, dataset, x, y, torch.device("cpu"), enough=lambda drawn: is_decided(drawn, tolerance)
    )
    return _start(losses, tolerance)


def _ending_hints(ending: Ending, loss: str) -> tuple[str, ...]:
    """Why the outputs do not suit the loss; nothing if they do."""
    words = unsuited(ending, loss)
    return (f"{words[0]}, so {words[1]}",) if words else ()


def _start(losses: InitialLosses, tolerance: float) -> Findings:
    """What to expect of ``sanity``, which compares the first loss with the chance-level loss."""
    start = StartingLoss.of(losses, tolerance)
    if start is None or start.standing not in ("above", "below"):
        return Findings()
    guessing = max(start.expected_loss, losses.zero_output)
    measured = f"the first loss is {losses.mean:.4g} where the chance-level loss is {guessing:.4g}"
    distance = (
        losses.mean / start.highest * (1 + tolerance) - 1
        if start.standing == "above"
        else 1 - losses.mean / start.lowest * (1 - tolerance)
    )
    if distance > WIDEST:
        return Findings(hints=(f"{measured}; sanity is going to say no and why",))
    proposed = math.ceil(distance * 1.3 * 20) / 20
    reason = f"{measured}: torch's own initialization starts a little off 0"
    return Findings((Entry(("sanity", "tolerance"), proposed, reason),))
