import numpy as np
import pytest
import skimage.filters
from numpy.typing import NDArray

from model.explanations.explanation import Explanation, Grid
from model.explanations.occlusion import occlusion
from model.explanations.orders import CELLS, by_cell, by_pixel, centre, edges, parts, ranked
from tests.model.explanations.networks import drawn


def explanation(values: object, grid: Grid, **facts: object) -> Explanation:
    return Explanation(np.array(values, np.float32), 0, grid, facts)


def test_a_map_of_pixels_is_as_it_is() -> None:
    assert by_pixel(explanation([[1, 2, 3], [4, 5, 6]], Grid()), 2, 3).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_pixel_has_the_number_of_the_cell_it_lies_in() -> None:
    grid = Grid(top=-1, left=1, height=2, width=2, down=2, across=2)  # pixels left of the first cell belong to it
    assert by_pixel(explanation([[1, 2], [3, 4]], grid), 3, 6).tolist() == [
        [1, 1, 1, 2, 2, 2],
        [3, 3, 3, 4, 4, 4],
        [3, 3, 3, 4, 4, 4],
    ]


def test_a_pixel_has_the_mean_of_the_windows_that_cover_it() -> None:
    """Three rows of two windows, two high and three wide, on five by four pixels; the last row begins one lower."""
    values = [[0, 12], [6, 18], [600, 1200]]
    found = by_pixel(explanation(values, Grid(0, 0, 2, 3, 2, 1), tops=[0, 2, 3], lefts=[0, 1]), 5, 4)
    assert found.tolist() == [
        [0, 6, 6, 12],
        [0, 6, 6, 12],
        [6, 12, 12, 18],
        [303, 456, 456, 609],
        [600, 900, 900, 1200],
    ]


def test_the_windows_of_an_occlusion_reach_every_pixel() -> None:
    def brightness(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        means: NDArray[np.float32] = images.mean(axis=(1, 2), dtype=np.float32)
        return means

    photo = np.zeros((20, 30, 3), np.uint8)
    photo[12:, 20:, 0] = 255
    found = by_pixel(occlusion(brightness, photo, 0, baseline="black"), 20, 30)
    assert found.shape == (20, 30)
    assert found[15:, 25:].min() > 0
    assert not found[:5].any()


def test_a_part_has_the_mean_of_its_pixels() -> None:
    pixels = np.arange(64 * 48).reshape(64, 48).astype(np.float64)
    found = by_cell(pixels)
    assert found.shape == (CELLS, CELLS)
    np.testing.assert_allclose(found, pixels.reshape(CELLS, 4, CELLS, 3).mean(axis=(1, 3)))


@pytest.mark.parametrize(("side", "sizes"), [(CELLS, {1}), (CELLS + 1, {1, 2}), (128, {8}), (100, {6, 7}), (3, {1})])
def test_a_side_falls_into_parts_of_nearly_the_same_size(side: int, sizes: set[int]) -> None:
    found = parts(side)
    assert (np.diff(found) >= 0).all()
    assert set(np.bincount(found).tolist()) == sizes
    assert found[-1] + 1 == min(side, CELLS)


def test_the_largest_number_comes_first() -> None:
    random = np.random.default_rng(1)
    assert ranked(np.array([[0.5, -3], [8, 0.25]]), random).tolist() == [[1, 3], [0, 2]]


def test_equals_come_in_any_order() -> None:
    random = np.random.default_rng(1)
    firsts = {int(ranked(np.array([[1.0, 1, 0, 1]]), random).argmin()) for _ in range(50)}
    assert firsts == {0, 1, 3}


def test_an_edge_is_as_sharp_as_computed_by_hand() -> None:
    """A step of 30 in red is one of 10 in brightness; Sobel's weights of a side are 1, 2 and 1."""
    photo = np.zeros((3, 4, 3), np.uint8)
    photo[:, 2:, 0] = 30
    np.testing.assert_allclose(edges(photo), [[0, 40, 40, 0]] * 3)
    np.testing.assert_allclose(edges(photo.transpose(1, 0, 2)), np.transpose([[0, 40, 40, 0]] * 3))


def test_edges_are_those_of_scikit_image() -> None:
    photo = drawn(9, 12)
    bright = photo.mean(axis=2)
    expected = np.hypot(skimage.filters.sobel_h(bright), skimage.filters.sobel_v(bright)) * 4
    np.testing.assert_allclose(edges(photo)[1:-1, 1:-1], expected[1:-1, 1:-1])


def test_the_centre_comes_first_and_the_corners_last() -> None:
    found = centre(3, 5)
    assert found[1, 2] == found.max() == 0
    assert found[0, 0] == found[2, 4] == found.min() == pytest.approx(-np.hypot(1 / 3, 2 / 5))
