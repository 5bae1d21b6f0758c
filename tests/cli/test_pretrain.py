"""pretrain and transfer on a real command line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Shell

SMALL = tuple(
    word
    for setting in (
        "model.args.hidden=[24,8]",
        "pretrain={epochs: 2, optimizer: {name: adam, lr: 0.01}}",
        "training.epochs=2",
    )
    for word in ("-S", setting)
)


def document(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_the_next_command_trains_from_what_was_learned(shell: Shell, tmp_path: Path) -> None:
    labels = ("-S", "data.labels=0.1")
    first = shell("pretrain", "digits", *SMALL, *labels, "--json", "--seed", "3")
    assert first.returncode == 0, first.stderr
    result = document(first.stdout)
    assert result["command"] == "pretrain"
    assert result["next"].startswith("nnbabysit train -S transfer.from=runs/")
    assert "learns from 1150 inputs, no labels" in first.stderr
    program, *words = shlex.split(result["next"])
    assert program == "nnbabysit"
    second = shell(*words)
    assert second.returncode in (0, 3), second.stderr  # two epochs may be too few for a rule's taste
    assert "reused hidden1, hidden2" in second.stderr
    assert "output is reinitialized: the file has no layer of this name" in second.stderr
    assert "115 of 1150 training samples" in second.stderr


def test_a_run_is_found_by_its_name_and_latest_is_not_written_down(shell: Shell, tmp_path: Path) -> None:
    shell("pretrain", "digits", *SMALL, "--name", "inputs", "-q")
    source = next((tmp_path / "runs").glob("*_inputs_pretrain"))
    for name in ("inputs", "runs/latest"):
        done = shell("sanity", "digits", *SMALL, "-S", f"transfer.from={name}", "--runs-dir", "runs")
        assert done.returncode == 0, done.stderr
        assert "_inputs_pretrain/checkpoints/best.safetensors: reused hidden1, hidden2" in done.stderr
        assert f"transfer.from={name} " not in done.stdout
        assert "_inputs_pretrain" in done.stdout  # the next command
        sanity = next(path for path in (tmp_path / "runs").iterdir() if path.name.endswith("sanity"))
        assert f"from: {source.resolve()}" in (sanity / "config.yaml").read_text(encoding="utf-8")
        (tmp_path / "runs" / "latest").unlink()  # back to the first run
        (tmp_path / "runs" / "latest").symlink_to(source.name)


def test_what_does_not_fit_is_one_sentence_and_leaves_no_run(
    shell: Shell, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    shell("pretrain", "digits", *SMALL, "--name", "inputs", "-q")
    there = len(list((tmp_path / "runs").iterdir()))
    write("own.yaml", "data: {test: 0.2}\nmodel: {args: {hidden: [25, 8]}}\ntransfer: {from: inputs}\n")
    refused = shell("train", "own.yaml")
    assert refused.returncode == 2
    assert "layer hidden1 does not fit: hidden1.weight is (24, 64) in the file and (25, 64)" in refused.stderr
    assert "Traceback" not in refused.stderr
    missing = shell("train", "own.yaml", "-S", "transfer.from=nothing")
    assert missing.returncode == 2
    assert "there is no run nothing" in missing.stderr
    cnn = shell("pretrain", "digits", "-S", "model.name=cnn", "-S", "model.args={}")
    assert cnn.returncode == 2
    assert "made of the layers of an mlp, and the model is cnn" in cnn.stderr
    assert len(list((tmp_path / "runs").iterdir())) == there
