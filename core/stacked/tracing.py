"""Tracing: from a network's forward pass to the steps of its stacked twin, or the reason why it has none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import fx, nn

from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.stacked.functions import IN_PLACE, VIEWS, concatenated, stacked_call
from nnbabysit.core.stacked.kinds import Kind, Unstackable
from nnbabysit.core.stacked.layers import twin_of
from nnbabysit.core.stacked.program import Program, Slot, Step
from nnbabysit.core.stacked.random_layers import RANDOM, dropout_of

_MODULE_HOOKS = (
    "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks",
)  # fmt: skip
_VIEWING = (nn.Flatten, nn.Unflatten, nn.Identity, *RANDOM)
"""Modules that may put out the very memory that they were given."""
_TENSOR_HOOKS = ("_backward_hooks", "_post_accumulate_grad_hooks")


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
    was_training, programs, keys, called = model.training, [], [], dict[str, nn.Module]()
    modules = dict(model.named_modules())
    try:
        for training in (True, False):
            model.train(training)
            graph = _traced(model)
            programs.append(_steps(model, graph))
            keys.append(str(graph))
            called |= {str(n.target): modules[str(n.target)] for n in graph.nodes if n.op == "call_module"}
    finally:
        model.train(was_training)
    drops = tuple(name for name, module in called.items() if type(module) in RANDOM)
    settings = {name: _settings(module) for name, module in called.items() if type(module) not in RANDOM}
    tensors = [(name, tuple(t.shape), str(t.dtype), t.requires_grad) for name, t in _tensors(model)]
    types = [(name, type(module).__qualname__) for name, module in called.items()]
    return Program(programs[0], programs[1], drops, repr((keys, types, settings, tensors)))


def _settings(module: nn.Module) -> dict[str, str]:
    """What a layer was made with; not all of it is in its ``extra_repr``."""
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {name: repr(value) for name, value in sorted(own.items()) if name != "training"}


def _tensors(model: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return [*model.named_parameters(), *model.named_buffers()]


def _traced(model: nn.Module) -> fx.Graph:
    if any(getattr(module, hooks, None) for module in model.modules() for hooks in _MODULE_HOOKS):
        raise Unstackable("the network has hooks")
    if any(getattr(p, hooks, None) for p in model.parameters() for hooks in _TENSOR_HOOKS):
        raise Unstackable("a parameter has hooks")
    if any(True for module in model.modules() if hasattr(module, "parametrizations")):
        raise Unstackable("weights are computed from others (parametrization)")
    before = [(module, dict(vars(module))) for module in model.modules()]
    try:
        with seeded(0):
            drawn = _generators()
            graph = _Tracer().trace(model)
            draws = drawn != _generators()
    except Exception as error:  # whatever the user's forward pass does with what is no tensor
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unstackable(f"the forward pass cannot be traced ({reason})") from error
    finally:
        changed = [name for module, kept in before for name in _restored(module, kept)]
    if draws:
        raise Unstackable("the forward pass draws random numbers by itself")
    if any(name.startswith("_tensor_constant") for name in changed):
        raise Unstackable("the forward pass makes a tensor of its own")
    if changed:
        raise Unstackable(f"the forward pass sets self.{changed[0]}")
    return graph


def _generators() -> tuple[Any, ...]:
    """Where the global generators are: a path that was drawn once would be that of every step."""
    _, keys, *rest = np.random.get_state()  # noqa: NPY002 - the user's network may draw from it
    return torch.get_rng_state().tolist(), random.getstate(), list(keys), *rest


def _restored(module: nn.Module, kept: Mapping[str, Any]) -> list[str]:
    """Put back what a forward pass has set; returns the names."""
    now = vars(module)
    names = [name for name in {**kept, **now} if name not in kept or now.get(name) is not kept[name]]
    for name in names:
        del now[name]
    now.update({name: kept[name] for name in names if name in kept})
    return names


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
    if _is_in_place(node, modules) and _is_read_again(node.args[0], modules):
        raise Unstackable(f"{node.target} overwrites what is read again")
    if node.op == "call_module":
        return _of_module(node, args, modules, kinds)
    if node.op == "get_attr":
        name = names.get(id(_attribute(model, str(node.target))))
        if name is None:
            raise Unstackable(f"{node.target} is no parameter")
        return Step(lambda network: network[name], True, (), {}), Kind.PARAMETER
    of_args = [kinds[a] if isinstance(a, fx.Node) else Kind.PLAIN for a in node.args]
    if any(isinstance(value, fx.Node) and kinds[value] is not Kind.PLAIN for value in node.kwargs.values()):
        raise Unstackable(f"{node.target} is given tensors by name")
    if node.target is F.dropout:
        return _dropout(node, args, of_args[0])
    if node.target in (torch.cat, torch.concat):
        return _concatenation(node, put, kinds)
    if _holds_batches(node, kinds):
        raise Unstackable(f"{node.target} is given several tensors at once")
    run, kind = stacked_call(node.target, node.args, node.kwargs, of_args)
    return Step(run, False, args, kwargs), kind


def _of_module(
    node: fx.Node, args: tuple[Any, ...], modules: Mapping[str, nn.Module], kinds: Mapping[fx.Node, Kind]
) -> tuple[Step, Kind]:
    if len(node.args) != 1 or node.kwargs or not isinstance(node.args[0], fx.Node):
        raise Unstackable(f"{node.target} is called with more than one argument")
    run, kind = twin_of(_own_name(modules, str(node.target)), modules[str(node.target)], kinds[node.args[0]])
    return Step(run, True, args, {}), kind


def _dropout(node: fx.Node, args: tuple[Any, ...], kind: Kind) -> tuple[Step, Kind]:
    p = node.kwargs.get("p", 0.5)
    if kind not in (Kind.SHARED, Kind.STACKED) or not isinstance(p, float | int):
        raise Unstackable("dropout is called on what is no batch, or with a computed p")
    if not node.kwargs.get("training", True):
        return Step(lambda x: x, False, args, {}), kind
    run = dropout_of(lambda network: [float(p)] * network.trials, kind is Kind.SHARED)
    return Step(run, True, args, {}), Kind.STACKED


def _concatenation(
    node: fx.Node, put: Callable[[Any], Any], kinds: Mapping[fx.Node, Kind]
) -> tuple[Step, Kind]:
    tensors: Any = node.args[0]
    axis: Any = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
    of_each = [kinds.get(each, Kind.PLAIN) for each in tensors] if isinstance(tensors, list | tuple) else []
    if not of_each or not {Kind.SHARED, Kind.STACKED}.issuperset(of_each):
        raise Unstackable(f"{node.target} is given what is no batch")
    run, kind = concatenated(of_each, axis, lambda network: network.trials)
    return Step(run, True, (put(list(tensors)),), {}), kind


def _holds_batches(node: fx.Node, kinds: Mapping[fx.Node, Kind]) -> bool:
    """Whether there are tensors inside its lists."""
    direct = [each for each in node.args if isinstance(each, fx.Node)]
    return any(kinds[each] is not Kind.PLAIN and each not in direct for each in node.all_input_nodes)


def _is_in_place(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    if node.op == "call_module":
        return bool(getattr(modules[str(node.target)], "inplace", False))
    if node.op == "call_method":
        return str(node.target).endswith("_")
    named = str(getattr(node.target, "__name__", "")).endswith("_")
    return node.op == "call_function" and (
        named or node.target in IN_PLACE or node.kwargs.get("inplace") is True
    )


def _is_read_again(value: Any, modules: Mapping[str, nn.Module]) -> bool:
    """Whether anything but the one call reads this memory; alone it would read what was written."""
    while isinstance(value, fx.Node):
        if len(value.users) > 1 or value.op == "get_attr":
            return True
        viewing = value.target in VIEWS or (
            value.op == "call_module" and isinstance(modules[str(value.target)], _VIEWING)
        )
        if not viewing:
            return False
        value = value.args[0]
    return False


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
