"""Watching networks that call a layer more than once: right numbers by call, and the run unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nnbabysit.core.config.loading import with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.splits.arrays import ArraySplit
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import HookError
from nnbabysit.core.models.calls import Calls, guarded, leaves
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.probes.activations import Activations
from nnbabysit.core.training.probes.dead_units import dead_units
from nnbabysit.core.training.probes.layer_statistics import layer_statistics
from nnbabysit.core.training.probes.step_probes import standard_probes
from nnbabysit.core.training.setup.losses import Objective
from nnbabysit.core.training.setup.setup import assemble
from tests.calls import repeated_calls
from tests.calls.test_gates import ALONE, NETWORKS, STACKED

SUM = Objective(name="sum", task="regression", fn=lambda outputs, _y: outputs.sum())


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(Config())


def _config(network: str) -> Config:
    return with_values(
        Config(),
        {
            "device": "cpu",
            "model.name": f"{NETWORKS}:{network}",
            "model.args": {},
            "training": {"epochs": 2, "batch_size": 100},
            "optimizer": {"name": "momentum", "lr": 0.03},
        },
    )


@pytest.mark.parametrize("network", [*STACKED, *ALONE])
def test_weights_are_bit_identical_with_and_without_probes(network: str, digits: Dataset) -> None:
    config = _config(network)
    watched, alone = assemble(config, digits), assemble(config, digits)
    a = []
    dead_units(watched.model, digits.train)
    for record in train_epochs(watched, digits, config, probes=standard_probes(watched.model), probe_every=1):
        a.append(record.train)
        dead_units(watched.model, digits.train)
    b = [record.train for record in train_epochs(alone, digits, config)]
    assert a == b
    for name, tensor in alone.model.state_dict().items():
        assert torch.equal(watched.model.state_dict()[name], tensor), name
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in watched.model.modules())


def _shared(*layers: nn.Linear, act: nn.Module | None = None) -> nn.Module:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers, self.act = nn.ModuleList(layers), act or nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.layers:
                x = self.act(layer(x))
            return x

    return Net()


def _of_ones(inputs: int, biases: list[float]) -> nn.Linear:
    layer = nn.Linear(inputs, len(biases))
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.bias.copy_(torch.tensor(biases))
    return layer


def test_dead_units_are_counted_call_by_call() -> None:
    model = _shared(_of_ones(2, [0.0, 0.0, -9.0, -9.0]), _of_ones(4, [0.0, -99.0]))
    split = ArraySplit(torch.ones(600, 2), torch.zeros(600))
    assert dead_units(model, split) == {"act": 0.5, "act (call 2)": 0.5}
    probe = Activations(model)
    probe.attach()
    model(torch.ones(5, 2))
    probe.before_step()
    assert {name: round(reading["dead"], 3) for name, reading in probe.after_step().items()} == {
        "act": 0.5,
        "act (call 2)": 0.5,
    }


def test_calls_are_numbered_from_one_in_each_forward_pass_also_after_one_that_raised() -> None:
    model = _shared(nn.Linear(2, 3), nn.Linear(3, 3))
    names: list[str] = []
    act = {"act": model.get_submodule("act")}
    with Calls(model, act, lambda call, _layer, _output: names.append(call.name)):
        model(torch.ones(1, 2))
        with pytest.raises(RuntimeError):
            model(torch.ones(1, 7))
        model(torch.ones(1, 2))
    model(torch.ones(1, 2))
    assert names == ["act", "act (call 2)"] * 2


def test_a_call_is_left_out_whose_units_are_now_so_many_and_now_so_many() -> None:
    class ByBatch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return torch.as_tensor(self.act(self.act(x).T))  # (units, samples), and the last batch is smaller

    split = ArraySplit(torch.ones(300, 4), torch.zeros(300))
    assert dead_units(ByBatch(), split) == {"act": 0.0}


def test_a_share_is_of_the_rows_that_a_call_was_given() -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return torch.as_tensor(self.act(x.reshape(-1, 2)))  # ten rows a sample

    x = -torch.ones(200, 20)
    x[:, 0] = 1  # the first unit is active on a tenth of the rows
    x[0, 1] = 1  # the second on one of two thousand
    assert dead_units(Rows(), ArraySplit(x, torch.zeros(200))) == {"act": 0.5}


def test_what_checkpointing_calls_again_in_the_backward_pass_is_no_call() -> None:
    model, x = repeated_calls.Checkpointed(), torch.randn(6, 1, 8, 8)
    layers = layer_statistics(model, SUM, x, torch.zeros(6))
    assert [layer.name for layer in layers] == ["into", "act", "middle.0", "act (call 2)", "out"]
    probe = Activations(model)
    probe.attach()
    model(x).sum().backward()
    probe.before_step()
    assert list(probe.after_step()) == ["act", "act (call 2)"]


def test_statistics_of_each_call_are_its_own() -> None:
    model = _shared(_of_ones(2, [0.0]), _of_ones(1, [1.0]))
    layers = layer_statistics(model, SUM, torch.ones(3, 2), torch.zeros(3))
    assert [(s.name, s.mean) for s in layers if s.kind == "ReLU"] == [("act", 2.0), ("act (call 2)", 3.0)]


@pytest.mark.parametrize(
    "output",
    [
        (torch.ones(2), None),
        torch.ones(2, 2).to_sparse(),
        torch.ones(2, dtype=torch.complex64),
        torch.ones(0, 4),
    ],
)
def test_outputs_that_are_no_plain_numbers_are_passed_over(output: Any) -> None:
    class Odd(nn.ReLU):
        def forward(self, input: Tensor) -> Any:
            return output

    model = nn.Sequential(Odd())
    assert dead_units(model, ArraySplit(torch.ones(20, 2), torch.zeros(20))) == {}
    probe = Activations(model)
    probe.attach()
    model(torch.ones(2, 2))
    probe.before_step()
    assert probe.after_step() == {}


def test_outputs_within_a_function_transform_are_passed_over() -> None:
    class PerSample(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return torch.as_tensor(torch.func.vmap(self.act)(x))

    assert dead_units(PerSample(), ArraySplit(torch.ones(20, 2), torch.zeros(20))) == {}


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_a_scripted_network_is_watched_as_far_as_it_can_be() -> None:
    inner = torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    model = nn.Sequential(inner, nn.Linear(4, 2), nn.ReLU())
    split = ArraySplit(torch.ones(20, 4), torch.zeros(20))
    assert list(dead_units(model, split)) == ["2"]
    assert [s.name for s in layer_statistics(model, SUM, torch.ones(5, 4), torch.zeros(5))] == ["1", "2"]
    assert layer_statistics(inner, SUM, torch.ones(5, 4), torch.zeros(5)) == []


def test_counting_dead_units_leaves_buffers_modes_and_random_state_as_they_were() -> None:
    class Counting(nn.Module):
        seen: Tensor
        still: nn.Module

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(()))
            self.act, self.still = nn.ReLU(), nn.Dropout(0.5)

        def forward(self, x: Tensor) -> Tensor:
            self.seen += len(x)
            return torch.as_tensor(self.act(nn.functional.dropout(x)))  # drawn in evaluation too

    model = Counting()
    model.still.eval()
    state = torch.get_rng_state()
    dead_units(model, ArraySplit(torch.ones(20, 4), torch.zeros(20)))
    assert float(model.seen) == 0
    assert [model.training, model.still.training] == [True, False]
    assert torch.equal(torch.get_rng_state(), state)


def test_a_failing_hook_is_told_from_the_network_that_it_hangs_in() -> None:
    model = nn.Sequential(nn.Linear(2, 2))

    def fail(*_: Any) -> None:
        raise KeyError("ours")

    with Calls(model, leaves(model), fail), pytest.raises(HookError, match="KeyError"):
        model(torch.ones(1, 2))
    with pytest.raises(MemoryError):
        guarded(lambda: (_ for _ in ()).throw(MemoryError()))()


def test_all_hooks_on_modules_are_registered_in_one_place() -> None:
    core = Path(__file__).parents[2] / "core"
    places = {
        path.relative_to(core).as_posix()
        for path in core.rglob("*.py")
        if "register_forward" in path.read_text() or "register_full_backward" in path.read_text()
    }
    assert places == {"models/calls.py"}
