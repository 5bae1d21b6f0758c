"""Every file that a command writes into a run directory is explained in ``runs/README.md``, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from .snippets import ROOT, call

PAGE = (ROOT / "runs" / "README.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`]+)`", "\n".join(re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE))))
WHILE_IT_RUNS = {".lock.holder"}
TREES = ("code", "tensorboard")
"""Folders that are explained as a whole."""

NET = """\
from torch import nn

def net(in_features, num_classes, hidden=16):
    layers = nn.Linear(in_features, hidden), nn.ReLU(), nn.Linear(hidden, num_classes)
    return nn.Sequential(nn.Flatten(), *layers)
"""
CONFIG = """\
data: {source: digits, validation: 0.2, test: 0.2, preprocess: {center: channel, scale: standard}}
model: {name: "./net.py:net", init: {scheme: he_normal}}
optimizer: {lr: 0.1}
training: {epochs: 2}
sanity: {tolerance: 2}
search:
  coarse:
    trials: 20                        # the fewest that importances are computed from
    epochs: 1
    space: {optimizer.lr: {log_uniform: [1e-3, 0.3]}, regularization.l2: {log_uniform: [1e-6, 1e-2]}}
  fine: {trials: 3, epochs: 1}
"""
LINE = """\
import numpy as np

def line():
    x = np.random.default_rng(0).normal(size=(200, 3))
    return x, x.sum(axis=1)
"""
REGRESSION = """\
data: {source: "./line.py:line", validation: 0.2, test: 0.2}
loss: mse
training: {epochs: 2}
"""
COMMANDS = (
    "git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first",
    "nnbabysit babysit digits.yaml --log tensorboard --name net",
    "nnbabysit evaluate net_train --name net",
    "nnbabysit export net_train --format pt2 --format onnx --format safetensors",
    "nnbabysit runs label net_train first",
    "nnbabysit train line.yaml --name line --average ema --snapshots -S schedule.name=warm_restarts "
    "-S schedule.period=2",
    "nnbabysit evaluate line_train --name line",
)


def test_every_file_of_a_run_is_explained_and_every_explained_one_is_written(tmp_path: Path) -> None:
    files = {"net.py": NET, "digits.yaml": CONFIG, "line.py": LINE, "line.yaml": REGRESSION}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for command in COMMANDS:
        done = call(["bash", "-c", command], tmp_path)
        assert done.returncode == 0, f"{command}: {done.stdout}"
    runs = [path for path in (tmp_path / "runs").iterdir() if path.is_dir() and not path.is_symlink()]
    written = {_name(path.relative_to(run)) for run in runs for path in run.rglob("*") if path.is_file()}
    assert written - NAMED == set(), "explain it in runs/README.md"
    assert NAMED - written == WHILE_IT_RUNS, "runs/README.md explains what no command writes"


def _name(path: Path) -> str:
    """A file as the page names it: whole folders by their name, plots without their ending."""
    top = path.parts[0]
    if top in TREES:
        return f"{top}/"
    return str(path.with_suffix("")) if top == "plots" else str(path)
