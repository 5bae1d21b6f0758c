"""Devices: what a name stands for on a machine that has it, and on one that has not."""

from __future__ import annotations

import pytest
import torch

from nnbabysit.core.errors import UserError
from nnbabysit.core.training.setup.setup import pick_device


@pytest.mark.parametrize(
    ("cuda", "mps", "name", "picked"),
    [
        (True, False, "gpu", "cuda:0"),
        (True, True, "gpu", "cuda:0"),
        (False, True, "gpu", "mps"),
        (True, False, "1", "cuda:1"),
        (True, False, "GPU", "cuda:0"),
    ],
)
def test_gpu_is_whichever_there_is_and_a_number_one_of_cuda(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, name: str, picked: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2 * cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device(name) == torch.device(picked)


def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match="device gpu is not available; torch sees the CPU only"):
        pick_device("gpu")
