"""A first config for networks and data of many kinds: it loads, it fits, and it says why."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.errors import ConfigError, DataError, ModelError, NnbabysitError, UserCodeError, UserError
from nnbabysit.core.training.setup.setup import prepare
from nnbabysit.core.workflow.init.proposal import Proposal, Request, propose

NETS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, in_features, num_classes, hidden=8, last=None):
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(in_features, hidden), nn.ReLU(), nn.Linear(hidden, num_classes)
        )
        self.last = {"softmax": nn.Softmax(1), "sigmoid": nn.Sigmoid(), None: nn.Identity()}[last]
    def forward(self, x):
        return self.last(self.body(x))

def fixed():
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))

def conv():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2, 2))

def wide(in_features, width, *, rate, num_classes):
    return nn.Sequential(nn.Linear(in_features, width), nn.Dropout(rate), nn.Linear(width, num_classes))

def loud(in_features, num_classes):
    net = Net(in_features, num_classes)
    with torch.no_grad():
        net.body[3].weight *= 100
    return net

class Other:
    pass
"""
Ask = Callable[..., tuple[Proposal, Config]]


@pytest.fixture
def ask(tmp_path: Path, request: pytest.FixtureRequest) -> Ask:
    """Propose for ``nets_….py:NAME`` and arrays, in a folder with a space, and load what was written."""
    folder = tmp_path / "my folder"
    folder.mkdir()
    module = "nets_" + re.sub(r"\W", "_", request.node.name)[:60]  # imported by name, once in a process
    (folder / f"{module}.py").write_text(NETS, encoding="utf-8")

    def propose_for(model: str, x: Any = None, y: Any = None, **more: Any) -> tuple[Proposal, Config]:
        data = more.pop("data", "d.npz")
        if x is not None:
            np.savez(folder / "d.npz", x=x, y=y)
        file = folder / "sub" / "c.yaml"
        file.parent.mkdir(exist_ok=True)
        wish = {"target": None, "overrides": (), **more}
        proposal = propose(Request(model=f"{module}.py:{model}", data=data, file=file, cwd=folder, **wish))
        file.write_text(proposal.text, encoding="utf-8")
        return proposal, load_config("sub/c.yaml", cwd=folder).config

    return propose_for


RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (120, 4))
CLASSES = np.arange(120) % 3


@pytest.mark.parametrize(
    ("model", "y", "loss"),
    [
        ("Net", CLASSES, "cross_entropy"),
        ("Net", CLASSES % 2, "cross_entropy"),
        ("Net", RNG.normal(size=120), "mse"),
        ("Net", RNG.normal(size=(120, 2)), "mse"),
        ("Net", RNG.integers(0, 2, (120, 3)), "bce"),
        ("fixed", CLASSES % 2, "bce"),
        ("fixed", CLASSES, "mse"),
    ],
)
def test_a_normal_network_is_ready_to_train(ask: Ask, model: str, y: Any, loss: str) -> None:
    proposal, config = ask(model, X, y)
    assert config.loss == loss
    assert proposal.missing == ()
    assert prepare(config).dataset.input_shape == (4,)
    assert "sub" not in proposal.text
    assert "path: ../d.npz" in proposal.text
    assert f"name: ../nets_" in proposal.text  # noqa: F541


def test_every_value_has_a_reason_or_speaks_for_itself(ask: Ask) -> None:
    proposal, _ = ask("Net", X, CLASSES)
    lines = proposal.text.splitlines()
    assert lines[0].startswith("# yaml-language-server: $schema=")
    bare = [
        line.strip()
        for above, line in itertools.pairwise(lines)
        if ":" in line and not line.endswith(":") and "#" not in line and not above.strip().startswith("#")
    ]
    assert bare == ["source: npz", "trials: 10"]
    assert "120 samples of shape (4,)" in proposal.text
    assert "3 classes, 40 samples each" in proposal.text
    assert "it is given in_features=4, num_classes=3" in proposal.text


def test_it_is_the_same_every_time(ask: Ask) -> None:
    assert ask("Net", X, CLASSES)[0] == ask("Net", X, CLASSES)[0]


def test_what_cannot_be_known_is_left_to_be_set(ask: Ask) -> None:
    proposal, config = ask("wide", X, CLASSES)
    assert proposal.missing == ("width", "rate")
    assert "model.args.width: missing, nets_" in proposal.text
    with pytest.raises(ModelError, match=r"model.args.width: missing"):
        prepare(config)
    given = ("model.args.width=8", "model.args.rate=0.5")
    proposal, config = ask("wide", overrides=given)
    assert proposal.missing == ()
    assert config.model.args == {"width": 8, "rate": 0.5}
    prepare(config)


def test_what_is_given_stands_and_is_not_proposed(ask: Ask) -> None:
    wishes = ("optimizer.name=sgd", "optimizer.lr=0.5", "training.epochs=3", "data.test=7", "loss=hinge")
    proposal, config = ask("Net", X, CLASSES, overrides=wishes)
    assert config.optimizer.model_dump() == {"name": "sgd", "lr": 0.5, "weight_decay": 0.0}
    assert (config.training.epochs, config.data.test, config.loss) == (3, 7, "hinge")
    assert proposal.text.count("given with --set") == 4
    assert proposal.text.count("lr:") == 3  # the optimizer's, that of overfit_tiny, and the axis


@pytest.mark.parametrize(
    ("last", "y", "told"),
    [("softmax", CLASSES, "softmax at the end out"), ("sigmoid", CLASSES, "activation out")],
)
def test_an_ending_that_the_loss_does_itself_is_told(ask: Ask, last: str, y: Any, told: str) -> None:
    proposal, _ = ask("Net", X, y, overrides=[f"model.args.last={last}"])
    assert len(proposal.hints) == 1
    assert told in proposal.hints[0]
    assert told in " ".join(proposal.text.replace("# ", "").split())


def test_a_network_that_starts_far_off_is_told_instead_of_tolerated(ask: Ask) -> None:
    proposal, config = ask("loud", X, CLASSES)
    assert "sanity is going to say no" in proposal.hints[0]
    assert config.sanity.tolerance == 0.15


def test_a_table_needs_its_target(ask: Ask, tmp_path: Path) -> None:
    rows = ["width,height,Species,code", *[f"{i % 7},{i % 5},{'ab'[i % 2]},{i % 4}" for i in range(60)]]
    (tmp_path / "my folder" / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(DataError, match="It has width, height, Species, code") as caught:
        ask("Net", data="t.csv")
    assert caught.value.remedy == "Name it, such as --target Species"
    proposal, config = ask("Net", data="t.csv", target="Species")
    assert (config.data.source, config.data.target) == ("csv", "Species")
    assert "2 classes, 30 samples each" in proposal.text
    prepare(config)


def test_a_function_and_the_bundled_digits_are_data_too(ask: Ask, tmp_path: Path) -> None:
    code = (
        "import numpy as np\ndef load(n=90):\n    return np.ones((n, 4)) * np.arange(4), np.arange(n) % 3\n"
    )
    (tmp_path / "my folder" / "my_load.py").write_text(code, encoding="utf-8")
    _, config = ask("Net", data="./my_load.py:load", overrides=["data.args.n=60"])
    assert config.data.source == f"{tmp_path}/my folder/my_load.py:load"
    assert len(prepare(config).dataset.train) == 38
    _, config = ask("Net", data="digits")
    assert prepare(config).dataset.num_outputs == 10


@pytest.mark.parametrize(
    ("model", "wish", "kind", "words"),
    [
        ("Nett", {}, UserError, "Did you mean Net?"),
        ("Other", {}, ModelError, "is a class, but no torch.nn.Module"),
        ("conv", {}, UserCodeError, "The samples of the data have shape (4,)"),
        ("Net", {"overrides": ["optimzer.lr=1"]}, ConfigError, "did you mean optimizer?"),
        ("Net", {"overrides": ["training.epochs=0"]}, ConfigError, "training.epochs: must be above 0"),
        ("Net", {"overrides": ["model.args.hiden=1"]}, ModelError, "did you mean hidden?"),
        ("Net", {"data": "none.npz"}, DataError, "there is no such file or folder"),
        ("Net", {"target": "y"}, UserError, "--target is the column of a table"),
    ],
)
def test_bad_input_is_told_in_words(
    ask: Ask, model: str, wish: dict[str, Any], kind: type[NnbabysitError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        ask(model, X, CLASSES, **wish)
    assert words in str(caught.value)


def test_labels_from_1_are_named_and_the_remedy_leads_on(ask: Ask) -> None:
    with pytest.raises(DataError, match="labels run from 1 to 3, and classes count from 0") as caught:
        ask("Net", X, CLASSES + 1, overrides=["model.args.num_classes=3"])
    assert "y - 1" in caught.value.remedy
    _, config = ask("Net", X, CLASSES, overrides=["model.args.num_classes=3"])
    assert config.loss == "cross_entropy"
    _, config = ask("Net", X, CLASSES * 1.0, overrides=["model.args.num_classes=3"])
    assert config.loss == "cross_entropy"


def test_no_text_of_the_users_leaves_its_comment(ask: Ask, tmp_path: Path) -> None:
    data = "a\nseed: 7\n# b.npz"
    np.savez(tmp_path / "my folder" / data, x=X, y=CLASSES)
    _, config = ask("Net", data=data)
    assert config.seed == 0
    assert config.data.path == f"{tmp_path}/my folder/{data}"


def test_one_setting_of_a_section_can_be_given_without_its_name(ask: Ask) -> None:
    x = np.random.default_rng(0).normal(size=(200, 4))
    overrides = ("optimizer.lr=0.02", "overfit_tiny.optimizer.lr=0.05")
    proposal, config = ask("Net", x, np.arange(200) % 3, overrides=overrides)
    assert config.optimizer.lr == 0.02
    assert config.overfit_tiny.optimizer is not None
    assert config.overfit_tiny.optimizer.lr == 0.05
    assert "given with --set" in proposal.text
    with pytest.raises(ConfigError, match=r"optimizer.lr: must be above 0, got -1"):
        ask("Net", x, np.arange(200) % 3, overrides=("optimizer.lr=-1",))


@pytest.mark.parametrize("key", ["model.name=mlp", "data.source=npz", "data.path=d.npz"])
def test_what_from_and_data_name_is_not_set_as_well(ask: Ask, key: str) -> None:
    with pytest.raises(ConfigError, match=r"--(from|data) names it; give one of them"):
        ask("Net", np.ones((50, 4)), np.arange(50) % 2, overrides=(key,))
