"""Calls: what a network's layers are called with and put out, call by call, for whoever watches them.

The same layer may be called several times within one forward pass: one ``nn.ReLU`` behind layers of different
width, a norm that serves two branches, a block in a loop. What is seen is therefore kept by call and not by
layer. All hooks on modules are registered here, so that a failure in one of them is known to be ours although
it is raised in the midst of the user's forward pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from nnbabysit.core.errors import HookError

ROOT = "model"
"""Path of the network itself, which has no name in itself."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a layer within one forward pass.

    Attributes:
        path: Module path; of a module that is registered under several names the first.
        number: Which call of this layer it is, from 1.
    """

    path: str
    number: int

    @property
    def name(self) -> str:
        """``act`` for the first call, ``act (call 2)`` for the second."""
        return self.path if self.number == 1 else f"{self.path} (call {self.number})"


Note = Callable[[Call, nn.Module, Any], None]
"""Takes a call, the layer, and what it put out; in front of the call, what it was given."""


class Calls:
    """Watches layers of a network, until ``stop``, or within ``with``.

    Only calls inside a forward pass of the network count, from 1 in each pass: gradient checkpointing calls
    layers once more in the backward pass, and that is no call of its own.
    """

    def __init__(
        self, model: nn.Module, layers: Mapping[str, nn.Module], note: Note, *, before: bool = False
    ) -> None:
        """Begin to watch.

        Args:
            model: The network whose forward passes are looked at.
            layers: Path → layer, parts of it or the network itself.
            note: Told of every call of theirs.
            before: Tell in front of the call, with its positional arguments, rather than behind it.
        """
        self._depth = 0
        self._numbers: Counter[str] = Counter()
        self._note = note
        self._handles: list[RemovableHandle] = []
        layers = {path: layer for path, layer in layers.items() if not _is_compiled(layer)}
        if not layers or _is_compiled(model):
            return
        self._handles.append(model.register_forward_pre_hook(guarded(self._begin)))
        for path, layer in layers.items():
            hook = guarded(self._hook(path))
            register = layer.register_forward_pre_hook if before else layer.register_forward_hook
            self._handles.append(register(hook))
        # last, since the network may be one of the layers; and also when the pass ends in an exception
        self._handles.append(model.register_forward_hook(guarded(self._end), always_call=True))

    def stop(self) -> None:
        """Take all hooks off; a second call does nothing."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def __enter__(self) -> Self:
        """The same."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _begin(self, *_: Any) -> None:
        if self._depth == 0:
            self._numbers.clear()
        self._depth += 1

    def _end(self, *_: Any) -> None:
        self._depth -= 1

    def _hook(self, path: str) -> Callable[..., None]:
        def hook(layer: nn.Module, inputs: Any, output: Any = None) -> None:
            if self._depth == 0:
                return
            self._numbers[path] += 1
            self._note(Call(path, self._numbers[path]), layer, inputs if output is None else output)

        return hook


def leaves(model: nn.Module) -> dict[str, nn.Module]:
    """Path → module that has none inside, each once."""
    return {path or ROOT: layer for path, layer in model.named_modules() if not any(layer.children())}


def _is_compiled(module: nn.Module) -> bool:
    """Whether TorchScript runs it, which calls no hooks."""
    return isinstance(module, torch.jit.ScriptModule)


def guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """A hook whose failures are told from those of the code that it hangs in.

    Where the machine is out of memory, that is passed on: no code is at fault.
    """

    def run(*args: Any) -> None:
        try:
            hook(*args)
        except (MemoryError, torch.OutOfMemoryError):
            raise
        except Exception as error:
            raise HookError(f"a hook failed, {type(error).__name__}: {error}") from error

    return run


def is_readable(output: Any) -> bool:
    """Whether a layer's output is one plain tensor of real numbers that statistics can be taken of.

    Not: tuples, whole or complex numbers, sparse or nested tensors, what ``torch.func`` wraps, and nothing at
    all, such as what an expert puts out to which no sample was sent.
    """
    return (
        isinstance(output, Tensor)
        and output.is_floating_point()
        and output.layout is torch.strided
        and not output.is_nested
        and not torch._C._functorch.is_functorch_wrapped_tensor(output)
        and output.numel() > 0
    )
