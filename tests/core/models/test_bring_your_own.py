"""Networks written without any thought of this program: the bundled example and a residual network."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from nnbabysit.core.config.schema.root import Model
from nnbabysit.core.models.build import build_model

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "configs" / "bring-your-own"
RESIDUAL = ROOT / "tests" / "golden" / "byo" / "residual.py"


def spirals(**args: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = runpy.run_path(str(EXAMPLE / "data.py"))["spirals"](**args)
    return x, y


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 8, 8), (3, 32, 32)])
def test_the_residual_network_fits_images_of_any_size(shape: tuple[int, int, int]) -> None:
    model = build_model(
        Model(name=f"{RESIDUAL}:ResidualNet", args={"width": 4}), input_shape=shape, num_outputs=10, seed=0
    )
    assert model(torch.zeros((5, *shape))).shape == (5, 10)


def test_the_spirals_are_balanced_seeded_and_of_the_promised_types() -> None:
    x, y = spirals()
    assert (x.shape, y.shape) == ((1200, 2), (1200,))
    assert (x.dtype.name, y.dtype.name) == ("float32", "int64")
    assert np.bincount(y).tolist() == [600, 600]
    assert np.array_equal(x, spirals()[0])
    assert not np.array_equal(x, spirals(seed=1)[0])


def test_the_example_network_learns_the_spirals_and_a_straight_line_does_not() -> None:
    x, y = (torch.from_numpy(array) for array in spirals(samples=400))
    accuracies = []
    for model in (
        build_model(Model(name=f"{EXAMPLE / 'model.py'}:Net"), input_shape=(2,), num_outputs=2, seed=0),
        build_model(Model(name="mlp", args={"hidden": []}), input_shape=(2,), num_outputs=2, seed=0),
    ):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(200):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        accuracies.append((model(x).argmax(dim=1) == y).float().mean().item())
    assert accuracies[0] > 0.97
    assert accuracies[1] < 0.75


@pytest.mark.parametrize("file", [EXAMPLE / "model.py", EXAMPLE / "data.py", RESIDUAL])
def test_nothing_of_this_program_is_imported(file: Path) -> None:
    assert "nnbabysit" not in file.read_text()
