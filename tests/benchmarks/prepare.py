"""Prepare: the arrays that the rivals train on, and what there is to be computed.

``python -m tests.benchmarks.prepare CASE FOLDER`` loads the data of a case as our side does, so that both
sides train on the same numbers, and leaves it in the folder; prints one JSON document, the ``Facts``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.models.build import build_model
from tests.benchmarks.cases import CASES, RANDOM, Case, Facts, Work
from tests.benchmarks.rivals import ARRAYS, network


def random_images(path: Path) -> None:
    """50 000 images of 32×32×3 bytes; the time does not depend on the content."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (50_000, 3, 32, 32), dtype=np.uint8)
    np.savez(path, x=images, y=generator.integers(0, 10, 50_000))


def flops_per_sample(x: torch.Tensor, y: torch.Tensor, case: str) -> tuple[float, float]:
    """Of training and of evaluation: linear and convolutional layers, forward and both gradients.

    The gradient by the network's input is not among them: nobody needs it.
    """
    model = network(case, x.shape[1:])
    with FlopCounterMode(display=False) as training:
        F.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
    with torch.no_grad(), FlopCounterMode(display=False) as evaluation:
        model(x)
    return training.get_total_flops() / len(x), evaluation.get_total_flops() / len(x)


def prepare(case: Case, folder: Path) -> Facts:
    """Write the arrays and return what they come to."""
    if case.data.get("path") == "":
        random_images(folder / RANDOM)
    config = Config.model_validate(Work(trials=1, epochs=1).config(case, folder))
    dataset = load_dataset(config)
    train, validation = dataset.train, dataset.validation
    assert isinstance(train, ArraySplit)
    assert isinstance(validation, ArraySplit)
    np.savez(
        folder / ARRAYS,
        x_train=train.x.numpy(),
        y_train=train.y.numpy(),
        x_validation=validation.x.numpy(),
        y_validation=validation.y.numpy(),
    )
    ours = build_model(config.model, input_shape=dataset.input_shape, num_outputs=10, seed=0)
    theirs = network(case.name, train.x.shape[1:])
    sizes = [sum(p.numel() for p in model.parameters()) for model in (ours, theirs)]
    assert sizes[0] == sizes[1], f"both sides must train one network: {sizes} numbers"
    training, evaluation = flops_per_sample(train.x[: case.batch], train.y[: case.batch], case.name)
    return Facts(
        train=len(train),
        validation=len(validation),
        training_flops=training,
        evaluation_flops=evaluation,
        parameters=sizes[0],
        torch=torch.__version__,
    )


def main() -> None:
    """Prepare one case."""
    name, folder = sys.argv[1:]
    case = next(case for case in CASES if case.name == name)
    sys.stdout.write(json.dumps(asdict(prepare(case, Path(folder)))) + "\n")


if __name__ == "__main__":
    main()
