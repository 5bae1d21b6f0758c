"""Averaging: a second copy of the weights that is the mean of those that training passes through.

The training itself is not touched: its weights are the same, bit for bit, with and without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, get_swa_multi_avg_fn, update_bn

from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import UserCodeError
from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.training.batching import batch_plan

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Average, Config
    from nnbabysit.core.data.splits.dataset import Split

_STARTS = {"ema": 0.0, "swa": 0.75}  # swa: Izmailov et al. 2018, section 4: the last quarter of a budget
Rule = Callable[[Any, Any, Any], None]


class Averaging:
    """The average of a network's weights over the steps (``ema``) or epochs (``swa``) of its training.

    ``ema``: w̄ ← d·w̄ + (1 − d)·w after every step, d = min(decay, (1 + n)/(10 + n)) with n steps in w̄, so
    that the first weights of a short run do not stay in it (as in TensorFlow's ``ExponentialMovingAverage``
    with ``num_updates``). ``swa``: w̄ ← (n·w̄ + w)/(n + 1) after every epoch, equation 1 of Izmailov et al.
    2018, "Averaging weights leads to wider optima", arXiv:1803.05407. torch's ``swa_utils`` does the sums.
    """

    def __init__(self, kind: Literal["ema", "swa"], decay: float, first_epoch: int, model: nn.Module) -> None:
        """Begin with ``first_epoch``; ``Averaging.of`` reads a config."""
        self._kind = kind
        self._first_epoch = first_epoch
        self._model = model
        self._rule: Rule = _swa() if kind == "swa" else _Ema(decay)
        self._averaged = _copied(model, self._rule)
        self._count = 0  # as n_averaged, without asking torch in every step

    @classmethod
    def of(cls, config: Config, model: nn.Module) -> Averaging | None:
        """What ``training.average`` asks for; None if nothing.

        Raises:
            UserCodeError: The network cannot be copied.
        """
        settings = config.training.average
        if settings is None:
            return None
        first = math.floor(starting_share(settings) * config.training.epochs) + 1
        return cls(settings.kind, settings.decay, first, model)

    @property
    def kind(self) -> str:
        """``ema`` or ``swa``."""
        return self._kind

    @property
    def count(self) -> int:
        """How many sets of weights are in the average."""
        return self._count

    def after_step(self, epoch: int) -> None:
        """To be called after every step of an epoch."""
        if self._kind == "ema" and epoch >= self._first_epoch:
            self._take()

    def after_epoch(self, epoch: int) -> None:
        """To be called after every epoch."""
        if self._kind == "swa" and epoch >= self._first_epoch:
            self._take()

    def _take(self) -> None:
        if isinstance(self._rule, _Ema):
            self._rule.count = self._count
        self._averaged.update_parameters(self._model)
        self._count += 1

    def finished(
        self, train: Split, *, seed: int, batch_size: int | Literal["full"], epoch: int
    ) -> nn.Module:
        """A network with the averaged weights; statistics of batch normalization are those of its own.

        The average of statistics is not the statistics of the average, so they are measured once more on
        the training data, without augmentation (Izmailov et al. 2018, section 3.2). A frozen layer keeps its
        own: the others have learned behind it as it is.

        Args:
            train: Training split, on the network's device.
            seed: Seed of the run; the global generators are left as they were.
            batch_size: Samples per batch, as in training.
            epoch: Number of the last epoch.

        Raises:
            ValueError: Nothing was averaged: ``count`` is 0.
        """
        if not self.count:
            raise ValueError("nothing was averaged")
        model = deepcopy(self._averaged.module)
        order, size = batch_plan(model, len(train), seed, epoch + 1, batch_size)
        # dropout is on while the statistics are measured
        with seeded(derive_seed(seed, "average")), _resting(model, _frozen(self._model)):
            update_bn(_inputs(train, size, order), model)
        finished: nn.Module = model.eval()
        return finished

    def state_dict(self) -> dict[str, Any]:
        """Tensors alone, for a checkpoint."""
        return self._averaged.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state_dict``."""
        self._averaged.load_state_dict(state)
        self._count = int(self._averaged.n_averaged)


def starting_share(settings: Average) -> float:
    """Fraction of the epochs that pass before an average begins, in 0…1, 1 left out."""
    return _STARTS[settings.kind] if settings.start is None else settings.start


def _swa() -> Rule:
    rule: Rule = get_swa_multi_avg_fn()  # type: ignore[no-untyped-call]
    return rule


class _Ema:
    """torch's exponential moving average with a decay that grows to its own in the first steps."""

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.count = 0
        """How many sets of weights are in the average; the first is copied without a call."""

    def __call__(self, averaged: Any, current: Any, number: Any) -> None:
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        average: Rule = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        average(averaged, current, number)


def _copied(model: nn.Module, rule: Rule) -> AveragedModel:
    try:
        return AveragedModel(model, multi_avg_fn=rule)
    except Exception as error:  # the user's module may refuse to be copied in any way
        raise UserCodeError(
            f"the network cannot be copied, as an average needs it: {type(error).__name__}: {error}",
            where="training.average",
            remedy="Leave training.average out, or let copy.deepcopy copy the network",
        ) from error


def _frozen(model: nn.Module) -> list[str]:
    """Names of the batch normalizations that learn nothing."""
    found = []
    for name, layer in model.named_modules():
        own = list(layer.parameters(recurse=False))
        if isinstance(layer, _BatchNorm) and own and not any(parameter.requires_grad for parameter in own):
            found.append(name)
    return found


@contextmanager
def _resting(model: nn.Module, names: list[str]) -> Iterator[None]:
    """Within it these layers compute as in evaluation, and behind it have the statistics from before."""
    layers = [model.get_submodule(name) for name in names]
    still = [deepcopy(layer).eval() for layer in layers]
    for layer, copy in zip(layers, still, strict=True):
        layer.forward = copy.forward
    try:
        yield
    finally:
        for layer, copy in zip(layers, still, strict=True):
            del layer.forward
            layer.load_state_dict(copy.state_dict())


def _inputs(split: Split, size: int, order: Tensor | None) -> Iterator[Tensor]:
    for x, _ in split.batches(size, order):
        yield x
