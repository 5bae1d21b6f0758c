"""Card: what an exported file says about itself, so that another program needs nothing else to use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nnbabysit.core.record import strict_json
from nnbabysit.core.training.export.deployed import INPUT, output_names

if TYPE_CHECKING:
    from nnbabysit.core.training.evaluation.load_trained import Trained

VERSION = 1


def card(trained: Trained, dtype: torch.dtype) -> str:
    """JSON text in ASCII.

    Keys: ``version``; ``name`` of the experiment and ``run``; ``task``; ``class_names``, one for each column
    of ``probabilities``; ``input`` (name, dtype, shape of a batch); ``outputs``, their names;
    ``preprocessing``, which is part of the graph and has to be done by hand with safetensors; ``model``, name
    and arguments; ``loss``; ``columns``, how a table's columns became numbers, which no graph can hold.

    Args:
        trained: The run's network.
        dtype: Number type of the raw samples.
    """
    signature, answers, config = trained.signature, trained.answers, trained.config
    preprocess = config.data.preprocess
    document: dict[str, Any] = {
        "version": VERSION,
        "name": config.name,
        "run": trained.run_dir.name,
        "task": answers.task,
        "class_names": list(answers.class_names),
        "input": {
            "name": INPUT,
            "dtype": str(dtype).removeprefix("torch."),
            "shape": ["batch", *signature.sample_shape],
        },
        "outputs": list(output_names(answers.task)),
        "preprocessing": {
            "center": preprocess.center,
            "scale": preprocess.scale,
            "formula": "((samples in the number type of shift) - shift) / divisor, as float32",
        },
        # the folder of a user's file is nobody else's business
        "model": {"name": Path(config.model.name).name, "args": dict(config.model.args)},
        "loss": Path(config.loss).name,
        "columns": None if signature.columns is None else signature.columns.to_document(),
    }
    # ASCII, for a class may be named after a folder whose name is no Unicode; strict, for args may hold .inf
    return json.dumps(json.loads(strict_json.encode(document)))
