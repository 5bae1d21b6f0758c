"""Transfer: what is reused, what is frozen, at which rate it learns, and what is refused, in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.config.schema.transfer import Transfer
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.splits.dataset import Dataset
from nnbabysit.core.errors import NnbabysitError
from nnbabysit.core.training.checkpoints import save_weights
from nnbabysit.core.training.loop.epochs import train_epochs
from nnbabysit.core.training.loop.steps import train_steps
from nnbabysit.core.training.setup.setup import Assembly, assemble
from nnbabysit.core.training.setup.transfer import Transferred, transfer
from nnbabysit.core.training.setup.weight_matching import layers_of

MLP: dict[str, Any] = {"name": "mlp", "args": {"hidden": [12, 8], "norm": "batch"}}
Start = Callable[..., Assembly]


@pytest.fixture
def weights(tmp_path: Path, make_config: Callable[..., Config], digits: Dataset) -> Path:
    """Weights of another seed."""
    path = tmp_path / "weights.safetensors"
    save_weights(path, assemble(make_config(model=MLP, seed=9), digits).model)
    return path


@pytest.fixture
def start(weights: Path, make_config: Callable[..., Config], digits: Dataset) -> Start:
    """An assembly that starts from the weights; arguments are settings of ``transfer``."""

    def build(*, sections: dict[str, Any] | None = None, **settings: Any) -> Assembly:
        chosen = {"model": MLP, **(sections or {})}
        config = make_config(**chosen, transfer={"from": str(weights), **settings})
        return assemble(config, digits)

    return build


def took(assembly: Assembly) -> Transferred:
    assert assembly.transferred is not None
    return assembly.transferred


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def run_epoch(assembly: Assembly, digits: Dataset, epoch: int) -> None:
    for _ in train_steps(assembly, digits.train, epoch=epoch, seed=0, batch_size=100):
        pass


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    """Layers of which any tensor is another."""
    return {name.rpartition(".")[0] for name in before if not torch.equal(before[name], after[name])}


def trainable(assembly: Assembly) -> set[str]:
    return {n.rpartition(".")[0] for n, p in assembly.model.named_parameters() if p.requires_grad}


def test_the_weights_are_those_of_the_file(start: Start, weights: Path) -> None:
    assembly = start()
    saved = safetensors.torch.load(weights.read_bytes())
    assert [layer.name for layer in took(assembly).match.reused] == [
        "hidden1", "norm1", "hidden2", "norm2", "output"
    ]  # fmt: skip
    for name, tensor in assembly.model.state_dict().items():
        assert torch.equal(tensor, saved[name]), name


def test_frozen_layers_rest_statistics_too_until_they_are_let_go(start: Start, digits: Dataset) -> None:
    assembly = start(freeze=1, unfreeze_after=2)
    for epoch, expected in (
        (1, {"hidden2", "norm2", "output"}),
        (2, {"hidden2", "norm2", "output"}),
        (3, {"hidden1", "norm1", "hidden2", "norm2", "output"}),
    ):
        before = state(assembly.model)
        run_epoch(assembly, digits, epoch)
        assert changed(before, state(assembly.model)) == expected, epoch


@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        ("all", ["hidden1", "norm1", "hidden2", "norm2"]),
        ("none", []),
        (1, ["hidden1", "norm1"]),
        (2, ["hidden1", "norm1", "hidden2", "norm2"]),
        (["norm2", "hidden1"], ["hidden1", "norm2"]),
    ],
)
def test_what_freeze_means(start: Start, freeze: Any, frozen: list[str]) -> None:
    assembly = start(freeze=freeze)
    assert [layer.name for layer in took(assembly).frozen] == frozen
    assert trainable(assembly) == {"hidden1", "norm1", "hidden2", "norm2", "output"} - set(frozen)


def test_so_many_frozen_layers_are_let_go_from_the_top(start: Start) -> None:
    assembly = start(unfreeze_after=1, unfreeze=1)
    assembly.begin(epoch=2)
    assert trainable(assembly) == {"hidden2", "norm2", "output"}
    modes = dict(assembly.model.named_modules())
    assert not modes["norm1"].training
    assert modes["norm2"].training


def test_reused_layers_learn_at_their_share_of_the_rate(start: Start, weights: Path) -> None:
    """Plain gradient descent: the step is lr · g, so a tenth of the rate is a tenth of the step."""
    model = {"name": "mlp", "args": {"hidden": [12], "norm": "batch"}}
    sections = {"model": model, "optimizer": {"name": "sgd", "lr": 0.5}, "regularization": {"l2": 0}}
    x, y = torch.randn(50, 64), torch.arange(50) % 10
    steps = {}
    for factor in (1.0, 0.1):
        assembly = start(sections=sections, freeze="none", lr_factor=factor)
        before = state(assembly.model)
        assembly.objective.loss(assembly.model(x.reshape(50, 1, 8, 8)), y).backward()  # type: ignore[no-untyped-call]
        assembly.optimizer.step()
        after = state(assembly.model)
        steps[factor] = {name: after[name] - before[name] for name in ("hidden1.weight", "output.weight")}
    near = partial(torch.testing.assert_close, rtol=1e-3, atol=1e-6)
    near(steps[0.1]["hidden1.weight"], 0.1 * steps[1.0]["hidden1.weight"])
    near(steps[0.1]["output.weight"], steps[1.0]["output.weight"])


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam",
                                  "adamw", "radam", "nadam"])  # fmt: skip
def test_every_optimizer_lets_layers_go(start: Start, digits: Dataset, name: str) -> None:
    sections = {"optimizer": {"name": name}, "regularization": {"max_norm": 0.5, "l2": 0.1}}
    assembly = start(sections=sections, unfreeze_after=1, lr_factor=1.0)
    first = state(assembly.model)
    run_epoch(assembly, digits, 1)
    assert changed(first, state(assembly.model)) == {"output"}
    run_epoch(assembly, digits, 2)
    assert "hidden1" in changed(first, state(assembly.model))


def test_the_top_starts_anew_when_it_has_other_outputs(
    weights: Path, make_config: Callable[..., Config], digits: Dataset
) -> None:
    saved = safetensors.torch.load(weights.read_bytes())
    five = {n: t[:5].clone() if n.startswith("output") else t for n, t in saved.items()}
    weights.write_bytes(safetensors.torch.save({**five, "old.weight": torch.zeros(1)}))
    config = make_config(model=MLP, transfer={"from": str(weights)})
    assembly = assemble(config, digits)
    fresh = assemble(config.model_copy(update={"transfer": None}), digits)
    assert torch.equal(
        assembly.model.state_dict()["output.weight"], fresh.model.state_dict()["output.weight"]
    )
    told = took(assembly).words()
    assert told[1:] == [
        "transfer: output is reinitialized: output.weight is (5, 8) in the file and (10, 8) in the network",
        "transfer: not used of the file: old",
        "transfer: frozen: hidden1, norm1, hidden2, norm2; other reused layers learn at 0.1 × lr",
    ]


@pytest.mark.parametrize(
    ("names", "same_data", "why"),
    [
        ("0123456789", True, None),
        ("0123456789", False, "its classes are mere numbers, and of other data"),
        ("abcdefghij", False, "its classes were others"),
    ],
)
def test_the_top_of_a_run_is_reused_for_the_same_classes_alone(
    start: Start, weights: Path, digits: Dataset, names: str, same_data: bool, why: str | None
) -> None:
    """As many outputs are not the same question: digits 0 to 4 and 5 to 9 are both five classes."""
    folder = weights.parent / "run" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "best.safetensors").write_bytes(weights.read_bytes())
    Signature.of(replace(digits, class_names=tuple(names))).save(folder / "data.safetensors")
    fingerprint = digits.fingerprint if same_data else "other"
    meta = {"schema_version": 1, "command": "train", "dataset_fingerprint": fingerprint}
    (folder.parent / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    found = took(start(**{"from": str(folder.parent)}))
    assert found.match.fresh == ({} if why is None else {"output": why})
    assert found.reuses_output == (why is None)


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        ({"hidden": [12, 9], "norm": "batch"}, {}, r"layer hidden2 does not fit: "
         r"hidden2.weight is \(8, 12\) in the file and \(9, 12\) in the network"),
        ({"hidden": [12, 8]}, {}, "the network has hidden1.bias, the file has not"),
        (MLP["args"], {"freeze": ["hidden3"]}, "no layer hidden3 was reused. Reused were hidden1, norm1"),
        (MLP["args"], {"freeze": 4}, "got 4 layers, and of those with weights 3 were reused"),
        (MLP["args"], {"freeze": 3}, "every layer is frozen"),
        (MLP["args"], {"unfreeze": 3, "unfreeze_after": 1}, "of those with weights 2 are frozen"),
        (MLP["args"], {"from": "/nowhere"}, "/nowhere: there are no weights to start from"),
        (MLP["args"], {"from": "/"}, "this folder is no run"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(
    start: Start, arguments: dict[str, Any], settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(NnbabysitError, match=words):
        start(sections={"model": {"name": "mlp", "args": arguments}}, **settings)


def test_weights_of_another_kind_of_network_are_refused(start: Start) -> None:
    with pytest.raises(
        NnbabysitError, match=r"no layer can be reused: the file has hidden1, .*, the network"
    ):
        start(sections={"model": {"name": "cnn", "args": {}}})


def test_pickle_and_numbers_that_are_not_finite_are_refused(start: Start, weights: Path) -> None:
    saved = safetensors.torch.load(weights.read_bytes())
    saved["hidden1.weight"][0, 0] = float("nan")
    weights.write_bytes(safetensors.torch.save(saved))
    with pytest.raises(NnbabysitError, match=r"hidden1\.weight holds numbers that are not finite"):
        start()
    torch.save(saved, weights)
    with pytest.raises(NnbabysitError, match="read from safetensors alone"):
        start()


def test_lbfgs_knows_one_rate(start: Start, digits: Dataset) -> None:
    sections = {"optimizer": {"name": "lbfgs"}, "training": {"batch_size": "full"}}
    with pytest.raises(NnbabysitError, match="lbfgs has one learning rate for all layers"):
        start(sections=sections)
    assembly = start(sections=sections, lr_factor=1)
    before = state(assembly.model)
    for _ in train_steps(assembly, digits.train, epoch=1, seed=0, batch_size="full"):
        pass
    assert changed(before, state(assembly.model)) == {"output"}


class Own(nn.Module):
    """A user's network: declared from the top down, a weight without a layer, a trunk within a trunk."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.top = nn.Linear(6, outputs)
        self.scale = nn.Parameter(torch.ones(6))
        self.trunk = nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.BatchNorm1d(6))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.top(self.trunk(x).relu() * self.scale)
        return out


def test_a_network_of_the_users_own(tmp_path: Path, digits: Dataset) -> None:
    """Layers go by the order of their calls, so the top is the top wherever it is declared."""
    path = tmp_path / "own.safetensors"
    save_weights(path, Own(3))
    model = Own(10)
    assert [layer.name for layer in layers_of(model, (1, 8, 8))] == ["network", "trunk.1", "trunk.2", "top"]
    found = transfer(Transfer.model_validate({"from": str(path), "freeze": ["trunk"]}), model, digits)
    assert [layer.name for layer in found.match.reused] == ["network", "trunk.1", "trunk.2"]
    assert found.match.fresh == {"top": "top.weight is (3, 6) in the file and (10, 6) in the network"}
    assert [layer.name for layer in found.frozen] == ["trunk.1", "trunk.2"]


def test_a_frozen_parameter_of_the_network_itself_leaves_other_layers_in_training(
    tmp_path: Path, digits: Dataset
) -> None:
    path = tmp_path / "own.safetensors"
    save_weights(path, Own(3))
    model = Own(10).train()
    settings = Transfer.model_validate({"from": str(path), "freeze": ["network", "trunk.1"]})
    transfer(settings, model, digits).begin(epoch=1)
    assert not model.scale.requires_grad
    assert model.trunk[2].training


def test_a_network_that_knows_it_all_may_do_worse_at_first(
    tmp_path: Path, make_config: Callable[..., Config], digits: Dataset
) -> None:
    path = tmp_path / "learned.safetensors"
    learner = {"optimizer": {"name": "adam", "lr": 0.01}, "training": {"epochs": 20, "batch_size": 50}}
    config = make_config(model=MLP, **learner)
    assembly = assemble(config, digits)
    assert list(train_epochs(assembly, digits, config))[-1].train.loss < 0.1
    save_weights(path, assembly.model)
    config = make_config(
        model=MLP, **learner, data={"augment": {"noise": 1.0, "mixup": 1.0}}, transfer={"from": str(path)}
    )
    first = next(train_epochs(assemble(config, digits), digits, config))
    assert not first.stopped
    assert first.first_cost == pytest.approx(np.log(10))


class _Language(nn.Module):
    """The output layer is the table of the embedding, as in language models."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.mix = nn.Embedding(10, 6), nn.Linear(6, 6)
        self.out = nn.Linear(6, 10, bias=False)
        self.out.weight = self.table.weight

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.out(self.mix(self.table((x.flatten(1).mean(1) > 0).long()))))


@pytest.mark.parametrize("left_out", ["", "out.weight", "table.weight"])
def test_tied_weights_are_taken_over_together_though_the_file_has_them_once(
    tmp_path: Path, digits: Dataset, left_out: str
) -> None:
    saved = {name: tensor + 1 for name, tensor in _Language().state_dict().items() if name != left_out}
    file = tmp_path / "language.safetensors"
    safetensors.torch.save_file({name: tensor.clone() for name, tensor in saved.items()}, file)
    model = _Language()
    found = transfer(Transfer.model_validate({"from": str(file), "freeze": ["table"]}), model, digits)
    assert not found.match.fresh
    assert not found.match.unused
    assert torch.equal(model.out.weight, saved["table.weight" if left_out == "out.weight" else "out.weight"])
    assert [layer.name for layer in found.frozen] == ["table", "out"]
    found.begin(epoch=1)
    assert [name for name, p in model.named_parameters() if not p.requires_grad] == ["table.weight"]


def test_a_layer_of_two_names_is_no_layer_of_the_file_that_is_not_used(
    tmp_path: Path, digits: Dataset
) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.out = nn.Linear(64, 64), nn.Linear(64, 10)
            self.two = self.one

        def forward(self, x: Tensor) -> Tensor:
            return torch.as_tensor(self.out(self.two(self.one(x.flatten(1)).relu()).relu()))

    file = tmp_path / "twice.safetensors"
    save_weights(file, Twice())
    found = transfer(Transfer.model_validate({"from": str(file)}), Twice(), digits)
    assert [layer.name for layer in found.match.reused] == ["one", "out"]
    assert found.match.unused == ()
