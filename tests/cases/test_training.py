"""Programs as people write them: healthy ones are left alone, faults are named for what they are."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .case import ENVIRONMENT, Step, copied, steps, type_in, typed

PATCHED = {
    "channels": "train nnbabysit.yaml -S training.epochs=5",
    "multilabel_zeros": "train bad.yaml",
    "cubic": "train nnbabysit.yaml -S training.epochs=10",
    "rnn_explode": "train bad.yaml",
    "one_bias": "train bad.yaml",
    "relu_logits": "overfit-tiny nnbabysit.yaml",
    "python_list": "overfit-tiny nnbabysit.yaml",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("step", steps("training"))
def test_a_program_is_judged_rightly(step: Step, tmp_path: Path) -> None:
    step.check(typed(step, copied(step.case, tmp_path)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_a_healthy_regression_starts_healthy_at_any_seed(seed: int, tmp_path: Path) -> None:
    folder = copied("training/cubic", tmp_path)
    line = f"sanity nnbabysit.yaml -S data.args.standard=true --seed {seed}"
    told = type_in(folder, line.split())
    assert told.code == 0, told.screen
    assert told.findings == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PATCHED)
def test_patches_do_not_lead_in_circles(name: str, tmp_path: Path) -> None:
    folder = copied(f"training/{name}", tmp_path)
    tried: set[tuple[tuple[str, str], ...]] = {()}
    values: dict[str, str] = {}
    for _ in range(4):
        told = type_in(
            folder, [*PATCHED[name].split(), *(f"-S{key}={value}" for key, value in values.items())]
        )
        patches = [found["patch"] for found in told.result["findings"] if found["patch"]]
        if not patches:
            return
        values = {**values, **{key: str(value) for key, value in patches[0].items()}}
        state = tuple(sorted(values.items()))
        assert state not in tried, f"{state} was tried before"
        tried.add(state)


@pytest.mark.slow
def test_a_killed_training_goes_on(tmp_path: Path) -> None:
    folder = copied("training/resume_cos", tmp_path)
    command = [sys.executable, "-m", "nnbabysit", "train", "c.yaml"]
    whole = type_in(folder, ["train", "c.yaml"]).result["metrics"]
    with subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.DEVNULL) as process:
        while len(list(folder.glob("runs/2*"))) < 2 or not list(newest(folder).glob("checkpoints/last.pt")):
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    told = type_in(folder, ["resume", newest(folder).name])
    assert told.code == 0, told.screen
    assert told.findings == []
    for key in ("epochs", "best_epoch", "best_val_loss", "test_loss"):
        assert told.result["metrics"][key] == whole[key]


def newest(folder: Path) -> Path:
    """The run directory that was made last."""
    return max(folder.glob("runs/2*"), key=lambda path: path.stat().st_ctime_ns)
