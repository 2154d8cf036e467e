import numpy as np
import pytest
from numpy.typing import NDArray

from model.explanations.deletion import STEPS, area, areas


def test_the_area_under_a_curve_is_as_computed_by_hand() -> None:
    assert area(np.array([1.0, 1, 1])) == 1
    assert area(np.array([1.0, 0.5, 0])) == 0.5
    assert area(np.array([1, 0, 0, 0, 0.0])) == 1 / 8


def test_an_order_is_judged_as_computed_by_hand() -> None:
    """The answer is the first pixel's red, which is all there is in a photo of four parts; its mean is a quarter.

    After k of 16 steps, k/4 parts are taken, rounded: the first part from the third step on, the last from the 14th.
    """
    photo = np.zeros((2, 2, 3), np.uint8)
    photo[0, 0, 0] = 255

    def red(photos: NDArray[np.float32]) -> NDArray[np.float64]:
        return photos[:, 0, 0, 0].astype(np.float64) / 255

    best = areas(red, photo, np.array([[0, 1], [2, 3]]))
    assert best.deletion == pytest.approx((2 * 1 + (1 + 0.25) / 2 + 13 * 0.25) / STEPS)
    assert best.insertion == pytest.approx((2 * 0.25 + (1 + 0.25) / 2 + 13 * 1) / STEPS)
    worst = areas(red, photo, np.array([[3, 1], [2, 0]]))
    assert worst.deletion == pytest.approx((13 * 1 + (1 + 0.25) / 2 + 2 * 0.25) / STEPS)
    assert worst.insertion == pytest.approx((13 * 0.25 + (1 + 0.25) / 2 + 2 * 1) / STEPS)


def test_the_curves_go_from_the_photo_to_its_mean_colour_and_back() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    seen = []

    def watch(photos: NDArray[np.float32]) -> NDArray[np.float64]:
        seen.append(photos)
        return np.zeros(len(photos))

    ranks = np.random.default_rng(2).permutation(16 * 16).reshape(16, 16)
    areas(watch, photo, ranks)
    (photos,) = seen
    assert photos.dtype == np.float32
    deleted, inserted = photos[: STEPS + 1], photos[STEPS + 1 :]
    empty = np.broadcast_to(photo.mean(axis=(0, 1)), photo.shape)
    np.testing.assert_array_equal(deleted[0], photo)
    np.testing.assert_array_equal(inserted[-1], photo)
    np.testing.assert_allclose(deleted[-1], empty, rtol=1e-6)
    np.testing.assert_allclose(inserted[0], empty, rtol=1e-6)
    np.testing.assert_allclose(deleted + inserted, np.stack([photo + empty] * (STEPS + 1)), rtol=1e-6)
