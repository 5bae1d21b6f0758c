"""Tracing: from a network's forward pass to the steps of its stacked twin, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from nnbabysit.core.stacked.functions import stacked_call
from nnbabysit.core.stacked.kinds import Kind, Unstackable
from nnbabysit.core.stacked.layers import twin_of
from nnbabysit.core.stacked.random_layers import RANDOM


@dataclass(frozen=True)
class Slot:
    """The result of an earlier step, as an argument."""

    index: int


@dataclass(frozen=True)
class Step:
    """One call of the forward pass.

    Attributes:
        run: Takes the network in front if ``of_network``.
        of_network: Whether it reads weights.
        args: Values, with slots for results of earlier steps.
        kwargs: The same.
    """

    run: Callable[..., Any]
    of_network: bool
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Program:
    """The forward pass of an architecture, in training and in evaluation; slot 0 is the input.

    Attributes:
        training: Steps in training.
        evaluation: Steps in evaluation.
        random: Names of the layers that drop units.
        structure: Equal for networks that can share a stack.
    """

    training: tuple[Step, ...]
    evaluation: tuple[Step, ...]
    random: tuple[str, ...]
    structure: str


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours = type(m).__module__.startswith("nnbabysit.core.models.") and not list(m.children())
        return ours or super().is_leaf_module(m, module_qualified_name)


def trace(model: nn.Module) -> Program:
    """The steps of a network's stacked twin.

    Args:
        model: Left as it is, its training mode included.

    Raises:
        Unstackable: It cannot be traced (its path depends on its data), or calls what has no twin.
    """
    was_training, programs, keys = model.training, [], []
    try:
        for training in (True, False):
            model.train(training)
            graph = _traced(model)
            programs.append(_steps(model, graph))
            keys.append(str(graph))
    finally:
        model.train(was_training)
    modules = dict(model.named_modules())
    called = {node.target: modules[node.target] for node in _traced(model).nodes if node.op == "call_module"}
    random = tuple(name for name, module in called.items() if type(module) in RANDOM)
    settings = {
        name: "" if type(module) in RANDOM else module.extra_repr() for name, module in called.items()
    }
    tensors = [(name, tuple(t.shape), str(t.dtype), t.requires_grad) for name, t in _tensors(model)]
    types = [(name, type(module).__qualname__) for name, module in called.items()]
    return Program(programs[0], programs[1], random, repr((keys, types, settings, tensors)))


def _tensors(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [*model.named_parameters(), *model.named_buffers()]


def _traced(model: nn.Module) -> fx.Graph:
    if any(module._forward_hooks or module._forward_pre_hooks for module in model.modules()):
        raise Unstackable("the network has hooks")
    if any(True for module in model.modules() if hasattr(module, "parametrizations")):
        raise Unstackable("weights are computed from others (parametrization)")
    try:
        return _Tracer().trace(model)
    except Exception as error:  # whatever the user's forward pass does with what is no tensor
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unstackable(f"its forward pass cannot be traced ({reason})") from error


def _steps(model: nn.Module, graph: fx.Graph) -> tuple[Step, ...]:
    modules, names = dict(model.named_modules()), {id(t): name for name, t in _tensors(model)}
    kinds: dict[fx.Node, Kind] = {}
    slots: dict[fx.Node, Slot] = {}
    steps: list[Step] = []
    for node in graph.nodes:
        if node.op == "placeholder":
            if slots:
                raise Unstackable("it takes more than one argument")
            kinds[node], slots[node] = Kind.SHARED, Slot(0)
            continue
        if node.op == "output":
            _check_output(node, kinds)
            steps.append(Step(lambda x: x, False, (slots[node.args[0]],), {}))
            break
        step, kinds[node] = _step(node, model, modules, names, kinds, slots)
        steps.append(step)
        slots[node] = Slot(len(steps))
    return tuple(steps)


def _step(
    node: fx.Node,
    model: nn.Module,
    modules: Mapping[str, nn.Module],
    names: Mapping[int, str],
    kinds: Mapping[fx.Node, Kind],
    slots: Mapping[fx.Node, Slot],
) -> tuple[Step, Kind]:
    def put(value: Any) -> Any:
        return fx.node.map_arg(value, slots.__getitem__)  # type: ignore[arg-type]

    args, kwargs = put(node.args), put(node.kwargs)
    if node.op == "call_module":
        if len(node.args) != 1 or node.kwargs or not isinstance(node.args[0], fx.Node):
            raise Unstackable(f"{node.target} is called with more than one argument")
        run, kind = twin_of(
            _own_name(modules, str(node.target)), modules[str(node.target)], kinds[node.args[0]]
        )
        return Step(run, True, args, {}), kind
    if node.op == "get_attr":
        name = names.get(id(_attribute(model, str(node.target))))
        if name is None:
            raise Unstackable(f"{node.target} is no parameter")
        return Step(lambda network: network[name], True, (), {}), Kind.PARAMETER
    of_args = [kinds[a] if isinstance(a, fx.Node) else Kind.PLAIN for a in node.args]
    if any(isinstance(value, fx.Node) and kinds[value] is not Kind.PLAIN for value in node.kwargs.values()):
        raise Unstackable(f"{node.target} is given tensors by name")
    run, kind = stacked_call(node.target, node.args, node.kwargs, of_args)
    return Step(run, False, args, kwargs), kind


def _own_name(modules: Mapping[str, nn.Module], target: str) -> str:
    """The first name of a module: one that is called under two has its weights under the first."""
    return next(name for name, module in modules.items() if module is modules[target])


def _attribute(model: nn.Module, path: str) -> Any:
    value: Any = model
    for part in path.split("."):
        value = getattr(value, part)
    return value


def _check_output(node: fx.Node, kinds: Mapping[fx.Node, Kind]) -> None:
    result = node.args[0]
    if not isinstance(result, fx.Node) or kinds[result] is not Kind.STACKED:
        raise Unstackable("its output is not one tensor that depends on its weights")
