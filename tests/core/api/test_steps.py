"""The Python API: the same results as the command line, for networks and data in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

import nnbabysit
from nnbabysit.cli.app import run_command
from nnbabysit.core.record.files import read_lines
from nnbabysit.core.record.run import Event, read_meta

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
SHORT = {"training.epochs": 2, "optimizer.lr": 0.1, "device": "cpu"}


class Net(nn.Module):
    """Takes two sizes by name, and one that must be given."""

    def __init__(self, in_features: int, num_classes: int, hidden: int = 8) -> None:
        super().__init__()
        self.first = nn.Linear(in_features, hidden)
        self.drop = nn.Dropout(0.1)
        self.last = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.drop(torch.relu(self.first(x))))  # type: ignore[no-any-return]


@pytest.fixture
def data() -> Arrays:
    """200 points of 4 numbers; the class is the sign of the first."""
    x = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64")


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def curves(run: Path) -> list[dict[str, Any]]:
    lines, _ = read_lines(run / "metrics.jsonl")
    return [{key: value for key, value in line.items() if key != "time"} for line in lines]


def test_the_import_is_light_and_the_names_are_listed() -> None:
    code = (
        "import sys, nnbabysit; heavy = {'torch', 'numpy', 'pydantic', 'yaml', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy; assert set(nnbabysit.__all__) <= set(dir(nnbabysit)); "
        "nnbabysit.NnbabysitError; assert 'torch' not in sys.modules; "
        "nnbabysit.train; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        nnbabysit.__getattr__("trian")


def test_the_gates_of_a_class_and_arrays(data: Arrays, capfd: pytest.CaptureFixture[str]) -> None:
    sane = nnbabysit.sanity(Net, data, set={"device": "cpu"})
    assert (sane.command, sane.verdict) == ("sanity", "pass")
    assert sane.metrics["initial_loss"] == pytest.approx(np.log(2), rel=0.15)
    tiny = nnbabysit.overfit_tiny(Net, data, set=SHORT)
    assert (tiny.command, tiny.verdict, tiny.metrics["final_accuracy"]) == ("overfit-tiny", "pass", 1.0)
    assert capfd.readouterr() == ("", "")


def test_search_fine_and_train_follow_each_other(data: Arrays) -> None:
    counts = {
        f"search.{stage}.{key}": n
        for stage in ("coarse", "fine")
        for key, n in (("trials", 4), ("epochs", 1))
    }
    space = {"optimizer.lr": {"log_uniform": [1e-3, 1.0]}}
    coarse = nnbabysit.search(Net, data, space=space, set=counts, device="cpu")
    assert [trial["index"] for trial in coarse.metrics["trials"]] == [0, 1, 2, 3]
    with pytest.raises(nnbabysit.NnbabysitError, match="Pass source="):
        nnbabysit.search(Net, data, stage="fine", set=counts)
    fine = nnbabysit.search(Net, data, stage="fine", source=coarse, set=counts, device="cpu")
    assert fine.metrics["source"] == str(coarse.run_dir)
    best = fine.metrics["best"]["params"]["optimizer.lr"]
    trained = nnbabysit.train(Net, data, best_of=fine, set={"training.epochs": 1}, device="cpu")
    assert f"lr: {best}" in (trained.run_dir / "config.yaml").read_text(encoding="utf-8")
    kept = nnbabysit.train(Net, data, best_of=fine.run_dir, set=SHORT)
    assert "lr: 0.1," in (kept.run_dir / "config.yaml").read_text(encoding="utf-8")


def test_the_command_line_and_the_api_give_the_same_numbers(tmp_path: Path, data: Arrays) -> None:
    np.savez(tmp_path / "points.npz", x=data[0], y=data[1])
    arguments = [
        "train",
        "-S",
        "data.source=npz",
        "-S",
        "data.path=points.npz",
        "-S",
        "model.args={hidden: [8]}",
    ]
    (tmp_path / "nnbabysit.yaml").write_text(
        "seed: 3\ndevice: cpu\noptimizer: {lr: 0.1}\ntraining: {epochs: 2}\n"
    )
    assert run_command([*arguments, "--runs-dir", "cli", "-q"]) == 0
    settings = {**SHORT, "model.args": {"hidden": [8]}}
    by_path = nnbabysit.train(data="points.npz", set=settings, seed=3)
    in_memory = nnbabysit.train(data=data, set=settings, seed=3)
    rows = curves(tmp_path / "cli" / "latest")
    assert len(rows) > 4
    assert curves(by_path.run_dir) == rows
    assert curves(in_memory.run_dir) == rows


def test_a_built_network_is_copied_used_as_it_is_and_never_changed(data: Arrays) -> None:
    torch.manual_seed(5)
    net = Net(4, 2).eval()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    sane = nnbabysit.sanity(net, data, set={"device": "cpu", "data.preprocess.center": "none"})
    losses = [float(loss) for name, loss in sane.tables[0].rows if name.startswith("network of seed")]
    assert len(set(losses)) == 3
    result = nnbabysit.train(net, data, set=SHORT)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert not net.training
    trained = nnbabysit.load(result).model
    assert type(trained) is Net
    assert not torch.equal(trained.first.weight, net.first.weight)


def test_the_first_initialization_is_the_network_as_it_was_given(data: Arrays) -> None:
    layer = nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.tensor([3.0, 0.0]))
    sane = nnbabysit.sanity(nn.Sequential(layer), data, set={"device": "cpu"})
    share = float((data[1] == 0).mean())
    first = float(sane.tables[0].rows[0][1])
    # outputs 3 and 0 whatever the input: ln(1 + e^-3) for class 0 and that plus 3 for class 1
    assert first == pytest.approx(np.log1p(np.exp(-3)) + 3 * (1 - share), abs=0.1)


def test_weights_that_cannot_be_drawn_afresh_are_looked_at_once(data: Arrays) -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.randn(4, 2) * 0.1)

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.w

    sane = nnbabysit.sanity(Own(), data, set={"device": "cpu"})
    assert sum(row[0].startswith("network of seed") for row in sane.tables[0].rows) == 1


def test_trained_networks_of_one_process_are_told_apart(data: Arrays) -> None:
    small = nnbabysit.train(lambda: Net(4, 2, hidden=3), data, set=SHORT)
    large = nnbabysit.train(lambda: Net(4, 2, hidden=5), data, set=SHORT)
    assert nnbabysit.load(small).model.get_submodule("first").out_features == 3
    assert nnbabysit.load(str(large.run_dir)).model.get_submodule("first").out_features == 5


@pytest.mark.parametrize("kind", ["tensors", "four", "dict", "dataset", "datasets", "function", "lists"])
def test_data_comes_in_many_shapes(kind: str, data: Arrays) -> None:
    x, y = data
    tensors = torch.from_numpy(x), torch.from_numpy(y)
    dataset: Dataset[Any] = TensorDataset(*tensors)
    given: Any = {
        "tensors": tensors,
        "four": (x[:150], y[:150], x[150:], y[150:]),
        "dict": {"x_train": x[:150], "y_train": y[:150], "x_test": x[150:], "y_test": y[150:]},
        "dataset": dataset,
        "datasets": (dataset, dataset),
        "function": lambda: data,
        "lists": [x.tolist(), y.tolist()],
    }[kind]
    result = nnbabysit.train(Net, given, set={**SHORT, "training.epochs": 1})
    assert result.metrics["epochs"] == 1
    assert (result.metrics["test_accuracy"] is not None) == (kind in ("four", "dict", "datasets"))


def test_the_name_of_a_config_stands_for_its_data_and_settings() -> None:
    result = nnbabysit.train(data="digits", set={"training.epochs": 1}, name="mine")
    assert result.run_dir.name.endswith("_mine_train")
    assert "source: digits" in (result.run_dir / "config.yaml").read_text(encoding="utf-8")
    assert (result.run_dir / "config.yaml").read_text(encoding="utf-8").startswith("name: mine")


def test_the_config_says_what_cannot_be_run_again(data: Arrays, capfd: pytest.CaptureFixture[str]) -> None:
    result = nnbabysit.train(lambda: Net(4, 2), data, set=SHORT)
    text = (result.run_dir / "config.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0].endswith("this file alone cannot be run again")
    assert text.startswith("# The model and the data were handed over in memory")
    assert run_command(["train", str(result.run_dir / "config.yaml")]) == 2  # data was let go here too
    assert "in-memory:data" in capfd.readouterr().err
    fresh = "import sys; from nnbabysit.cli.app import run_command; sys.exit(run_command(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", fresh, "train", str(result.run_dir / "config.yaml")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 2
    assert "in-memory:data: this was handed over by a Python program" in done.stderr


def test_a_class_in_a_file_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "api_net.py").write_text(
        "from torch import nn\n\n\ndef build(in_features, num_classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(in_features, num_classes))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import api_net  # type: ignore[import-not-found]

    result = nnbabysit.train(api_net.build, "digits", set={"training.epochs": 1})
    text = (result.run_dir / "config.yaml").read_text(encoding="utf-8")
    assert f"name: {tmp_path / 'api_net.py'}:build" in text
    assert text.startswith("name:")
    assert (result.run_dir / "code" / "api_net.py").is_file()
    assert run_command(["train", str(result.run_dir / "config.yaml"), "-q"]) == 0


def test_events_are_seen_and_random_generators_left_alone(data: Arrays) -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the caller's
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002
    events: list[Event] = []
    result = nnbabysit.train(Net, data, set=SHORT, on_event=events.append)
    assert [event.kind for event in events if event.kind in ("epoch", "verdict")] == [
        "epoch",
        "epoch",
        "verdict",
    ]
    assert torch.equal(state, torch.get_rng_state())
    assert (numpy_state == np.random.get_state()[1]).all()  # type: ignore[index]  # noqa: NPY002
    assert read_meta(result.run_dir)["exit_code"] == result.exit_code


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"set": {"optimizer.weigth_decay": 1}},
            "set  optimizer.weigth_decay: unknown key, did you mean weight_decay?",
        ),
        ({"set": {"training.epochs": 0, "device": "tpu"}}, "device"),
        ({"set": {"model.name": "cnn"}}, "set  model.name: model is handed over as well"),
        ({"set": {"loss": object()}}, "made of numbers, texts, lists and dicts"),
        ({"set": {"optimizer.lr": float("nan")}}, "made of numbers, texts, lists and dicts"),
        ({"device": "cuda:99"}, "is not available"),
        ({"log": ["tensorbord"]}, "log: there is no 'tensorbord' to log to. Did you mean tensorboard?"),
        ({"config": "digitz"}, "did you mean digits?"),
        ({"name": "../up"}, "name"),
    ],
)
def test_mistakes_are_raised_in_words_and_leave_no_run(
    settings: dict[str, Any], words: str, data: Arrays, tmp_path: Path
) -> None:
    with pytest.raises(nnbabysit.NnbabysitError) as caught:
        nnbabysit.train(Net, data, **settings)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        (3, None, "model: int is no network"),
        (Net, 7, "in-memory:data: it returned int"),
        (Net, "nowhere.csv", "nowhere.csv: there is neither such a file nor a bundled config"),
        (lambda: nn.Linear(3, 2), "digits", "raised RuntimeError"),
    ],
)
def test_what_cannot_be_used_is_said(model: Any, given: Any, words: str, data: Arrays) -> None:
    given = data if given is None else given
    with pytest.raises(nnbabysit.NnbabysitError) as caught:
        nnbabysit.sanity(model, given)
    assert words in str(caught.value)


def test_a_run_that_bad_input_ends_at_once_is_not_kept(data: Arrays, tmp_path: Path) -> None:
    with pytest.raises(nnbabysit.NnbabysitError, match="there is nothing to search"):
        nnbabysit.search(Net, data)
    assert not (tmp_path / "runs").exists()


def test_what_the_network_raises_in_the_midst_is_noted_and_raised(data: Arrays, tmp_path: Path) -> None:
    class Late(Net):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            Late.calls += 1
            if Late.calls > 20:
                raise ZeroDivisionError("late")
            return super().forward(x)

    with pytest.raises(ZeroDivisionError, match="late"):
        nnbabysit.train(Late, data, set=SHORT | {"training.epochs": 50})
    (run,) = (path for path in (tmp_path / "runs").iterdir() if not path.is_symlink())
    assert read_meta(run)["exit_code"] == 1
    assert "ZeroDivisionError: late" in (run / "log.txt").read_text(encoding="utf-8")


def test_load_asks_for_the_class_in_another_process(data: Arrays, tmp_path: Path) -> None:
    result = nnbabysit.train(lambda: Net(4, 2), data, set=SHORT)
    run = result.run_dir.rename(tmp_path / "moved")
    assert nnbabysit.load(run, Net(4, 2)).model.get_submodule("first").out_features == 8
    with pytest.raises(nnbabysit.NnbabysitError, match="another network"):
        nnbabysit.load(run, lambda: Net(4, 2, hidden=9))
    with pytest.raises(nnbabysit.NnbabysitError, match="there is no such run"):
        nnbabysit.load(tmp_path / "none")
    named = nnbabysit.train(data="digits", set={"training.epochs": 1})
    with pytest.raises(nnbabysit.NnbabysitError, match="builds its network from mlp itself"):
        nnbabysit.load(named, Net)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that not even root can write")
def test_a_current_folder_that_cannot_be_written_is_no_matter(
    data: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/proc")
    assert nnbabysit.sanity(Net, data, runs_dir=tmp_path / "runs").command == "sanity"
    with pytest.raises(nnbabysit.NnbabysitError, match="runs"):
        nnbabysit.sanity(Net, data)


def test_nothing_is_written_into_the_current_folder(
    data: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    result = nnbabysit.sanity(Net, data, runs_dir=tmp_path / "runs")
    assert list((tmp_path / "here").iterdir()) == []
    assert json.loads((result.run_dir / "result.json").read_text(encoding="utf-8"))["command"] == "sanity"
