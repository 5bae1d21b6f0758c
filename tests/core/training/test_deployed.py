"""The network as other programs see it: the run's own preprocessing, bit for bit, and answers with names."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.new_samples.signature import Signature
from nnbabysit.core.data.preparation.preprocessing import Preprocessing, arithmetic
from nnbabysit.core.training.evaluation.load_trained import Trained
from nnbabysit.core.training.export.deployed import Deployed, answers, input_type, output_names
from nnbabysit.core.training.setup.losses import build_objective


def trained(x: Tensor, settings: Preprocess, model: nn.Module) -> Trained:
    """A network of two classes that was trained on ``x``."""
    signature = Signature(
        task="classification",
        class_names=("no", "yes"),
        input_shape=Preprocessing.fit(x, settings).output_shape,
        num_outputs=2,
        preprocessing=Preprocessing.fit(x, settings),
        columns=None,
        source="npz",
    )
    return Trained(
        run_dir=Path("run"),
        config=Config(),
        model=model,
        signature=signature,
        objective=build_objective("cross_entropy", "classification"),
        device=torch.device("cpu"),
    )


SETTINGS = [
    Preprocess(center=center, scale=scale)
    for center in ("none", "feature", "channel", "pixel")
    for scale in ("none", "standard", "minmax", "unit255")
]
PROJECTIONS = [
    Preprocess(center="pixel", scale="standard", pca=7),
    Preprocess(center="none", scale="none", pca=0.9, whiten=True),
    Preprocess(center="channel", scale="unit255", whiten=True),
]
TYPES = [torch.uint8, torch.int16, torch.float32, torch.int64, torch.float64]


@pytest.mark.parametrize(
    "settings", [*SETTINGS, *PROJECTIONS], ids=lambda s: f"{s.center}-{s.scale}-{s.pca}-{s.whiten}"
)
@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_preprocessing_in_the_graph_is_the_runs_own_bit_for_bit(
    settings: Preprocess, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 200, (50, 3, 4, 5), generator=generator).to(dtype)
    run = trained(x, settings, nn.Flatten())
    deployed = Deployed.of(run, dtype)
    expected = run.signature.preprocessing.apply(x).flatten(1)
    assert torch.equal(deployed(x)["logits"], expected)


def test_wide_numbers_keep_their_digits() -> None:
    seconds = torch.tensor([[1.7e9], [1.7e9 + 1], [1.7e9 + 2]], dtype=torch.float64)
    run = trained(seconds, Preprocess(center="feature", scale="none"), nn.Identity())
    assert Deployed.of(run, torch.float64)(seconds)["logits"].flatten().tolist() == [-1, 0, 1]


def test_dropout_and_batch_statistics_are_off() -> None:
    x = torch.arange(12.0).reshape(6, 2)
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5)).train()
    deployed = Deployed.of(trained(x, Preprocess(center="none", scale="none"), model), torch.float32)
    # running mean 0 and variance 1 at first: the input comes through but for the eps under the root
    assert torch.allclose(deployed(x)["logits"], x / math.sqrt(1 + 1e-5))


def test_answers_over_classes() -> None:
    found = answers("classification", torch.tensor([[0.0, math.log(3)]]))
    assert found["probabilities"].tolist() == [[pytest.approx(0.25), pytest.approx(0.75)]]
    assert tuple(found) == output_names("classification") == ("logits", "probabilities")


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_a_binary_answer_has_a_column_for_each_class(shape: tuple[int, ...]) -> None:
    found = answers("binary", torch.tensor([math.log(3), -100.0]).reshape(shape))
    assert found["logits"].shape == (2, 1)
    assert found["probabilities"][0].tolist() == [pytest.approx(0.25), pytest.approx(0.75)]
    assert found["probabilities"][1].tolist() == [1.0, pytest.approx(math.exp(-100), rel=1e-3)]


def test_labels_are_each_on_their_own() -> None:
    found = answers("multilabel", torch.tensor([[0.0, math.log(3), -math.log(3)]]))
    assert found["probabilities"].tolist() == [[0.5, pytest.approx(0.75), pytest.approx(0.25)]]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_regression_has_values_alone(shape: tuple[int, ...]) -> None:
    found = answers("regression", torch.tensor([1.0, 2.0, 3.0]).reshape(shape))
    assert list(found) == ["values"] == list(output_names("regression"))
    assert found["values"].tolist() == [[1.0], [2.0], [3.0]]


def test_number_types() -> None:
    assert input_type(torch.uint8) == torch.uint8
    assert input_type(torch.bfloat16) == torch.float32
    assert arithmetic(torch.uint8) == arithmetic(torch.float32) == torch.float32
    assert arithmetic(torch.int64) == arithmetic(torch.float64) == torch.float64
