"""SHA-256 of the losses of eight fixed runs and one search: the same before and after code is moved.

``python .tools/losses.py >before.txt``, change, ``python .tools/losses.py | diff before.txt -``. The sums
belong to one machine and one torch: another processor may round otherwise, so none is committed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

SHORT = ["-S", "training.epochs=3"]
TABLE = """
name: table
seed: 3
data: {source: csv, path: table.csv, target: y, test: 0.2, validation: 0.2}
model: {name: mlp, args: {hidden: [16, 8], activation: tanh}}
loss: mse
optimizer: {name: sgd, lr: 0.01}
"""
LABELS = """
name: labels
seed: 4
data: {source: npz, path: labels.npz, test: 0.2, validation: 0.2}
model: {name: mlp, args: {hidden: [16], norm: batch}}
loss: bce
optimizer: {name: rmsprop, lr: 0.003}
"""
OWN = """
name: own
seed: 5
data: {source: digits, test: 0.2, validation: 0.2}
model: {name: "./net.py:Net"}
optimizer: {name: adam, lr: 0.003}
regularization: {l2: 1e-3}
"""
NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.rnn = nn.GRU(8, 12, batch_first=True)
        self.head = nn.Linear(12, num_classes)

    def forward(self, x):
        return self.head(self.rnn(x.reshape(len(x), 8, 8))[0][:, -1])
"""
CNN = ["-S", "model={name: cnn, args: {channels: [8], hidden: [16]}}", "-S", "optimizer.name=nesterov"]
RUNS: dict[str, list[str]] = {
    "mlp": ["train", "digits", *SHORT],
    "maxout, adamw, ema": [
        *("train", "digits", *SHORT, "--average", "ema", "-S", "model.args.activation=maxout"),
        *("-S", "optimizer.name=adamw", "-S", "optimizer.lr=1e-3", "-S", "optimizer.weight_decay=0.01"),
    ],
    "cnn": ["train", "digits", *SHORT, *CNN],
    "resnet, warm restarts": [
        *("train", "digits", *SHORT, "-S", "model={name: resnet, args: {channels: [8, 16], blocks: 1}}"),
        *("-S", "schedule={name: warm_restarts, period: 1}"),
    ],
    "autoencoder": ["pretrain", "digits", "-S", "pretrain.epochs=3"],
    "regression": ["train", "table.yaml", *SHORT],
    "labels": ["train", "labels.yaml", *SHORT],
    "own network": ["train", "own.yaml", *SHORT],
    "search": ["search", "--coarse", "digits", "-S", "search.coarse.trials=12", "-S", "search.stack=4"],
}
"""Name → command line; one per task and kind of network."""
LOSSES = ("loss", "cost", "acc", "error", "value")


def prepare(folder: Path) -> None:
    """Write the data, configs and network of the runs that bring their own."""
    draw = np.random.default_rng(0)
    rows = draw.integers(-50, 50, (300, 5))
    lines = [",".join(map(str, (*row, int(row @ [1, -2, 3, 0, 1])))) for row in rows]
    (folder / "table.csv").write_text("\n".join(["a,b,c,d,e,y", *lines]) + "\n")
    x = draw.standard_normal((300, 6)).astype("float32")
    np.savez(folder / "labels.npz", x=x, y=(x[:, :3] > 0).astype("float32"))
    for name, text in {"table.yaml": TABLE, "labels.yaml": LABELS, "own.yaml": OWN, "net.py": NET}.items():
        (folder / name).write_text(text)


def digest(name: str, folder: Path) -> str:
    """Run one command line in a folder of its own for runs; SHA-256 of its losses, to the last bit."""
    runs = folder / name.replace(" ", "-").replace(",", "")
    command = [sys.executable, "-m", "nnbabysit", *RUNS[name], "--runs-dir", str(runs), "--device", "cpu"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    trials = [line for line in records(runs, "events.jsonl") if line["kind"] == "trial"]
    lines = sorted(trials, key=lambda line: line["index"]) or records(runs, "metrics.jsonl")
    if not lines:
        return "no losses were written"
    kept = [numbers(line) for line in lines]
    return f"{hashlib.sha256(json.dumps(kept).encode()).hexdigest()} {len(kept)} lines"


def records(runs: Path, name: str) -> list[dict[str, Any]]:
    """The lines of the files of a name, in the order of the runs."""
    paths = sorted(path for path in runs.rglob(name) if "latest" not in path.parts)
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def numbers(line: dict[str, Any]) -> list[tuple[str, Any]]:
    """The losses and accuracies of one line, sorted by their names, and what a trial drew."""
    drawn = line.get("params", {})
    wanted = {name: value for name, value in line.items() if any(word in name for word in LOSSES)}
    return sorted((wanted | drawn).items())


def main() -> None:
    """Print name and digest of each run."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        prepare(Path(folder))
        for name, found in zip(RUNS, pool.map(lambda run: digest(run, Path(folder)), RUNS), strict=True):
            sys.stdout.write(f"{name:24} {found}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
