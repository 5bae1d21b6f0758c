"""Initial weights against their formulas, and against torch's own initializers."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

import pytest
import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.root import Init, Model
from nnbabysit.core.errors import ModelError
from nnbabysit.core.models.build import build_model
from nnbabysit.core.models.followers import Follower, Followers, following
from nnbabysit.core.models.initializers import OUTPUT_GAIN, fans, initialize, largest_square
from nnbabysit.core.models.maxout import Maxout

FORMULAS = {  # variance by scheme, for fan_in 300 and fan_out 500
    "zeros": 0.0,
    "normal": 0.05**2,
    "xavier_normal": 1 / 400,
    "xavier_uniform": 1 / 400,
    "he_normal": 2 / 300,
    "he_uniform": 2 / 300,
    "lecun_normal": 1 / 300,
    "lecun_uniform": 1 / 300,
}
UNIFORM = [scheme for scheme in FORMULAS if scheme.endswith("uniform")]


def drawn(layer: nn.Module, **init: object) -> nn.Module:
    torch.manual_seed(0)
    initialize(layer, Init.model_validate(init))
    return layer


@pytest.mark.parametrize("scheme", FORMULAS)
def test_the_variance_of_a_linear_layer_is_the_formula_s(scheme: str) -> None:
    layer = nn.Linear(300, 500)
    drawn(layer, scheme=scheme, std=0.05)
    # 150 000 draws: the sample variance of a normal has a relative standard error of √(2/n) = 0.4 %.
    assert layer.weight.var().item() == pytest.approx(FORMULAS[scheme], rel=0.02)
    assert layer.weight.mean().item() == pytest.approx(0, abs=4 * sqrt(FORMULAS[scheme] / 150_000))
    assert layer.bias.abs().max() == 0


@pytest.mark.parametrize("scheme", UNIFORM)
def test_a_uniform_draw_fills_its_range_and_does_not_leave_it(scheme: str) -> None:
    layer = nn.Linear(300, 500)
    drawn(layer, scheme=scheme)
    bound = sqrt(3 * FORMULAS[scheme])
    assert 0.999 * bound < layer.weight.abs().max().item() <= bound * (1 + 1e-6)


@pytest.mark.parametrize("layer", [nn.Linear(30, 50), nn.Conv2d(8, 12, (3, 5)), nn.Conv1d(8, 12, 3)])
def test_the_draw_is_torch_s_own_where_torch_has_the_scheme(layer: nn.Linear) -> None:
    twins: dict[str, Callable[[Tensor], Tensor]] = {
        "xavier_normal": nn.init.xavier_normal_,
        "xavier_uniform": nn.init.xavier_uniform_,
        "he_normal": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
        "he_uniform": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    }
    for scheme, twin in twins.items():
        drawn(layer, scheme=scheme)
        torch.manual_seed(0)
        torch.testing.assert_close(layer.weight.detach(), twin(torch.empty_like(layer.weight)))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(4, 3),
        nn.Conv1d(4, 6, 3),
        nn.Conv2d(4, 6, 3, groups=2),
        nn.ConvTranspose2d(4, 6, 3),
        nn.ConvTranspose2d(4, 6, 3, groups=2),
    ],
)
def test_fans_are_the_connections_that_can_be_counted(layer: nn.Linear | nn.Conv2d) -> None:
    # With all weights and inputs 1, an output far from the border is the number of inputs that feed it, and
    # the gradient at such an input the number of outputs that it feeds.
    nn.init.ones_(layer.weight)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    dims = 0 if isinstance(layer, nn.Linear) else layer.weight.dim() - 2
    x = torch.ones((1, 4, *[9] * dims), requires_grad=True)
    out = layer(x)
    out.sum().backward()
    assert x.grad is not None
    middle = (0, 0, *[4] * dims)
    assert fans(layer) == (int(out[middle].item()), int(x.grad[middle].item()))


def test_he_is_xavier_times_the_root_of_two_in_a_square_layer() -> None:
    he, xavier = nn.Linear(64, 64), nn.Linear(64, 64)
    drawn(he, scheme="he_normal")
    drawn(xavier, scheme="xavier_normal")
    torch.testing.assert_close(he.weight, xavier.weight * sqrt(2))


def test_the_notes_network_starts_with_tiny_weights_everywhere() -> None:
    net = nn.Sequential(nn.Linear(3072, 50), nn.ReLU(), nn.Linear(50, 10))
    drawn(net, scheme="normal", std=0.0001)
    for layer in (net[0], net[2]):
        assert layer.weight.std().item() == pytest.approx(0.0001, rel=0.1)  # type: ignore[operator]


def test_normalization_embeddings_and_frozen_layers_keep_their_weights() -> None:
    frozen = nn.Linear(5, 5).requires_grad_(False)
    kept = nn.ModuleList([frozen, nn.BatchNorm1d(5), nn.LayerNorm(5), nn.Embedding(5, 5)])
    before = {name: value.clone() for name, value in kept.state_dict().items()}
    drawn(nn.ModuleList([nn.Linear(5, 5), kept]), scheme="zeros")
    for name, value in kept.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_parametrized_weight_is_set_through_its_sources() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(40, 30))
    twin = nn.Linear(40, 30)
    drawn(layer, scheme="he_normal")
    drawn(twin, scheme="he_normal")
    torch.testing.assert_close(layer.weight, twin.weight)


def test_a_network_without_such_layers_refuses_an_initialization() -> None:
    with pytest.raises(ModelError, match="he_normal has nothing to act on") as caught:
        drawn(nn.Embedding(3, 3), scheme="he_normal")
    assert caught.value.where == "model.init"


@pytest.mark.parametrize("layer", [nn.Linear(30, 50), nn.Linear(50, 30), nn.Conv2d(8, 12, 3)])
def test_orthogonal_rows_or_columns_have_length_one_and_right_angles(layer: nn.Linear) -> None:
    drawn(layer, scheme="orthogonal", gain=3.0)
    matrix = layer.weight.detach().flatten(1)
    square = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    torch.testing.assert_close(square, 9 * torch.eye(len(square)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("scheme", [*FORMULAS, "orthogonal", "auto"])
def test_gain_is_a_factor_on_what_is_drawn(scheme: str) -> None:
    plain, doubled = nn.Linear(30, 50), nn.Linear(30, 50)
    drawn(plain, scheme=scheme)
    drawn(doubled, scheme=scheme, gain=2.0)
    torch.testing.assert_close(doubled.weight, plain.weight * 2)


@pytest.mark.parametrize(
    ("follower", "variance"),
    [
        (Follower("tanh"), 1 / 400),
        (Follower("sigmoid"), 1 / 400),
        (Follower("relu"), 2 / 300),
        (Follower("elu"), 2 / 300),
        (Follower("gelu"), 2 / 300),
        (Follower("silu"), 2 / 300),
        (Follower("leaky_relu", slope=0.5), 2 / 1.25 / 300),
        (Follower("prelu", slope=1.0), 1 / 300),
        (Follower("selu"), 1 / 300),
        (Follower("maxout", pieces=2), 1 / 300),
        (Follower("maxout", pieces=4), 1 / (1 + sqrt(3) / pi) / 300),
        (None, 1 / 300),
    ],
)
def test_auto_draws_by_what_follows_the_layer(follower: Follower | None, variance: float) -> None:
    layer = nn.Linear(300, 500)
    torch.manual_seed(0)
    initialize(layer, Init(scheme="auto"), Followers(after={layer: follower} if follower else {}))
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.02)


def test_the_output_layer_is_ten_times_smaller_by_the_schemes_that_count_fans() -> None:
    for scheme, factor in [("he_normal", OUTPUT_GAIN), ("orthogonal", OUTPUT_GAIN), ("normal", 1.0)]:
        init, plain, output = Init.model_validate({"scheme": scheme}), nn.Linear(30, 50), nn.Linear(30, 50)
        torch.manual_seed(0)
        initialize(plain, init)
        torch.manual_seed(0)
        initialize(output, init, Followers(last=output))
        torch.testing.assert_close(output.weight, plain.weight * factor)


def test_the_mean_square_of_the_largest_is_known_on_paper() -> None:
    values = [largest_square(count) for count in (1, 2, 3, 4)]
    assert values == pytest.approx([1, 1, 1 + sqrt(3) / (2 * pi), 1 + sqrt(3) / pi])


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(0.3), nn.SELU(), Maxout(2), Maxout(5)])
def test_auto_keeps_the_scale_of_the_activations_through_ten_layers(activation: nn.Module) -> None:
    sums = activation.pieces if isinstance(activation, Maxout) else 1
    layers = [m for _ in range(10) for m in (nn.Linear(256, 256 * sums), activation)]
    net, x = nn.Sequential(*layers), torch.randn(500, 256)
    torch.manual_seed(0)
    with following(net) as followers, torch.no_grad():
        net(x)
    initialize(net, Init(scheme="auto"), followers)
    assert 0.5 < net(x).square().mean().item() < 2


def test_an_explicit_scheme_draws_the_output_layer_ten_times_smaller_but_normal_does_not() -> None:
    for scheme, std in [("xavier_normal", (1 / 300) ** 0.5), ("he_uniform", (2 / 500) ** 0.5)]:
        init = Init.model_validate({"scheme": scheme})
        model = build_model(
            Model(name="mlp", args={"hidden": [500]}, init=init), input_shape=(300,), num_outputs=100, seed=0
        )
        output = model.get_parameter("output.weight")
        assert output.std().item() == pytest.approx(0.1 * std, rel=0.02)


def test_auto_sees_the_functions_that_the_user_s_forward_calls(user_file: Callable[[str], str]) -> None:
    path = user_file(
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.one, self.two = nn.Linear(200, 300), nn.LazyLinear(500)
                self.three, self.out = nn.Linear(500, 100), nn.Linear(100, 50)

            def forward(self, x):
                x = torch.relu(self.one(x))
                x = torch.nn.functional.leaky_relu(self.two(x), 0.5)
                return self.out(torch.tanh(self.three(x)))
        """
    )
    model = build_model(
        Model(name=f"{path}:Net", init=Init(scheme="auto")), input_shape=(200,), num_outputs=50, seed=0
    )
    stds = [p.std().item() for name, p in model.named_parameters() if name.endswith("weight")]
    variances = [2 / 200, 2 / 1.25 / 300, 2 / 600, 0.1**2 / 100]
    assert stds == pytest.approx([variance**0.5 for variance in variances], rel=0.03)
