import io

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from training.augmentation import LONGEST_STRETCH, colours_and_turns, compress, mix_up, random_crop, reseed

Bytes = NDArray[np.uint8]


def ramps(side: int = 256) -> Bytes:
    """Red tells how far right a pixel lies, green how far down."""
    photo = np.zeros((side, side, 3), np.uint8)
    steps = np.linspace(0, 255, side).round().astype(np.uint8)
    photo[..., 0], photo[..., 1] = steps[None, :], steps[:, None]
    return photo


def noise(*shape: int) -> Bytes:
    return np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)


@given(
    height=st.integers(1, 200), width=st.integers(1, 200), side=st.integers(8, 64),
    smallest_area=st.floats(0.01, 1), seed=st.integers(0, 2**32), colour=st.tuples(*[st.integers(0, 255)] * 3),
)  # fmt: skip
def test_any_photo_can_be_cropped_and_a_plain_one_stays_plain(
    height: int, width: int, side: int, smallest_area: float, seed: int, colour: tuple[int, int, int]
) -> None:
    photo = np.full((height, width, 3), colour, np.uint8)
    crop = random_crop(photo, side, smallest_area, np.random.default_rng(seed))
    assert crop.dtype == np.uint8
    np.testing.assert_array_equal(crop, np.full((side, side, 3), colour))


def extents(crop: Bytes) -> tuple[float, float, float, float]:
    """Left, top, width and height of a crop of the ramps, as shares of the photo."""
    left, right = crop[:, 2, 0].mean() / 255, crop[:, -3, 0].mean() / 255
    top, bottom = crop[2, :, 1].mean() / 255, crop[-3, :, 1].mean() / 255
    inner = (len(crop) - 5) / len(crop)  # from the centre of the third pixel to that of the last but two
    return left, top, (right - left) / inner, (bottom - top) / inner


@pytest.mark.parametrize("smallest_area", [0.1, 0.35, 0.8])
def test_crops_keep_the_area_and_the_proportions_that_they_should(smallest_area: float) -> None:
    random = np.random.default_rng(3)
    crops = np.array([extents(random_crop(ramps(), 64, smallest_area, random)) for _ in range(300)])
    left, top, width, height = crops.T
    # Where the stretched crop does not fit in the photo it is cut: from area 1, at most to the root of 3/4 of it.
    least = min(smallest_area, np.sqrt(1 / LONGEST_STRETCH))
    assert (width * height > least - 0.03).all()
    assert (width * height).min() < smallest_area + 0.1 * (1 - smallest_area) + 0.03
    assert (width * height).max() > 0.9
    assert (width / height).max() == pytest.approx(LONGEST_STRETCH, abs=0.08)
    assert (width / height).min() == pytest.approx(1 / LONGEST_STRETCH, abs=0.08)
    assert (width > 0).all()  # never mirrored: the layers on the device do that
    assert min(left.min(), top.min()) < 0.05
    assert min((1 - left - width).min(), (1 - top - height).min()) < 0.03


def test_crops_lie_anywhere_in_the_photo() -> None:
    random = np.random.default_rng(3)
    crops = np.array([extents(random_crop(ramps(), 64, 0.1, random)) for _ in range(300)])
    left, top, width, height = crops[crops[:, 2] < 0.5].T
    for start, length in ((left, width), (top, height)):
        free = start / (1 - length)  # 0 at one edge, 1 at the other
        assert np.quantile(free, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.12)


def test_some_crops_are_softened_and_most_are_not() -> None:
    photo, random = noise(64, 64, 3), np.random.default_rng(4)
    detail = [np.abs(np.diff(random_crop(photo, 64, 1, random).astype(int), axis=1)).mean() for _ in range(300)]
    soft = np.mean(np.array(detail) < 0.7 * np.median(detail))
    assert 0.15 < soft < 0.35


def test_the_same_chances_give_the_same_crop() -> None:
    crops = [random_crop(noise(50, 60, 3), 32, 0.3, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(crops[0], crops[1])
    assert (crops[0] != crops[2]).any()


def test_compressing_changes_a_photo_little_and_more_or_less_by_chance() -> None:
    photo = np.asarray(Image.fromarray(noise(8, 8, 3)).resize((64, 64), Image.Resampling.BICUBIC))
    random = np.random.default_rng(5)
    losses = np.array([np.abs(compress(photo, random).astype(int) - photo).mean() for _ in range(60)])
    assert (losses > 0).all()
    assert (losses < 12).all()
    assert losses.max() > 2 * losses.min()


def test_compressing_writes_jpeg_of_no_other_than_the_stated_qualities() -> None:
    photo = noise(16, 16, 3)
    possible = set()
    for quality in range(30, 96):
        file = io.BytesIO()
        Image.fromarray(photo).save(file, "JPEG", quality=quality)
        possible.add(np.asarray(Image.open(file)).tobytes())
    random = np.random.default_rng(6)
    found = {compress(photo, random).tobytes() for _ in range(1000)}
    assert found == possible


def test_photos_and_their_targets_are_mixed_in_the_same_shares() -> None:
    brightness = np.array([0, 100, 200], np.uint8)  # photo n is plain and of class n
    images = np.tile(brightness[:, None, None, None], (20, 4, 5, 3))
    targets = np.tile(np.eye(3, dtype=np.float32), (20, 1))
    mixed, shares = mix_up(images, targets, np.random.default_rng(7))
    assert mixed.dtype == np.uint8
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    expected = np.broadcast_to((shares @ brightness)[:, None, None, None], mixed.shape)
    np.testing.assert_allclose(mixed, expected, atol=0.501)
    assert ((shares > 0.02).sum(axis=1) == 2).mean() > 0.3  # many are true mixtures
    assert (shares.max(axis=1) > 0.9).mean() > 0.3  # alpha 0.4: most of many is one photo


def test_a_photo_mixed_with_itself_is_itself() -> None:
    image, target = noise(1, 6, 6, 3), np.array([[0, 1]], np.float32)
    mixed, share = mix_up(image, target, np.random.default_rng(8))
    np.testing.assert_array_equal(mixed, image)
    np.testing.assert_allclose(share, target)


def augmented(augmentation: keras.Sequential, images: Bytes, training: bool = True) -> NDArray[np.float32]:
    result: NDArray[np.float32] = keras.ops.convert_to_numpy(augmentation(images, training=training))
    return result


def test_the_random_layers_do_nothing_outside_training() -> None:
    images = noise(4, 16, 20, 3)
    np.testing.assert_array_equal(augmented(colours_and_turns(1), images, training=False), images)


def test_augmented_photos_are_still_photos() -> None:
    images = noise(64, 16, 20, 3)
    result = augmented(colours_and_turns(1), images)
    assert result.shape == images.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 255
    assert result.std() > 20
    changed = np.abs(result - images).mean(axis=(1, 2, 3))
    assert (changed > 1).all()


def flipped(augmentation: keras.Sequential) -> tuple[bool, ...]:
    """Which of 64 photos the next batch mirrors: dark ones with a bright right half."""
    images = np.full((64, 16, 16, 3), 60, np.uint8)
    images[:, :, 8:] = 190
    result = augmented(augmentation, images)
    return tuple((result[:, :, :8].mean(axis=(1, 2, 3)) > result[:, :, 8:].mean(axis=(1, 2, 3))).tolist())


def test_about_half_of_the_photos_are_mirrored() -> None:
    augmentation = colours_and_turns(1)
    assert 0.4 < np.mean([flipped(augmentation) for _ in range(8)]) < 0.6  # 512 photos: 0.5 and 4.5 deviations


def test_an_epoch_repeats_after_it_was_seeded_again() -> None:
    images = noise(16, 16, 16, 3)
    first, second = colours_and_turns(1), colours_and_turns(1)
    reseed(first, 5, 3)
    batches = [augmented(first, images) for _ in range(3)]
    for _ in range(2):
        augmented(second, images)
    reseed(second, 5, 3)
    for batch in batches:
        np.testing.assert_array_equal(augmented(second, images), batch)


def test_no_two_batches_of_any_epochs_and_seeds_are_turned_alike() -> None:
    augmentation = colours_and_turns(1)
    patterns = []
    for seed in (1, 2):
        for epoch in (0, 1, 2):
            reseed(augmentation, seed, epoch)
            patterns += [flipped(augmentation) for _ in range(4)]
    assert len(set(patterns)) == len(patterns) == 24


def test_every_random_layer_is_seeded() -> None:
    augmentation = colours_and_turns(1)
    before = [np.asarray(variable) for variable in augmentation.variables]
    reseed(augmentation, 5, 3)
    after = [np.asarray(variable) for variable in augmentation.variables]
    assert len(after) >= 4  # mirrored, turned, coloured, grey
    assert all((old != new).any() for old, new in zip(before, after, strict=True))
    assert len({tuple(state) for state in after}) == len(after)
