"""Each event as one line."""

from __future__ import annotations

from typing import Any

import pytest

from nnbabysit.core.report.event_lines import line_of
from tests.made_events import made

EPOCH = {
    "epoch": 3,
    "epochs": 20,
    "step": 300,
    "train_loss": 0.51234,
    "train_accuracy": 0.8125,
    "val_loss": 0.61,
    "val_accuracy": 0.79,
    "lr": 3e-4,
    "update_ratio": 1.2e-3,
    "update_ratios": {"0.weight": 1.2e-3},
    "gradient_norm": 0.7,
    "samples_per_second": 51234.0,
    "eta": 245.0,
}


@pytest.mark.parametrize(
    ("kind", "fields", "line"),
    [
        (
            "start",
            {"command": "train", "name": "digits", "device": "cpu", "parameters": 89610},
            "train: digits, on cpu, 89,610 parameters",
        ),
        ("note", {"text": "dropout is off"}, "dropout is off"),
        ("warning", {"text": "the best lr lies at the edge"}, "warning: the best lr lies at the edge"),
        (
            "epoch",
            EPOCH,
            "epoch 3/20 step 300 loss 0.5123 val_loss 0.6100 acc 0.8125 val_acc 0.7900 lr 3e-04 "
            "update 0.0012 grad 0.7 51,234/s eta 4m05s",
        ),
        (
            "tiny",
            {"epoch": 1, "epochs": 200, "cost": 2.302603, "accuracy": 0.4, "lr": 1e-3},
            "epoch 1 / 200: loss 2.302603, train: 0.400000, lr 1.000000e-03",
        ),
        (
            "tiny",
            {"epoch": 1, "epochs": 200, "cost": 2.0, "accuracy": None, "lr": 1e-3},
            "epoch 1 / 200: loss 2.000000, lr 1.000000e-03",
        ),
        (
            "trial",
            {
                "index": 0,
                "trials": 100,
                "value": 0.412,
                "state": "complete",
                "reason": "",
                "seconds": 1.0,
                "good": True,
                "params": {"optimizer.lr": 1.405206e-04, "regularization.l2": 0.4793564},
                "best": None,
            },
            "val_acc: 0.412000, lr: 1.405206e-04, reg: 4.793564e-01, (1 / 100)  nice",
        ),
        (
            "trial",
            {
                "index": 1,
                "trials": 2,
                "value": None,
                "state": "diverged",
                "reason": "cost over 3 × the first",
                "good": False,
                "params": {"optimizer.lr": 0.5},
            },
            "val_acc: diverged, lr: 5.000000e-01, (2 / 2)  cost over 3 × the first",
        ),
        (
            "trial",
            {
                "index": 8,
                "trials": 16,
                "value": None,
                "state": "stopped",
                "reason": "0.11 after epoch 2, place 9 of 16, the best 4 go on",
                "params": {"optimizer.lr": 0.5},
            },
            "val_acc: stopped, lr: 5.000000e-01, (9 / 16)  "
            "0.11 after epoch 2, place 9 of 16, the best 4 go on",
        ),
        (
            "trial",
            {"index": 2, "trials": 16, "value": None, "state": "failed", "reason": "no\nroom", "params": {}},
            "val_acc: failed, (3 / 16)  no room",
        ),
        (
            "placement",
            {
                "text": "16 trials a stack, 2 processes of 1 thread",
                "alternatives": [
                    {"text": "16 trials a stack, 2 processes of 1 thread", "milliseconds": 3.1},
                    {"text": "32 trials a stack, 2 processes of 1 thread", "milliseconds": 4.0},
                    {"text": "one by one, 2 processes of 1 thread", "milliseconds": 17.04},
                ],
            },
            "placement  16 trials a stack, 2 processes of 1 thread "
            "(3.1 ms per trial and step; one by one 17 ms)",
        ),
        (
            "placement",
            {
                "text": "one by one, 1 process of 2 threads",
                "alternatives": [
                    {"text": "one by one, 1 process of 2 threads", "milliseconds": 3.1},
                    {"text": "8 trials a stack, 2 processes of 1 thread", "milliseconds": 9.0},
                    {"text": "4 trials a stack, 2 processes of 1 thread", "milliseconds": 4.0},
                ],
            },
            "placement  one by one, 1 process of 2 threads "
            "(3.1 ms per trial and step; 4 trials a stack, 2 processes of 1 thread 4 ms)",
        ),
        (
            "placement",
            {"text": "one by one, 1 process of 2 threads", "alternatives": []},
            "placement  one by one, 1 process of 2 threads",
        ),
        (
            "trial",
            {
                "index": 1,
                "trials": 2,
                "metric": "val_loss",
                "value": -0.25,
                "state": "complete",
                "params": {},
            },
            "val_loss: 0.250000, (2 / 2)",
        ),
        (
            "trial",
            {"value": 0.96, "loss": 0.125, "by_loss": True, "params": {"n": 3, "act": "relu"}},
            "val_acc: 0.960000, val_loss: 0.125000, n: 3, act: relu, (1 / 9)",
        ),
        (
            "repeat",
            {"repeat_of": 11, "seed": 3, "value": -0.25, "number": 4, "repeats": 50, "metric": "val_loss"},
            "again trial 12, seed 3, val_loss: 0.250000, (4 / 50)",
        ),
        (
            "repeat",
            {"repeat_of": 1, "seed": 3, "value": 0.96, "number": 1, "repeats": 2}
            | {"loss": 0.125, "by_loss": True},
            "again trial 2, seed 3, val_acc: 0.960000, val_loss: 0.125000, (1 / 2)",
        ),
        (
            "check",
            {"name": "initial loss", "passed": True, "text": "2.31, chance-level loss 2.30"},
            "ok  initial loss: 2.31, chance-level loss 2.30",
        ),
        (
            "repeat",
            {"repeat_of": 0, "seed": 3, "value": None, "state": "failed", "reason": "a\x1b[31mb"}
            | {"number": 1, "repeats": 9, "metric": "val_acc"},
            "again trial 1, seed 3, val_acc: failed, (1 / 9)  ab",
        ),
        ("check", {"name": "gradients", "passed": False, "text": "3 of 4"}, "no  gradients: 3 of 4"),
        (
            "check",
            {"name": "duplicates", "passed": None, "text": "not looked for"},
            "--  duplicates: not looked for",
        ),
        (
            "checkpoint",
            {"path": "last.pt", "epoch": 3, "best": True},
            "checkpoint last.pt after epoch 3, the best so far",
        ),
        ("step", {"command": "sanity"}, "== sanity"),
        ("verdict", {"verdict": "pass", "summary": "all is well"}, "pass: all is well"),
        (
            "repaired",
            {"file": "events.jsonl", "text": "the last line was torn"},
            "repaired: the last line was torn",
        ),
    ],
)
def test_each_event_is_one_plain_line(kind: str, fields: dict[str, Any], line: str) -> None:
    assert line_of(made(kind, **fields)) == line


def test_an_epoch_of_regression_has_no_accuracy() -> None:
    line = line_of(made("epoch", **{**EPOCH, "train_accuracy": None, "val_accuracy": None}))
    assert line is not None
    assert "acc" not in line


def test_events_that_nobody_watches_have_no_line() -> None:
    assert line_of(made("metric", step=1, epoch=1, split="train", loss=1.0)) is None
    assert line_of(made("progress", command="search")) is None


def test_control_characters_of_the_user_never_reach_the_screen() -> None:
    line = line_of(made("note", text="class \x1b]0;owned\x07 \x1b[31mred\x1b[0m\r\nnext [/red]"))
    assert line == "class  red next [/red]"
