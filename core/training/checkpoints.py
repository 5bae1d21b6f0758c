"""Checkpoints: everything that a run needs to go on, and weights alone; each file is whole or not there."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from nnbabysit.core.errors import RunError
from nnbabysit.core.record.files import atomic_file, write_atomically

FORMAT = 1
LAST = "last.pt"
"""Name of the checkpoint that a run goes on from."""
BEST = "best.safetensors"
"""Name of the weights of the best epoch."""
AVERAGE = "average.safetensors"
"""Name of the averaged weights."""
SNAPSHOT = "snapshot-{}.safetensors"
"""Name of the weights at the end of a cycle, counted from 1."""


def save_checkpoint(path: Path, document: dict[str, Any]) -> None:
    """Write tensors and builtins.

    Args:
        path: File to write or replace.
        document: State dicts, numbers, texts, lists and dicts; nothing that needs a class to be read.

    Raises:
        DiskError: The disk is full or broken; an old checkpoint is intact.
        RunError: The folder cannot be written.
    """
    with atomic_file(path) as temporary:
        torch.save({"format": FORMAT, **document}, temporary)


def load_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """Read what ``save_checkpoint`` wrote, without running any code that a file could contain.

    Raises:
        RunError: There is no checkpoint, or it is damaged, or of a newer format.
    """
    try:
        document = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise RunError(
            "there is no checkpoint to go on from", where=str(path), remedy="Start the run again"
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise RunError(
            "the checkpoint cannot be read", where=str(path), remedy="Start the run again"
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RunError("the checkpoint is not of a format that this version knows", where=str(path))
    return document


def save_weights(path: Path, model: nn.Module) -> None:
    """Write parameters and buffers as safetensors; tied weights are written once per name.

    Raises:
        DiskError: The disk is full or broken; old weights are intact.
    """
    tensors = {
        name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.state_dict().items()
    }
    write_atomically(path, safetensors.torch.save(tensors))


def load_weights(path: Path, model: nn.Module) -> None:
    """Put saved weights into a network, whichever device it is on.

    Raises:
        RunError: There are no weights, they are damaged, or they belong to a network of another architecture.
    """
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load(path.read_bytes())
    except FileNotFoundError as error:
        raise RunError("there are no weights", where=str(path)) from error
    except (SafetensorError, OSError) as error:
        raise RunError(f"the weights cannot be read: {error}", where=str(path)) from error
    difference = _difference(tensors, model.state_dict())
    if difference:
        raise RunError(
            f"the weights belong to another network: {difference}",
            where=str(path),
            remedy="Restore the model's code (a copy is in the run's folder code), or train again",
        )
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:  # a network of the user's may have a way of its own to load
        raise RunError(f"the weights do not go into the network: {error}", where=str(path)) from error


def _difference(saved: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """The first difference in names or shapes, in words; empty if there is none."""
    for name, tensor in expected.items():
        if name not in saved:
            return f"the network has {name}, the file has not"
        if tuple(saved[name].shape) != tuple(tensor.shape):
            return (
                f"{name} is {tuple(saved[name].shape)} in the file and {tuple(tensor.shape)} in the network"
            )
    foreign = next((name for name in saved if name not in expected), None)
    return "" if foreign is None else f"the file has {foreign}, the network has not"


def architecture(model: nn.Module) -> str:
    """Signature of a network: sha256 over names, shapes and types of its parameters and buffers, in hex."""
    described = [
        (name, tuple(tensor.shape), str(tensor.dtype)) for name, tensor in model.state_dict().items()
    ]
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()
