"""Events for tests, by kind, with what a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from nnbabysit.core.record.event_log import from_document
from nnbabysit.core.record.events import Event

FILLED: dict[str, dict[str, Any]] = {
    "start": {"command": "train", "name": ""},
    "metric": {"accuracy": None},
    "epoch": {
        "epoch": 1,
        "epochs": 9,
        "step": 1,
        "train_loss": 1.0,
        "val_loss": 1.0,
        "lr": 0.1,
        "samples_per_second": 1.0,
        "eta": 0.0,
    },
    "trial": {"index": 0, "params": {}, "value": 0.5, "trials": 9},
    "repeat": {"index": 9},
    "progress": {
        "trials": 9,
        "ended": 0,
        "running": 0,
        "epoch": 0,
        "epochs": 9,
        "share": 0.0,
        "value": None,
    },
}


def made(kind: str, **fields: Any) -> Event:
    """An event of a kind, at time 0 unless ``time`` is given."""
    return from_document({"kind": kind, "time": 0.0, **FILLED.get(kind, {}), **fields})
