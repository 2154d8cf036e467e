import numpy as np
import pytest

from model.explanations.focus import CHANCE, Mosaic, focus, halved, mosaic


def plain(height: int, width: int, *greys: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.stack([np.full((height, width, 3), grey, np.uint8) for grey in greys])


def test_a_photo_is_halved_as_computed_by_hand() -> None:
    photo = np.zeros((3, 4, 3), np.uint8)  # the third row is left out
    photo[..., 0] = [[10, 20, 1, 2], [30, 40, 3, 5], [99, 99, 99, 99]]
    found = halved(photo)
    assert found.dtype == np.uint8
    assert found.shape == (1, 2, 3)
    assert found[0, :, 0].tolist() == [25, 3]  # of 2.75


@pytest.mark.parametrize("seed", range(8))
def test_the_subject_is_among_photos_of_other_labels(seed: int) -> None:
    photos = plain(6, 8, 10, 20, 30, 40, 50)
    found = mosaic(photos, np.array([0, 0, 1, 2, 1]), 0, np.random.default_rng(seed))
    assert found is not None
    assert found.picture.dtype == np.uint8
    assert found.picture.shape == (6, 8, 3)
    assert (found.picture[found.rows, found.columns] == 10).all()
    assert sorted(np.unique(found.picture, return_counts=True)[0]) == [10, 30, 40, 50]
    assert (found.picture == 10).sum() == 3 * 4 * 3


def test_the_subject_may_be_in_any_corner() -> None:
    photos, random = plain(4, 4, 1, 2, 3, 4), np.random.default_rng(3)
    made = [mosaic(photos, np.arange(4), 2, random) for _ in range(40)]
    assert {(found.rows.start, found.columns.start) for found in made if found} == {(0, 0), (0, 2), (2, 0), (2, 2)}


def test_two_photos_are_enough() -> None:
    found = mosaic(plain(4, 4, 7, 9), np.array([1, 0]), 1, np.random.default_rng(1))
    assert found is not None
    assert (found.picture[found.rows, found.columns] == 9).all()
    assert (found.picture == 7).mean() == 0.75


def test_without_another_label_there_is_no_mosaic() -> None:
    assert mosaic(plain(4, 4, 1, 2, 3), np.zeros(3, np.int64), 0, np.random.default_rng(1)) is None


def test_an_odd_last_row_and_column_are_there_twice() -> None:
    found = mosaic(plain(5, 7, 1, 2), np.array([0, 1]), 0, np.random.default_rng(1))
    assert found is not None
    assert found.picture.shape == (5, 7, 3)
    np.testing.assert_array_equal(found.picture[4], found.picture[3])
    np.testing.assert_array_equal(found.picture[:, 6], found.picture[:, 5])


ABOUT = Mosaic(np.zeros((2, 4, 3), np.uint8), slice(0, 1), slice(2, 4))


def test_the_share_of_a_map_is_as_computed_by_hand() -> None:
    assert focus(np.array([[0, 1, 2, 3], [4, 0, 0, 0.0]]), ABOUT) == 5 / 10
    assert focus(np.ones((2, 4)), ABOUT) == CHANCE


def test_what_speaks_against_the_label_is_left_out() -> None:
    assert focus(np.array([[-9, 1, -2, 3], [0, 0, -1, 0.0]]), ABOUT) == 3 / 4
    assert focus(-np.ones((2, 4)), ABOUT) == 0
