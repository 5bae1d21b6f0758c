"""Structure: what keeps a network from learning at any learning rate, or hides behind a higher one.

Each is an exact fact and not read from a curve. They are asked before a learning rate is blamed: with ten
times the rate the last layer often learns a tiny set alone, and the fault stays in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nnbabysit.core.models import ids
from nnbabysit.core.models.ending import look_at_ending, unsuited
from nnbabysit.core.models.weights import weight_matrices
from nnbabysit.core.training.probes.wiring import batch_dependence, first_steps
from nnbabysit.core.training.setup.setup import Assembly

SAME = 1e-4
"""Relative change of an output that rounding cannot explain: in float32 that is about 1e-6."""
UNSCALED = 5.0
"""Root mean square beyond which inputs, and deviations beyond which targets, are off scale: 1.7 % of healthy
programs have such inputs."""
LEARNED = 0.01
"""Relative change of a unit's weights from which a layer has taken part in learning."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fact, as a cause and its remedy, in words."""

    cause: str
    remedy: str


def faults(assembly: Assembly, x: Tensor, y: Tensor) -> list[Fault]:
    """What is wrong with the structure of a fresh network, the likeliest cause first.

    Args:
        assembly: Fresh; it is trained for a few steps, so pass one that is thrown away.
        x: (B, ...) the samples that were not learned, on the network's device.
        y: (B, ...) their targets.
    """
    return [fault for fault in _found(assembly, x, y) if fault is not None]


def _found(assembly: Assembly, x: Tensor, y: Tensor) -> Iterator[Fault | None]:
    model = assembly.model
    yield _drawn_anew(model, x)
    yield _unregistered(assembly, x, y)
    yield _unsuited_ending(assembly, x, y)
    yield _samples_mixed(model, x)
    yield _off_scale(assembly, x, y)
    yield _unreached(assembly, x, y)  # last: it trains the network


def has_learned(before: dict[str, Tensor], model: nn.Module) -> bool:
    """Whether some unit of every weight matrix has changed by a hundredth since ``before``.

    Args:
        before: Name of each trainable weight matrix → a copy of it, of its shape, at the start.
        model: The network after training.
    """
    return all(_moved(before[name], after.detach()) for name, after in weight_matrices(model).items())


def _moved(before: Tensor, after: Tensor) -> bool:
    changes, sizes = (weight.flatten(1).norm(dim=1) for weight in (after - before, before))
    return bool(((changes > 0) & (changes >= LEARNED * sizes)).any())


def _unregistered(assembly: Assembly, x: Tensor, y: Tensor) -> Fault | None:
    """Leaves of the autograd graph that ``parameters()`` does not list."""
    known = {id(parameter) for parameter in assembly.model.parameters()}
    assembly.begin(epoch=1)
    strangers = [
        leaf for leaf in leaves(assembly.objective.loss(assembly.model(x), y)) if id(leaf) not in known
    ]
    if not strangers:
        return None
    shapes = ", ".join("×".join(map(str, leaf.shape)) or "1" for leaf in strangers[:4])
    more = f" and {len(strangers) - 4} more" if len(strangers) > 4 else ""
    one = len(strangers) == 1
    take = (
        "tensor ({}) takes part in the output but is"
        if one
        else "tensors ({}) take part in the output but are"
    )
    return Fault(
        f"{len(strangers)} {take.format(shapes + more)} not among the network's parameters, so the optimizer "
        f"never gets {'it' if one else 'them'}",
        "keep layers in nn.ModuleList or nn.ModuleDict, not in a list or dict, and weights in nn.Parameter",
    )


def leaves(value: Tensor) -> list[Tensor]:
    """Every tensor that a value of any shape was computed from and that wants a gradient, in no order."""
    found: dict[int, Tensor] = {}
    seen, waiting = set(), [value.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if variable is not None:
            found[id(variable)] = variable
        waiting += [before for before, _ in node.next_functions]
    return [*found.values()]


def _unsuited_ending(assembly: Assembly, x: Tensor, y: Tensor) -> Fault | None:
    """Outputs that are bounded where the loss wants scores, or where targets lie beyond the bound."""
    ending = look_at_ending(assembly.model, x)
    name = assembly.objective.name
    if name == "mse":
        below, above = bool((y < 0).any()), bool((y > 1).any())
        reached = not below if ending.kind == "not below 0" else not below and not above
        if ending.kind == "scores" or reached:
            return None
    words = unsuited(ending, name)
    if words:
        return Fault(words[0], words[1])
    if ":" in name and ending.kind not in ("scores", "log-probabilities"):
        return Fault(
            f"the network's outputs are {ending.kind}, and whether the loss is made for such cannot be told",
            "if the loss applies softmax or sigmoid itself, take the activation at the end out",
        )
    return None


@torch.no_grad()
def _drawn_anew(model: nn.Module, x: Tensor) -> Fault | None:
    """Another output for the same input, in evaluation mode."""
    model.eval()
    first, second = model(x), model(x)
    if bool((first - second).abs().max() <= SAME * first.abs().max()):
        return None
    return Fault(
        "the network is not a function of its input: the same samples give other outputs in evaluation mode",
        "make every layer in __init__ and none in forward(), and draw random numbers only if self.training",
    )


def _samples_mixed(model: nn.Module, x: Tensor) -> Fault | None:
    if len(x) < 4 or not batch_dependence(model, x) > SAME:
        return None
    return Fault(
        "a sample's output depends on the other samples of its batch",
        "keep dimension 0 apart in forward(): flatten(1), softmax(dim=1)",
    )


@torch.no_grad()
def _off_scale(assembly: Assembly, x: Tensor, y: Tensor) -> Fault | None:
    """Inputs or targets whose scale would make any rate look wrong."""
    if assembly.objective.task == "regression":
        mean, deviation = float(y.double().mean()), float(y.double().std())
        if abs(mean) > 3 * deviation or not 1 / (2 * UNSCALED) <= deviation <= UNSCALED:
            return Fault(
                f"the targets have mean {mean:.4g} and deviation {deviation:.4g}: no learning rate can be "
                "judged before these are near 0 and 1",
                "standardize the targets, (y - mean) / deviation",
            )
    size = float(x.double().square().mean().sqrt())
    if size > UNSCALED and not bool(ids.looked_up(assembly.model, x).any()):
        return Fault(
            f"the inputs have a root mean square of {size:.4g}: no learning rate can be judged before they "
            "are scaled",
            "set data.preprocess, such as {center: feature, scale: standard}",
        )
    return None


def _unreached(assembly: Assembly, x: Tensor, y: Tensor) -> Fault | None:
    """Parameters without a gradient in all of the first steps."""
    motions = first_steps(assembly, x, y)
    names = [name for name, motion in motions.items() if motion.gradient is None or motion.gradient == 0]
    if not names:
        return None
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return Fault(
        f"no gradient reaches {shown}, so these learn nothing from the input",
        "look at forward() between these parameters and the loss: a detach(), no_grad(), a rounding, weights "
        "that start at 0, or ReLUs that are never on",
    )
