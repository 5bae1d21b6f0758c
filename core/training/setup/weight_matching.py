"""Matching: which layers of a network can take their weights from a file, and which cannot, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn

from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.calls import Call, Calls
from nnbabysit.core.models.dry_run import dry_run
from nnbabysit.core.models.seeding import seeded

_COUNTER = "num_batches_tracked"
"""A counter of batch normalization that older files do not have."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """A module that holds tensors itself.

    Attributes:
        name: Module path; the network's own tensors, which lie in no layer, are called ``network``.
        module: The module.
        tensors: Name as in ``state_dict`` → parameter or buffer.
        has_weights: Whether it holds a trainable parameter of two or more dimensions.
    """

    name: str
    module: nn.Module
    tensors: Mapping[str, Tensor]
    has_weights: bool


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a file and a network have in common.

    Attributes:
        reused: Layers whose tensors are all in the file, from the bottom to the top.
        fresh: Name of each other layer → why it is reinitialized.
        unused: Layers of the file that the network does not have.
    """

    reused: tuple[Layer, ...]
    fresh: dict[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def layers_of(model: nn.Module, input_shape: tuple[int, ...]) -> list[Layer]:
    """The layers in the order in which they are called; one that is not called follows its neighbor.

    Args:
        model: Network; it is left as it was.
        input_shape: Shape of one sample.
    """
    state = model.state_dict(keep_vars=True)
    found = []
    for path, module in model.named_modules():
        own = {*module._parameters, *module._buffers}
        prefix = f"{path}." if path else ""
        tensors = {prefix + name: state[prefix + name] for name in own if prefix + name in state}
        if tensors:
            weights = any(p.requires_grad and p.dim() >= 2 for p in module.parameters(recurse=False))
            ordered = {name: tensor for name, tensor in state.items() if name in tensors}
            found.append(Layer(name=path or "network", module=module, tensors=ordered, has_weights=weights))
    calls = _calls(model, input_shape)
    places, last = [], -1
    for layer in found:
        last = calls.get(id(layer.module), last)
        places.append(last)
    return [layer for _, layer in sorted(zip(places, found, strict=True), key=lambda pair: pair[0])]


def _calls(model: nn.Module, input_shape: tuple[int, ...]) -> dict[int, int]:
    """Identity of each module that is called → number of its first call."""
    order: dict[int, int] = {}

    def note(_call: Call, called: nn.Module, _inputs: object) -> None:
        order.setdefault(id(called), len(order))

    with Calls(model, dict(model.named_modules()), note, before=True), seeded(0):
        dry_run(model, input_shape)
    return order


def named_as_in(model: nn.Module, layers: Sequence[Layer], saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A file as the layers name its tensors: one that has several names is found under all that they use.

    A weight that two layers share may be in the file once, and a layer that is registered under two names may
    be in it twice.

    Args:
        model: Network.
        layers: Its layers.
        saved: The file: its names and tensors, of any shape.
    """
    owned = {name for layer in layers for name in layer.tensors}
    names: dict[int, list[str]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        names.setdefault(id(tensor), []).append(name)
    renamed = dict(saved)
    for alike in names.values():
        found = [saved[name] for name in alike if name in saved]
        if len(alike) > 1 and found:
            renamed = {name: tensor for name, tensor in renamed.items() if name not in alike or name in owned}
            renamed |= {name: found[0] for name in alike if name in owned and name not in saved}
    return renamed


def output_layer(layers: Sequence[Layer]) -> Layer | None:
    """The last layer with weights."""
    return next((layer for layer in reversed(layers) if layer.has_weights), None)


def match_layers(
    layers: Sequence[Layer], saved: Mapping[str, Tensor], where: str, *, new_head: str = ""
) -> Match:
    """Compare a network with a file, layer by layer, by the names and shapes of their tensors.

    A layer that the file does not know is reinitialized, and so is the output layer when it does not fit; one
    that shares its weights with a layer below is reused with that.

    Args:
        layers: The network, from the bottom to the top.
        saved: The file.
        where: Its path, for messages.
        new_head: Why the output layer must be reinitialized even if it fits; empty: it need not.

    Raises:
        ModelError: Another layer is in the file but does not fit, or no layer is.
    """
    head = output_layer(layers)
    by_name = {layer.name: layer for layer in layers}
    reused, fresh = [], {}
    below_head = {id(tensor) for layer in layers if layer is not head for tensor in layer.tensors.values()}
    for layer in layers:
        misfit = _misfit(layer, saved)
        if layer is head and any(name in fresh and below.has_weights for name, below in by_name.items()):
            new_head = new_head or "a layer below it is new"
        if not any(name in saved for name in layer.tensors):
            fresh[layer.name] = "the file has no layer of this name"
        elif layer is head and (misfit or new_head) and not _is_tied(layer, below_head):
            fresh[layer.name] = misfit or new_head
        elif misfit:
            raise ModelError(
                f"layer {layer.name} does not fit: {misfit}",
                where=where,
                remedy=f"Give {layer.name} the size that it has in the file, or a name that the file has not",
            )
        else:
            reused.append(layer)
    if not any(layer.has_weights for layer in reused):
        raise ModelError(
            f"no layer can be reused: the file has {listed(sorted(_owners(saved)))}, the network "
            f"{listed([layer.name for layer in layers])}",
            where=where,
            remedy="Name the weights of a network whose lower layers have the same names",
        )
    known = {name for layer in layers for name in layer.tensors}
    return Match(reused=tuple(reused), fresh=fresh, unused=tuple(_owners(n for n in saved if n not in known)))


def _is_tied(layer: Layer, others: set[int]) -> bool:
    return any(id(tensor) in others for tensor in layer.tensors.values())


def _misfit(layer: Layer, saved: Mapping[str, Tensor]) -> str:
    """Why the file's tensors cannot be the layer's; empty if they can."""
    for name, tensor in layer.tensors.items():
        if name not in saved:
            if name.endswith(_COUNTER):
                continue
            return f"the network has {name}, the file has not"
        there, here = tuple(saved[name].shape), tuple(tensor.shape)
        if there != here:
            return f"{name} is {there} in the file and {here} in the network"
    more = next((n for n in saved if n not in layer.tensors and _owners([n]) == [layer.name]), None)
    return "" if more is None else f"the file has {more}, the network has not"


def _owners(names: Iterable[str]) -> list[str]:
    """The layers that tensors of these names lie in, each once, in their order."""
    return list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))


def listed(names: Sequence[str], most: int = 8) -> str:
    """``a, b, c and 4 more``; ``nothing`` if there is none."""
    if not names:
        return "nothing"
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
