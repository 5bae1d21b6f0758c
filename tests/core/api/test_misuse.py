"""The Python API called as people call it by mistake, and from where no source file is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn

import nnbabysit
from nnbabysit.core.errors import ConfigError, UserError
from nnbabysit.core.record.run_reader import RecordedRun

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
SHORT = {"training.epochs": 1, "device": "cpu"}
PROGRAM = """
import sys
import numpy as np, nnbabysit
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 2)

    def forward(self, x):
        return self.last(x)

x = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
result = nnbabysit.train(Net, (x, (x[:, 0] > 0).astype(int)), set={"training.epochs": 1})
print(type(nnbabysit.load(result).model).__name__)
"""


@pytest.fixture
def data() -> Arrays:
    """200 points of 3 numbers; the class is the sign of the first."""
    x = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def net() -> nn.Module:
    return nn.Linear(3, 2)


@pytest.mark.parametrize("arguments", [["-c", PROGRAM], ["-"]])
def test_a_class_typed_without_a_file_is_trained(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=PROGRAM,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Net\n", "")


def test_a_run_is_loaded_by_a_relative_path_and_its_model(data: Arrays) -> None:
    result = nnbabysit.train(lambda: nn.Linear(3, 2), data, set=SHORT)
    found = nnbabysit.load(os.path.relpath(result.run_dir), lambda: nn.Linear(3, 2))
    assert found.run_dir == result.run_dir


def test_a_run_of_what_is_in_memory_keeps_its_name(data: Arrays) -> None:
    result = nnbabysit.train(lambda: nn.Linear(3, 2), data, set=SHORT, name="mine")
    assert result.run_dir is not None
    assert (result.run_dir / "config.yaml").read_text(encoding="utf-8").startswith("# ")
    assert RecordedRun(result.run_dir).experiment == "mine"


@pytest.mark.parametrize("given", [["training.epochs=2"], "training.epochs=2", 3])
def test_settings_that_are_no_dict_are_told(data: Arrays, given: Any) -> None:
    with pytest.raises(UserError, match=r"set: expected a dict of config path → value, got a"):
        nnbabysit.train(net, data, set=given)
    assert not Path("runs").exists()


@pytest.mark.parametrize("given", ["1m", 0, -1, float("nan"), True])
def test_a_time_limit_that_is_none_is_told_before_the_training(data: Arrays, given: Any) -> None:
    with pytest.raises(UserError, match="max_time: expected a number of seconds above 0"):
        nnbabysit.train(net, data, max_time=given, set=SHORT)
    assert not Path("runs").exists()


def test_a_stage_that_is_none_is_told(data: Arrays) -> None:
    with pytest.raises(UserError, match=r"stage: there is no stage 'middle'. Choose coarse or fine"):
        nnbabysit.search(net, data, stage="middle")  # type: ignore[arg-type]


def test_one_sink_may_be_named_alone(data: Arrays) -> None:
    result = nnbabysit.train(net, data, log="tensorboard", set=SHORT)
    assert (Path(str(result.run_dir)) / "tensorboard").is_dir()
    with pytest.raises(UserError, match="there is no 'tensorbord' to log to"):
        nnbabysit.train(net, data, log="tensorbord", set=SHORT)


def test_every_wrong_setting_is_named_at_once(data: Arrays) -> None:
    with pytest.raises(ConfigError) as caught:
        nnbabysit.train(net, data, set={"optimizer.lr": -1, "training.epochs": "two"})
    assert [mistake.key for mistake in caught.value.mistakes] == ["optimizer.lr", "training.epochs"]


def test_a_run_in_which_the_network_raised_is_an_error_among_the_runs(data: Arrays) -> None:
    class Bomb(nn.Module):
        calls = 0

        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            Bomb.calls += 1
            if Bomb.calls > 5:
                raise RuntimeError("midway")
            return self.last(x)  # type: ignore[no-any-return]

    with pytest.raises(RuntimeError, match="midway"):
        nnbabysit.train(Bomb, data, set=SHORT)
    entry = RecordedRun(next(path for path in Path("runs").iterdir() if not path.is_symlink()))
    assert (entry.outcome, entry.exit_code) == ("error", 1)
    assert entry.result.document["command"] == "train"
    assert "RuntimeError: midway" in entry.summary
