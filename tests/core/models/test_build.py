"""Building from a config: what is refused, in which words, and what is left alone."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from nnbabysit.core.config.schema.root import Init, Model
from nnbabysit.core.errors import ModelError, UserCodeError, UserError
from nnbabysit.core.models.build import build_model

Write = Callable[[str], str]


def build(
    name: str,
    args: dict[str, Any] | None = None,
    init: Init | None = None,
    shape: tuple[int, ...] = (6,),
    **more: Any,
) -> nn.Module:
    config = Model(name=name, args=args or {}, init=init)
    return build_model(config, input_shape=shape, **{"num_outputs": 3, "seed": 0} | more)


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


# --- built-in networks


def test_the_same_seed_builds_the_same_network_and_another_seed_another() -> None:
    for name, shape in [("mlp", (6,)), ("cnn", (1, 8, 8))]:
        torch.manual_seed(99)  # what was drawn before does not matter
        assert torch.equal(weights(build(name, shape=shape)), weights(build(name, shape=shape)))
        assert not torch.equal(weights(build(name, shape=shape)), weights(build(name, shape=shape, seed=1)))


def test_global_random_numbers_are_as_if_nothing_had_been_built() -> None:
    torch.manual_seed(5)
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # type: ignore[index] # noqa: NPY002
    build("mlp", init=Init(scheme="normal"))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert (np.random.get_state()[1] == before[2]).all()  # type: ignore[index] # noqa: NPY002


def test_a_built_in_network_is_in_training_mode_with_fresh_statistics() -> None:
    model = build("mlp", {"norm": "batch"})
    assert model.training
    assert all(m.training for m in model.modules())
    norm = next(m for m in model.modules() if isinstance(m, nn.BatchNorm1d))
    assert norm.num_batches_tracked == 0
    assert norm.running_mean is not None
    assert norm.running_mean.abs().max() == 0


def test_an_explicit_initialization_reaches_the_output_layer_too() -> None:
    model = build("mlp", {"hidden": [400]}, Init(scheme="normal", std=0.5), shape=(300,), num_outputs=100)
    stds = [p.std().item() for p in model.parameters() if p.dim() == 2]
    assert stds == pytest.approx([0.5, 0.5], rel=0.02)


@pytest.mark.parametrize(
    ("args", "where", "message"),
    [
        ({"hiden": [5]}, "model.args.hiden", "mlp takes no such argument, did you mean hidden?"),
        ({"xyz": 5}, "model.args.xyz", "it takes activation, pieces, norm, groups, dropout, hidden"),
        ({"hidden": [50, -1]}, "model.args.hidden", "got [50, -1], expected a list with the width of each"),
        ({"hidden": 50}, "model.args.hidden", "got 50, expected a list with the width"),
        ({"hidden": [50.5]}, "model.args.hidden", "got [50.5], expected a list with the width"),
        ({"hidden": [True]}, "model.args.hidden", "got [True], expected a list with the width"),
        ({"hidden": None}, "model.args.hidden", "got None, expected a list with the width"),
        ({"activation": "rleu"}, "model.args.activation", "selu, maxout, gelu, silu; did you mean relu?"),
        ({"activation": 3}, "model.args.activation", "got 3, expected the non-linearity after each"),
        ({"norm": "instance"}, "model.args.norm", "got 'instance', expected the normalization between a"),
        ({"dropout": 1.0}, "model.args.dropout", "got 1.0, expected a number from 0 to below 1"),
        ({"dropout": "0.1"}, "model.args.dropout", "got '0.1', expected a number from 0 to below 1"),
        ({"kernel": 3}, "model.args.kernel", "mlp takes no such argument"),
    ],
)  # fmt: skip
def test_wrong_arguments_of_a_built_in_network_are_refused_in_words(
    args: dict[str, Any], where: str, message: str
) -> None:
    with pytest.raises(ModelError) as caught:
        build("mlp", args)
    assert caught.value.where == where
    assert message in caught.value.message


def test_all_wrong_arguments_are_said_at_once() -> None:
    with pytest.raises(ModelError) as caught:
        build("cnn", {"kernel": 4, "channels": [], "pool": 0, "hidden": [0, -1]}, shape=(1, 8, 8))
    lines = caught.value.message.splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == [
        "model.args.channels", "model.args.hidden", "model.args.kernel", "model.args.pool"
    ]  # fmt: skip
    assert "model.args.kernel: got 4, expected an odd integer of at least 1" in caught.value.message


def test_a_cnn_refuses_samples_that_are_no_images() -> None:
    with pytest.raises(ModelError, match=r"the data has samples of shape \(64,\)"):
        build("cnn", shape=(64,))


def test_a_cnn_refuses_more_pooling_than_the_image_lasts_for() -> None:
    build("cnn", {"channels": [2, 2, 2]}, shape=(1, 8, 9))
    with pytest.raises(
        ModelError, match="got 4 blocks that each divide height and width by 2, 8×9 pixels last for 3"
    ):
        build("cnn", {"channels": [2, 2, 2, 2]}, shape=(1, 8, 9))


# --- the user's own


def test_a_network_of_the_user_s_gets_the_sizes_that_it_names(user_file: Write) -> None:
    path = user_file(
        """
        class Net(nn.Module):
            def __init__(self, in_features, num_classes, hidden=4):
                super().__init__()
                self.hidden = nn.Linear(in_features, hidden)
                self.output = nn.Linear(hidden, num_classes)

            def forward(self, x):
                return self.output(self.hidden(x.flatten(1)))
        """
    )
    model = build(f"{path}:Net", {"hidden": 7}, shape=(2, 3))
    assert [tuple(p.shape) for p in model.parameters() if p.dim() == 2] == [(7, 6), (3, 7)]
    with pytest.raises(ModelError) as caught:
        build(f"{path}:Net", {"hiden": 7})
    label = f"{path.rpartition('/')[2]}:Net"
    assert str(caught.value) == f"model.args.hiden: {label} takes no such argument, did you mean hidden?"


def test_a_network_that_draws_from_numpy_follows_the_seed_as_well(user_file: Write) -> None:
    path = user_file(
        """
        def net(in_features, num_outputs):
            layer = nn.Linear(in_features, num_outputs)
            layer.weight.data = torch.from_numpy(np.random.randn(num_outputs, in_features)).float()
            return layer
        """
    )
    assert torch.equal(weights(build(f"{path}:net")), weights(build(f"{path}:net")))
    assert not torch.equal(weights(build(f"{path}:net")), weights(build(f"{path}:net", seed=1)))


def test_a_network_with_initialization_left_out_keeps_what_its_constructor_did(user_file: Write) -> None:
    path = user_file(
        """
        def net():
            layer = nn.Linear(6, 3)
            nn.init.constant_(layer.weight, 0.25)
            return layer
        """
    )
    assert (next(build(f"{path}:net").parameters()) == 0.25).all()
    assert (next(build(f"{path}:net", init=Init(scheme="zeros")).parameters()) == 0).all()


def test_lazy_layers_get_their_weights_and_then_the_initialization(user_file: Write) -> None:
    path = user_file("def net():\n    return nn.Sequential(nn.LazyBatchNorm1d(), nn.LazyLinear(3))\n")
    plain = build(f"{path}:net")
    assert torch.equal(weights(plain), weights(build(f"{path}:net")))
    assert plain.training
    normal = build(f"{path}:net", init=Init(scheme="normal", std=10.0))
    assert weights(normal).abs().max() > 3


def test_a_network_that_raises_is_said_with_its_place(user_file: Write) -> None:
    path = user_file(
        """
        def width_of(hidden):
            if hidden % 2:
                raise ValueError("hidden must be even.")

        class Net(nn.Module):
            def __init__(self, hidden=3):
                super().__init__()
                width_of(hidden)
        """
    )
    with pytest.raises(UserCodeError) as caught:
        build(f"{path}:Net", {"hidden": 5})
    assert caught.value.where == f"{path}:6"
    assert caught.value.message.endswith(".py:Net(hidden=5) raised ValueError: hidden must be even")
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_forward_pass_that_raises_inside_torch_is_said_with_the_line_of_the_user_s(
    user_file: Write,
) -> None:
    path = user_file(
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(784, 10)

            def forward(self, x):
                return self.layer(x)
        """
    )
    with pytest.raises(UserCodeError) as caught:
        build(f"{path}:Net")
    assert caught.value.where == f"{path}:10"
    assert (
        "the forward pass of a batch of shape (2, 6) raised RuntimeError: mat1 and mat2"
        in caught.value.message
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("target = nn.Linear(6, 3)", "is a network that is already built"),
        ("target = {'a': 1}", "is of type dict and cannot be called"),
        ("def target(): return 5", "returned int, expected a torch.nn.Module"),
        ("def target(): pass", "returned NoneType, expected a torch.nn.Module"),
        ("def target(): return nn.ReLU()", "has no trainable parameter"),
        ("def target(): return nn.Linear(6, 3).requires_grad_(False)", "has no trainable parameter"),
        (
            "def target(): return nn.Linear(6, 5)",
            "returns shape (2, 5) for a batch of 2; data and loss need (2, 3)",
        ),
        (
            "def target(): return nn.Sequential(nn.Linear(6, 3), nn.Flatten(0))",
            "returns shape (6,) for a batch of 2",
        ),
        ("def target(): return nn.LSTM(6, 3)", "returns tuple instead of a tensor"),
        ("def target(depth): return nn.Linear(6, 3)", "missing, user_model_"),
        ("def target(depth, /): return nn.Linear(6, 3)", "takes it by position only"),
        (
            "def target(in_channels): return nn.Linear(6, 3)",
            "samples of shape (6,) have no channels to count",
        ),
        (
            "class target(nn.Linear):\n"
            "    def __init__(self): super().__init__(6, 3)\n"
            "    def forward(self, x): return super().forward(x).argmax(1)",
            "returns torch.int64, expected torch.float32",
        ),
    ],
)
def test_what_is_no_trainable_network_for_the_data_is_refused(
    user_file: Write, source: str, message: str
) -> None:
    path = user_file(source)
    with pytest.raises(ModelError, match=re.escape(message)) as caught:
        build(f"{path}:target")
    assert caught.value.where.startswith("model.")


@pytest.mark.parametrize("outputs", ["nn.Linear(6, 1)", "nn.Sequential(nn.Linear(6, 1), nn.Flatten(0))"])
def test_one_output_may_come_with_or_without_its_own_dimension(user_file: Write, outputs: str) -> None:
    path = user_file(f"def net(): return {outputs}")
    build(f"{path}:net", num_outputs=1)
    with pytest.raises(ModelError, match=r"data and loss need \(2, 4\), 4 numbers per sample"):
        build(f"{path}:net", num_outputs=4)
    path = user_file("def net(): return nn.Linear(6, 2)")
    with pytest.raises(ModelError, match=r"data and loss need \(2, 1\) or \(2,\), 1 number per sample"):
        build(f"{path}:net", num_outputs=1)


def test_an_import_path_that_leads_nowhere_is_a_user_error() -> None:
    with pytest.raises(UserError):
        build("no_such_package_here.models:Net")
