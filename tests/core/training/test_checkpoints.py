"""Checkpoints and weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from nnbabysit.core.errors import RunError
from nnbabysit.core.training.checkpoints import (
    architecture,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)

CPU = torch.device("cpu")


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    save_checkpoint(
        tmp_path / "last.pt", {"w": torch.arange(3), "history": [{"loss": float("inf"), "note": None}]}
    )
    document = load_checkpoint(tmp_path / "last.pt", CPU)
    assert document["w"].tolist() == [0, 1, 2]
    assert document["history"] == [{"loss": float("inf"), "note": None}]
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"\x80\x02cos\nsystem\n."])
def test_a_damaged_checkpoint_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(RunError, match="cannot be read"):
        load_checkpoint(tmp_path / "last.pt", CPU)


def test_a_missing_checkpoint_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no checkpoint"):
        load_checkpoint(tmp_path / "last.pt", CPU)


def test_weights_come_back_also_when_tied(tmp_path: Path) -> None:
    def tied() -> nn.Module:
        model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.BatchNorm1d(2))
        model[1].weight = model[0].weight
        return model

    model, other = tied(), tied()
    save_weights(tmp_path / "best.safetensors", model)
    load_weights(tmp_path / "best.safetensors", other)
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_weights(tmp_path / "w", nn.Linear(2, 2))
    with pytest.raises(RunError, match="another network"):
        load_weights(tmp_path / "w", nn.Linear(2, 3))
    (tmp_path / "torn").write_bytes((tmp_path / "w").read_bytes()[:20])
    with pytest.raises(RunError, match="cannot be read"):
        load_weights(tmp_path / "torn", nn.Linear(2, 2))
    with pytest.raises(RunError, match="no weights"):
        load_weights(tmp_path / "missing", nn.Linear(2, 2))


def test_the_signature_tells_networks_apart() -> None:
    assert architecture(nn.Linear(2, 3)) == architecture(nn.Linear(2, 3))
    assert architecture(nn.Linear(2, 3)) != architecture(nn.Linear(3, 2))
    assert architecture(nn.Linear(2, 3)) != architecture(nn.Linear(2, 3).double())
