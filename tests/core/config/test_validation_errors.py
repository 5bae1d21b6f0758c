"""Each mistake is told in plain words, with its place; all of them at once."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.errors import ConfigError

EPOCHS = "training.epochs: expected an integer"
A_NAME = "at most 64 letters, digits, dots, dashes and underscores, no mark first"


def write(folder: Path, text: str, name: str = "own.yaml") -> str:
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return name


def mistakes(source: str | None, *overrides: str, cwd: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(source, overrides, cwd=cwd)
    return str(caught.value).split("\n")


EPOCHS = "training.epochs: expected an integer"
A_NAME = "at most 64 letters, digits, dots, dashes and underscores, no mark first"


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    source = write(
        tmp_path,
        """\
        name: two-layer
        seed: 1.5
        traning: {epochs: 3}
        optimizer:
          name: adamw
          lr: "0.1"
          weigth_decay: 0.1
        schedule: {name: exponentail}
        data: {validation: 1.5, preprocess: {center: featur}}
        regularization: {l2: -1, l1: .inf}
        training: {epochs: 007, batch_size: big}
        sanity:
        model: {name: mpl}
        device: tpu
        overfit_tiny: {optimizer: {lr: 1}}
        """,
    )
    assert mistakes(source, "optimizer.lrr=1", "training.epochs=x", "loss", cwd=tmp_path) == [
        "own.yaml:2:1  seed: expected an integer, got 1.5",
        "own.yaml:3:1  traning: unknown key, did you mean training?",
        "own.yaml:6:3  optimizer.lr: expected a number, got '0.1'; write it without quotes",
        "own.yaml:7:3  optimizer.weigth_decay: unknown key, did you mean weight_decay?",
        "own.yaml:8:12  schedule.name: there is no 'exponentail', did you mean exponential?",
        "own.yaml:9:8  data.validation: expected a number below 1, an integer or text, got 1.5",
        "own.yaml:9:38  data.preprocess.center: choose one of none, feature, channel, pixel; got 'featur'",
        "own.yaml:10:18  regularization.l2: must be at least 0, got -1",
        "own.yaml:10:26  regularization.l1: expected a finite number, got inf",
        "own.yaml:11:25  training.batch_size: expected an integer or full, got 'big'",
        "own.yaml:12:1  sanity: is empty; indent its settings below it, or leave it out",
        "own.yaml:13:9  model.name: there is no 'mpl', did you mean mlp?",
        "own.yaml:14:1  device: expected auto, cpu, gpu, cuda, cuda:1 or mps, got 'tpu'",
        "own.yaml:15:16  overfit_tiny.optimizer: name is missing; "
        "choose one of sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, adamw, radam, nadam, lion, "
        "lbfgs",
        "--set optimizer.lrr=1  optimizer.lrr: unknown key, did you mean lr?",
        "--set loss  write it as key=value, such as optimizer.lr=0.01",
        "--set training.epochs=x  training.epochs: expected an integer, got 'x'",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training: {epochs: 007}",
         f"{EPOCHS}, got '007'; write it without the leading zero"),
        ("training: {epochs: 1e3}", f"{EPOCHS}, got 1000.0"),
        ("training: {epochs: 0}", "training.epochs: must be above 0, got 0"),
        ("training: {epochs: true}", f"{EPOCHS}, got true"),
        ("training: {epochs: [1]}", f"{EPOCHS}, got a list of 1"),
        ("training: {epochs:}", f"{EPOCHS}, got nothing"),
        ("training: 3", "training: expected a section (key: value), got 3"),
        ("optimizer: adam", "optimizer: expected a section (key: value), got 'adam'; "
         "write optimizer: {name: adam}"),
        ("optimizer: {name: lbfgs, weight_decay: 1}",
         "optimizer.weight_decay: is no setting of lbfgs; it belongs to "
         "sgd, momentum, nesterov, adagrad, rmsprop, adadelta, adam, adamw, radam, nadam, lion"),
        ("optimizer: {bets: [0.9, 0.9]}",
         "optimizer.bets: unknown key, did you mean betas? "
         "It belongs to adam, adamw, radam, nadam, lion, not to momentum"),
        ("optimizer: {zzz: 1}",
         "optimizer.zzz: unknown key; known here: name, lr, weight_decay, momentum"),
        ("optimizer: {weight_decay: 1}\nregularization: {l2: 0.1}",
         "optimizer.weight_decay: stands beside regularization.l2, which pulls towards 0 as well: "
         "set regularization.l2=0, or leave this out"),
        ("optimizer: {name: adam, betas: [0.9]}", "optimizer.betas.1: is missing"),
        ("optimizer: {name: adam, betas: [0.9, 1]}", "optimizer.betas.1: must be below 1, got 1"),
        ("optimizer: {name: adam, betas: [0.9, 0.9, 0.9]}",
         "optimizer.betas: expected at most 2 values, got a list of 3"),
        ("lr: 1", "lr: unknown key, did you mean optimizer.lr?"),
        ("trainer: {max_epochs: 3}", "trainer: unknown key; its settings are called otherwise here: "
         "max_epochs is training.epochs, for one"),
        ("training: {gradient_clip_val: 1}",
         "training.gradient_clip_val: unknown key, did you mean regularization.clip_norm?"),
        ("optimizer: {learning_rate: 1}", "optimizer.learning_rate: unknown key, did you mean lr?"),
        ("optimizer: {beta_1: 1}",
         "optimizer.beta_1: unknown key; both are one setting: optimizer.betas=[0.9, 0.999]"),
        ("optimizer.lr: 1", "optimizer.lr: unknown key, did you mean optimizer?"),
        ("loss: hing", "loss: there is no 'hing', did you mean hinge?"),
        ("loss: zzz", "loss: there is no 'zzz'; choose one of cross_entropy, hinge, bce, mse, "
         "or an import path package.module:name"),
        ("data: {source: digit}", "data.source: there is no 'digit', did you mean digits?"),
        ("data: {args: {a: 1}, args: {}}", "data.args: given twice, first in line 1"),
        ("name: ../up", f"name: expected {A_NAME}, got '../up'"),
        ("search: {coarse: {trials: 0}}", "search.coarse.trials: must be above 0, got 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_plain_words(tmp_path: Path, text: str, message: str) -> None:
    (line,) = mistakes(write(tmp_path, text), cwd=tmp_path)
    assert line.partition("  ")[2] == message
