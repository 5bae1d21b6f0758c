"""Augmentation by hand, and the promise that a sample's changes are its own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from nnbabysit.core.config.schema.data import Augment
from nnbabysit.core.data.preparation.augmentation import OF_IMAGES, Augmentation, Mix
from nnbabysit.core.errors import DataError

IMAGES = torch.rand(40, 2, 6, 8, generator=torch.Generator().manual_seed(0)) + 1
SAMPLES = torch.arange(100, 140)


def apply(x: Tensor = IMAGES, samples: Tensor = SAMPLES, epoch: int = 1, **settings: Any) -> Tensor:
    changed, mix = Augmentation(Augment(**settings), 0, tuple(x.shape[1:])).apply(x, samples, epoch)
    assert mix is None
    return changed


def test_each_image_is_mirrored_or_left() -> None:
    out = apply(flip=0.5)
    mirrored = [torch.equal(a, b.flip(2)) for a, b in zip(out, IMAGES, strict=True)]
    left = [torch.equal(a, b) for a, b in zip(out, IMAGES, strict=True)]
    assert all(one != other for one, other in zip(mirrored, left, strict=True))
    assert 8 < sum(mirrored) < 32
    assert torch.equal(apply(flip=1.0), IMAGES.flip(3))


def test_a_crop_is_a_shifted_window_of_the_padded_image() -> None:
    seen = set()
    for before, after in zip(IMAGES, apply(crop=2), strict=True):
        padded = torch.nn.functional.pad(before, (2, 2, 2, 2))
        shifts = [
            (row, column)
            for row in range(5)
            for column in range(5)
            if torch.equal(after, padded[:, row : row + 6, column : column + 8])
        ]
        assert len(shifts) == 1
        seen.update(shifts)
    assert {row for row, _ in seen} == {column for _, column in seen} == set(range(5))


def test_a_turn_keeps_the_center_and_moves_the_rest() -> None:
    disc = torch.zeros(200, 1, 31, 31)
    disc[:, :, 15, 15] = 1.0
    disc[:, :, 15, 27] = 1.0  # 12 pixels to the right of the center
    out = apply(disc, torch.arange(200), rotate=90)
    torch.testing.assert_close(out[:, 0, 15, 15], torch.ones(200), atol=1e-4, rtol=0)
    rows, columns = torch.meshgrid(torch.arange(31.0), torch.arange(31.0), indexing="ij")
    out[:, 0, 12:19, 12:19] = 0
    weight = out[:, 0].sum((1, 2))
    center = torch.stack([(out[:, 0] * grid).sum((1, 2)) / weight - 15 for grid in (rows, columns)])
    torch.testing.assert_close(center.norm(dim=0), torch.full((200,), 12.0), atol=0.2, rtol=0)
    angles = torch.rad2deg(torch.atan2(center[0], center[1]))
    assert float(angles.abs().max()) <= 91
    assert float(angles.max()) > 60
    assert float(angles.min()) < -60


def test_an_oblong_is_turned_and_not_sheared() -> None:
    bar = torch.zeros(50, 1, 21, 41)
    bar[:, :, 10, 28] = 1.0
    out = apply(bar, torch.arange(50), rotate=40)
    rows, columns = torch.meshgrid(torch.arange(21.0) - 10, torch.arange(41.0) - 20, indexing="ij")
    weight = out[:, 0].sum((1, 2))
    center = torch.stack([(out[:, 0] * grid).sum((1, 2)) / weight for grid in (rows, columns)])
    torch.testing.assert_close(center.norm(dim=0), torch.full((50,), 8.0), atol=0.2, rtol=0)


def test_brightness_adds_one_number_to_all_pixels() -> None:
    change = (apply(brightness=0.3) - IMAGES).flatten(1)
    torch.testing.assert_close(change, change[:, :1].expand_as(change), atol=1e-6, rtol=0)
    assert 0.2 < float(change.abs().max()) <= 0.3
    assert float(change.min()) < 0 < float(change.max())


def test_contrast_stretches_around_the_mean_of_the_image() -> None:
    out = apply(contrast=0.5)
    means = IMAGES.mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(out.mean((1, 2, 3), keepdim=True), means)
    factors = ((out - means) / (IMAGES - means)).flatten(1).median(1).values
    assert 0.5 <= float(factors.min()) < 0.7
    assert 1.3 < float(factors.max()) <= 1.5


def test_cutout_sets_a_square_to_0_in_all_channels() -> None:
    whole = 0
    for after in apply(cutout=3):
        holes = after[0] == 0
        assert torch.equal(holes, after[1] == 0)
        rows, columns = holes.any(1).sum(), holes.any(0).sum()
        assert int(holes.sum()) == int(rows * columns) > 0
        whole += int(rows) == int(columns) == 3
    assert whole > 5


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    rows = torch.zeros(3000, 7)
    assert float(apply(rows, torch.arange(3000), noise=0.25).std()) == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("name", [*OF_IMAGES, "noise"])
def test_changes_are_a_function_of_seed_epoch_and_sample_alone(name: str) -> None:
    settings: dict[str, Any] = {name: {"crop": 2, "cutout": 3, "rotate": 45}.get(name, 0.5)}
    together = apply(**settings)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    for part in torch.split(order, 7):
        # linear algebra over another batch size may round differently: no bits are promised for rotate
        torch.testing.assert_close(apply(IMAGES[part], SAMPLES[part], **settings), together[part])
    assert not torch.equal(apply(epoch=2, **settings), together)
    other_seed, _ = Augmentation(Augment(**settings), 1, (2, 6, 8)).apply(IMAGES, SAMPLES, 1)
    assert not torch.equal(other_seed, together)
    torch.manual_seed(123)
    before = torch.get_rng_state()
    assert torch.equal(apply(**settings), together)
    assert torch.equal(torch.get_rng_state(), before), "the global generator is neither read nor moved"


def test_mixup_pairs_samples_and_says_with_what() -> None:
    augmentation = Augmentation(Augment(mixup=0.4), 0, (2, 6, 8))
    out, mix = augmentation.apply(IMAGES, SAMPLES, 1)
    assert isinstance(mix, Mix)
    assert sorted(mix.partner.tolist()) == list(range(40))
    assert 0 <= mix.share <= 1
    torch.testing.assert_close(out, mix.share * IMAGES + (1 - mix.share) * IMAGES[mix.partner])
    shares = [augmentation.apply(IMAGES, SAMPLES + shift, 1)[1] for shift in range(300)]
    drawn = torch.tensor([each.share for each in shares if each is not None])
    assert float(drawn.mean()) == pytest.approx(0.5, abs=0.06)
    assert float(drawn.var()) == pytest.approx(1 / (4 * (2 * 0.4 + 1)), rel=0.2), "variance of Beta(α, α)"


def test_the_input_is_left_as_it_was_and_nothing_asked_is_nothing_done() -> None:
    before = IMAGES.clone()
    apply(flip=0.5, crop=1, rotate=5, brightness=0.1, contrast=0.1, cutout=2, noise=0.1)
    assert torch.equal(before, IMAGES)
    assert Augmentation.of(Augment(), 0, (2, 6, 8)) is None


@pytest.mark.parametrize("name", OF_IMAGES)
def test_rows_of_features_are_no_images(name: str) -> None:
    with pytest.raises(DataError, match=f"{name} is for images") as caught:
        Augmentation(Augment.model_validate({name: 1}), 0, (64,))
    assert caught.value.where == f"data.augment.{name}"


@pytest.mark.parametrize("name", ["crop", "cutout"])
def test_a_change_larger_than_the_image_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="but the images have 6 × 8"):
        Augmentation(Augment.model_validate({name: 6}), 0, (2, 6, 8))
