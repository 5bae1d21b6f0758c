"""Ids: inputs that a network looks up instead of computing with them, such as tokens before an embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.models.user_module import build_user_module

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Model

Kind = Literal["all", "some", "none", "unknown"]
SAMPLES = 64
"""Samples that the network is asked for; enough that two columns agree in all of them by no chance."""


def are_whole(x: Tensor) -> bool:
    """Whether all values of x, of any shape, are integers from 0 on, as ids are."""
    return bool(torch.isfinite(x).all() and (x >= 0).all() and (x == x.round()).all())


def kind_of_inputs(config: Model, x: Tensor, *, num_outputs: int, seed: int) -> Kind:
    """How much of a sample a network of the user's own looks up; ``unknown`` where it cannot be tried.

    Args:
        config: Section ``model`` of the config, which names the network by an import path.
        x: (N, ...) real samples; tried as they are and, if the network refuses them so, as int64.
        num_outputs: Outputs that data and loss need.
        seed: Seed of the network.
    """
    with seeded(seed):
        try:
            shape = tuple(x.shape[1:])
            model = build_user_module(config, input_shape=shape, num_outputs=num_outputs, seed=seed)
        except Exception:  # the user's code may raise anything; whoever trains it says what
            return "unknown"
        for inputs in (x, x.to(torch.int64)):
            try:
                found = looked_up(model, inputs)
            except Exception:  # likewise
                continue
            return "all" if bool(found.all()) else "some" if bool(found.any()) else "none"
    return "unknown"


def looked_up(model: nn.Module, x: Tensor) -> Tensor:
    """Which numbers of a sample the network uses as an index: of an embedding, a one-hot code or a table.

    An index may be the number itself or the number with something added, as fields of a table are that share
    one embedding. Numbers that do not vary over the samples count as looked up if all others are.

    Args:
        model: Put into evaluation mode.
        x: (N, ...) samples, as the network gets them.

    Returns:
        (...) bool.

    Raises:
        Exception: Whatever ``model`` raises.
    """
    indices = _Indices()
    model.eval()
    with torch.no_grad(), indices:
        model(x)
    used = {column for tensor in indices.seen for column in _columns(tensor, len(x))}
    columns = _columns(x, len(x))
    constant = bytes(8 * len(x))
    found = torch.tensor([column in used - {constant} for column in columns])
    varying = torch.tensor([column != constant for column in columns])
    if bool(varying.any()) and bool(found[varying].all()):
        found[:] = True
    return found.reshape(x.shape[1:])


class _Indices(TorchFunctionMode):
    """Keeps every tensor of integers that something is looked up by."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if func in (F.embedding, F.embedding_bag, F.one_hot):
            self._note(args[0] if args else given.get("input"))
        elif func is Tensor.__getitem__ and not isinstance(args[0], nn.parameter.UninitializedParameter):
            for index in args[1] if isinstance(args[1], tuple) else (args[1],):
                self._note(index)
        return func(*args, **given)

    def _note(self, index: object) -> None:
        if isinstance(index, Tensor) and index.dtype in (torch.int64, torch.int32):
            self.seen.append(index.detach().clone())


def _columns(x: Tensor, samples: int) -> list[bytes]:
    """Each number over the samples, less its value in the first; none if samples are not the first axis."""
    if x.ndim == 0 or len(x) != samples:
        return []
    rows = x.reshape(samples, -1).to(torch.int64)
    return [column.numpy().tobytes() for column in (rows - rows[:1]).t().contiguous().cpu()]
