"""PCA and whitening against numbers on paper and against scikit-learn."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from nnbabysit.core.config.schema.data import Preprocess
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.load import load_dataset
from nnbabysit.core.data.preparation.preprocessing import Preprocessing
from nnbabysit.core.errors import DataError

# along (1, 1) with variance 8, along (1, -1) with variance 0.5, mean (3, 0)
CROSS = torch.tensor([[5.0, 2.0], [1.0, -2.0], [3.5, -0.5], [2.5, 0.5]])


def fit(x: Tensor, **settings: Any) -> Preprocessing:
    return Preprocessing.fit(x, Preprocess(scale="none", **settings))


def test_the_first_component_by_hand() -> None:
    projected = fit(CROSS, pca=1)
    assert projected.projection is not None
    root = 0.5**0.5
    torch.testing.assert_close(projected.projection.components, torch.tensor([[root, root]]).double())
    # variances: (2·8 + 0)/4 = 4 along the first, (0 + 2·0.5)/4 = 0.25 along the second
    assert float(projected.projection.shares[0]) == pytest.approx(4 / 4.25)
    torch.testing.assert_close(projected.apply(CROSS)[:, 0], torch.tensor([8**0.5, -(8**0.5), 0.0, 0.0]))


def test_whitened_data_has_unit_variance_and_no_correlation() -> None:
    x = torch.randn(500, 6, generator=torch.Generator().manual_seed(0)) @ torch.triu(torch.ones(6, 6)) + 3
    out = fit(x, whiten=True).apply(x).double()
    torch.testing.assert_close(out.T @ out / 500, torch.eye(6).double(), atol=1e-3, rtol=0)


@pytest.mark.parametrize("pca", [5, 0.9, 0.999])
@pytest.mark.parametrize("whiten", [False, True])
def test_it_is_the_pca_of_scikit_learn(pca: float, whiten: bool) -> None:
    x = load_dataset(Config()).train.take(torch.arange(400))[0].flatten(1)
    ours = fit(x, pca=pca, whiten=whiten)
    theirs = PCA(n_components=pca, svd_solver="full").fit(x.double().numpy())
    assert ours.projection is not None
    assert ours.projection.width == theirs.n_components_
    ratios = torch.from_numpy(theirs.explained_variance_ratio_)
    torch.testing.assert_close(ours.projection.shares, ratios, atol=1e-6, rtol=1e-4)
    expected = torch.from_numpy(theirs.transform(x.double().numpy()))
    if whiten:
        expected = expected / expected.std(0, correction=0)
    torch.testing.assert_close(ours.apply(x).abs().double(), expected.abs(), atol=2e-3, rtol=1e-3)


def test_signs_do_not_depend_on_the_order_of_the_samples() -> None:
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(1))
    first, second = fit(x, pca=4).projection, fit(x.flip(0), pca=4).projection
    assert first is not None
    assert second is not None
    torch.testing.assert_close(first.components, second.components)


def test_all_components_and_back_is_where_it_started() -> None:
    x = torch.randint(0, 256, (64, 1, 3, 4), generator=torch.Generator().manual_seed(2)).to(torch.uint8)
    for whiten in (False, True):
        both = Preprocessing.fit(x, Preprocess(center="pixel", scale="standard", whiten=whiten, pca=12))
        assert both.output_shape == (12,)
        torch.testing.assert_close(both.inverse(both.apply(x)), x.float(), atol=1e-2, rtol=0)


@pytest.mark.parametrize("center", ["none", "feature"])
@pytest.mark.parametrize("scale", ["none", "standard", "minmax", "unit255"])
def test_the_inverse_undoes_centering_and_scaling(center: Any, scale: Any) -> None:
    x = torch.rand(20, 5, generator=torch.Generator().manual_seed(3)) * 9 - 4
    settings = Preprocessing.fit(x, Preprocess(center=center, scale=scale))
    torch.testing.assert_close(settings.inverse(settings.apply(x)), x)


def test_a_saved_projection_is_the_same() -> None:
    before = fit(CROSS, pca=1, whiten=True)
    after = Preprocessing.from_tensors(before.to_tensors(), before.settings)
    assert torch.equal(before.apply(CROSS), after.apply(CROSS))
    assert after.output_shape == (1,)


def test_a_constant_feature_is_no_component() -> None:
    x = torch.cat([CROSS, torch.full((4, 1), 7.0)], dim=1)
    projection = fit(x, whiten=True).projection
    assert projection is not None
    assert projection.width == 2


@pytest.mark.parametrize(
    ("x", "pca", "message"),
    [
        (CROSS, 3, "3 components of 2 features and 4 training samples"),
        (torch.ones(4, 2), 1, "every feature is constant"),
        (torch.tensor([[1.0, 2.0], [float("nan"), 1.0]]), 1, "need finite numbers"),
        (torch.zeros(2, 8193), 1, "8193 features are not offered"),
    ],
)
def test_what_cannot_be_projected_is_told(x: Tensor, pca: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(x, pca=pca)


def test_a_dataset_is_projected_by_its_training_split() -> None:
    data = load_dataset(Config.model_validate({"data": {"preprocess": {"pca": 10}, "test": 0.2}}))
    assert data.input_shape == (10,)
    x = data.train.take(torch.arange(len(data.train)))[0]
    torch.testing.assert_close(x.mean(0), torch.zeros(10), atol=1e-4, rtol=0)
    assert data.test is not None
    assert data.test.take(torch.arange(3))[0].shape == (3, 10)
