"""Every bundled config trains: two steps, on its own data or on a tiny file of the same format."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from nnbabysit.core.config.loading import bundled, load_config
from nnbabysit.core.training.loop.steps import train_steps
from nnbabysit.core.training.setup.setup import prepare


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny files in the formats of Fashion-MNIST and CIFAR-10: random pixels, every class present."""
    rng = np.random.default_rng(0)
    idx, cifar = tmp_path_factory.mktemp("idx"), tmp_path_factory.mktemp("cifar")
    for name, count in (("train", 6000), ("t10k", 100)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = struct.pack(">IIII", 2051, count, 28, 28)
        (idx / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + images.tobytes(), 1))
        header = struct.pack(">II", 2049, count)
        (idx / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(header + labels.tobytes(), 1))
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        records = rng.integers(0, 256, (400, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(400) % 10
        (cifar / f"{name}.bin").write_bytes(records.tobytes())
    (cifar / "batches.meta.txt").write_text("\n".join("abcdefghij"), encoding="utf-8")
    return {"fashion-mnist": idx, "fashion-mnist-cnn": idx, "cifar10": cifar}


@pytest.mark.parametrize("name", sorted(bundled()))
def test_a_bundled_config_trains_two_steps(name: str, files: dict[str, Path], tmp_path: Path) -> None:
    overrides = [f"data.path={files[name]}"] if name in files else []
    config = load_config(name, overrides, cwd=tmp_path).config
    prepared = prepare(config)
    model, data = prepared.assembly.model, prepared.dataset
    before = [parameter.detach().clone() for parameter in model.parameters()]
    steps = train_steps(
        prepared.assembly, data.train, epoch=1, seed=config.seed, batch_size=config.training.batch_size
    )
    losses = [float(next(steps).loss) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert any(not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_there_are_the_five_bundled_configs() -> None:
    assert set(bundled()) == {"digits", "fashion-mnist", "fashion-mnist-cnn", "cifar10", "bring-your-own"}
