"""Channels first or last: told by the shape, by the setting, or asked for; later files follow the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.new_samples.labeled import load_own, load_unseen
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.new_samples.unlabeled import read_samples
from nnbabysit.core.data.readers import channels
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.errors import DataError, NnbabysitError
from nnbabysit.core.training.setup.setup import load_fitting

Build = Callable[..., Config]
Write = Callable[[str], str]
PLAIN = {"center": "none", "scale": "none"}


@pytest.mark.parametrize(
    ("shape", "last"),
    [
        ((16, 16, 3), True),
        ((28, 28, 1), True),
        ((32, 48, 4), True),
        ((4, 4, 3), True),  # both ends may be channels, and only so is it square
        ((3, 16, 16), False),
        ((1, 28, 28), False),
        ((3, 4, 4), False),
        ((3, 48, 32), False),
        ((2, 28, 28), False),
        ((64, 7, 7), False),
        ((10, 12, 14), False),
        ((1, 1, 1), False),
        ((5,), False),
        ((8, 8), False),
        ((3, 3, 3), None),
        ((3, 16, 3), None),
        ((1, 9, 1), None),
        ((16, 16, 2), None),
        ((2, 16, 3), None),  # a row of 2 pixels with 3 channels is no picture
    ],
)
def test_what_a_shape_says(shape: tuple[int, ...], last: bool | None) -> None:
    assert channels.lie_last(shape) is last


@given(st.integers(5, 40), st.integers(5, 40), st.sampled_from([1, 3, 4]))
def test_a_picture_is_told_in_both_orders(height: int, width: int, count: int) -> None:
    assert channels.lie_last((height, width, count)) is True
    assert channels.lie_last((count, height, width)) is False


def rgb(n: int = 12, side: int = 6) -> Any:
    """Pictures (N, H, W, 3), each value another."""
    return np.arange(n * side * side * 3).reshape(n, side, side, 3).astype("float32")


def npz(tmp_path: Path, x: Any, name: str = "t") -> str:
    np.savez(tmp_path / f"{name}.npz", x=x, y=np.arange(len(x)) % 2)
    return str(tmp_path / f"{name}.npz")


def loaded(config: Build, source: str, path: str | None = None, model: str = "mlp", **data: Any) -> Any:
    settings = {"source": source, "path": path, "preprocess": PLAIN, "validation": 2, **data}
    return load_dataset(config(data=settings, model={"name": model}, training={"batch_size": "full"}))


def test_an_archive_is_turned_and_it_is_said(config: Build, tmp_path: Path) -> None:
    x = rgb()
    data = loaded(config, "npz", npz(tmp_path, x))
    assert data.input_shape == (3, 6, 6)
    assert data.channels_last
    assert data.notes == (
        "samples of 6 × 6 × 3 have their channels last: brought to the front, 3 × 6 × 6; "
        "data.channels: first leaves them as they are",
    )
    assert isinstance(data.train, ArraySplit)
    first = x[:, 0, 0, :].tolist()  # the pixel in the corner, its three colors
    assert all(pixel.tolist() in first for pixel in data.train.x[:, :, 0, 0])


def test_the_setting_has_the_last_word(config: Build, tmp_path: Path) -> None:
    assert loaded(config, "npz", npz(tmp_path, rgb()), channels="first").input_shape == (6, 6, 3)
    cube = npz(tmp_path, rgb(side=3), "cube")
    with pytest.raises(DataError, match="The shape does not tell") as error:
        loaded(config, "npz", cube)
    assert "data.channels: last" in error.value.remedy
    turned, left = (loaded(config, "npz", cube, channels=wish) for wish in ("last", "first"))
    assert torch.equal(turned.train.x, left.train.x.permute(0, 3, 1, 2))
    with pytest.raises(DataError, match="only pictures"):
        loaded(config, "npz", npz(tmp_path, np.zeros((4, 5)), "rows"), channels="last")
    with pytest.raises(DataError, match="digits says itself"):
        loaded(config, "digits", channels="last")


FUNCTION = """
import numpy as np
from torch.utils.data import Dataset

def arrays():
    x = np.arange(12 * 6 * 6 * 3).reshape(12, 6, 6, 3).astype("float32")
    return x, np.arange(12) % 2

class Own(Dataset):
    def __len__(self):
        return 12
    def __getitem__(self, i):
        return arrays()[0][i], i % 2

def dataset():
    return Own()
"""


def test_an_own_network_gets_what_the_own_function_gives(config: Build, user_module: Write) -> None:
    place = user_module(FUNCTION)
    ours = loaded(config, f"{place}:arrays")
    assert (ours.input_shape, ours.channels_last) == ((3, 6, 6), True)
    own = loaded(config, f"{place}:arrays", model="./model.py:Net")
    assert (own.input_shape, own.channels_last) == ((6, 6, 3), False)
    assert "look like pictures with their channels last, and go to your network as they are" in own.notes[0]
    asked = loaded(config, f"{place}:arrays", model="./model.py:Net", channels="last")
    assert torch.equal(asked.train.x, ours.train.x)


NETWORK = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(32, 2))

    def forward(self, x):
        return self.layers(x.permute(0, 3, 1, 2))
"""


def test_a_network_that_turns_them_itself_is_told_the_setting(
    config: Build, tmp_path: Path, user_module: Write
) -> None:
    sections: dict[str, Any] = {
        "data": {"source": "npz", "path": npz(tmp_path, rgb()), "validation": 2},
        "model": {"name": f"{user_module(NETWORK)}:Net"},
        "training": {"batch_size": 5},
    }
    with pytest.raises(NnbabysitError, match="to have 3 channels") as error:
        load_fitting(config(**sections))
    assert "data.channels: first" in error.value.remedy
    sections["data"]["channels"] = "first"
    assert load_fitting(config(**sections)).input_shape == (6, 6, 3)


def test_a_dataset_is_turned_if_asked(config: Build, user_module: Write) -> None:
    place = user_module(FUNCTION)
    assert loaded(config, f"{place}:dataset").input_shape == (6, 6, 3)
    turned = loaded(config, f"{place}:dataset", channels="last")
    x, _ = turned.validation.take(torch.arange(2))
    assert turned.input_shape == tuple(x.shape[1:]) == (3, 6, 6)
    arrays = loaded(config, f"{place}:arrays")
    assert torch.equal(x, arrays.validation.x)


@pytest.mark.parametrize(("side", "wish"), [(6, None), (3, "last")])
def test_later_files_are_turned_as_the_run_turned_its_own(
    config: Build, tmp_path: Path, side: int, wish: str | None
) -> None:
    x = rgb(side=side)
    path = npz(tmp_path, x)
    data = loaded(config, "npz", path, channels=wish)
    data_settings = {"source": "npz", "path": path, "preprocess": PLAIN, "channels": wish}
    whole = config(data=data_settings)
    file = tmp_path / "checkpoints.safetensors"
    Signature.of(data).save(file)
    signature = Signature.load(file, whole.data.preprocess)
    expected = torch.from_numpy(x).permute(0, 3, 1, 2)
    unseen = load_unseen(Path(path), whole, signature)
    assert torch.equal(unseen.split.take(torch.arange(12))[0], expected)
    samples = read_samples(Path(path), signature)
    assert torch.equal(next(samples.batches(12)), expected)
    assert "brought to the front" in samples.notes[-1]
    np.save(tmp_path / "one.npy", x[5])
    assert torch.equal(next(read_samples(tmp_path / "one.npy", signature).batches(1)), expected[5:6])


def test_a_later_file_with_channels_first_stays(config: Build, tmp_path: Path) -> None:
    signature = Signature.of(loaded(config, "npz", npz(tmp_path, rgb())))
    first = np.ascontiguousarray(rgb().transpose(0, 3, 1, 2))
    samples = read_samples(Path(npz(tmp_path, first, "first")), signature)
    assert torch.equal(next(samples.batches(12)), torch.from_numpy(first))
    assert samples.notes == ()


def test_a_run_that_took_them_as_they_were_goes_on_so(config: Build, tmp_path: Path) -> None:
    """Runs of older versions have no data.channels and were trained on (H, W, C)."""
    x, path = rgb(), npz(tmp_path, rgb())
    signature = Signature.of(loaded(config, "npz", path, channels="first"))
    then = config(
        data={"source": "npz", "path": path, "preprocess": PLAIN, "validation": 2},
        training={"batch_size": "full"},
    )
    assert load_own(then, signature, "train").split.take(torch.arange(1))[0].shape[1:] == (6, 6, 3)
    found = load_unseen(Path(path), then, signature).split.take(torch.arange(12))[0]
    assert torch.equal(found, torch.from_numpy(x))
