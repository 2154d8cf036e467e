import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.artifact import Artifact
from model.explanations.baselines import BASELINES, Baseline, colour
from model.explanations.explanation import Grid
from model.explanations.occlusion import BATCH, POSITIONS, default_stride, occlusion, positions
from tests.model.explanations.networks import drawn, linear


def predict(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    logits: NDArray[np.float32] = linear()(images).numpy()
    return logits


@pytest.mark.parametrize("baseline", BASELINES)
def test_of_a_linear_network_it_is_the_weights_times_what_the_window_takes_away(baseline: Baseline) -> None:
    photo = drawn(2, 3)
    found = occlusion(predict, photo, 1, window=(1, 2), stride=(1, 1), baseline=baseline)
    taken = 2 * np.arange(1, 19).reshape(2, 3, 3) * (photo - colour(photo, baseline).astype(float))
    by_pixel = taken.sum(axis=-1)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.values, by_pixel[:, :2] + by_pixel[:, 1:], atol=1e-3)
    assert found.logit == predict(photo[None])[0, 1]
    assert found.grid == Grid(0, 0, height=1, width=2, down=1, across=1)
    facts = {key: fact for key, fact in found.facts.items() if key != "meaning"}
    assert facts == {
        "window": [1, 2], "stride": [1, 1], "tops": [0, 1], "lefts": [0, 1],
        "baseline": baseline, "baseline_colour": colour(photo, baseline).tolist(),
    }  # fmt: skip


def test_what_spoke_for_the_label_is_above_zero() -> None:
    photo = np.zeros((2, 3, 3), np.uint8)
    photo[1, 2] = 255
    found = occlusion(predict, photo, 1, window=(1, 1), stride=(1, 1), baseline="black")
    np.testing.assert_array_equal(found.values, [[0, 0, 0], [0, 0, 255 * 102]])
    np.testing.assert_array_equal(occlusion(predict, photo, 0, (1, 1), (1, 1), "black").values, -found.values)


def test_each_value_is_that_of_the_photo_covered_there(shipped: Artifact) -> None:
    photo = drawn(shipped.manifest.height, shipped.manifest.width)
    found = occlusion(lambda images: shipped.predict(images).logits, photo, 1)
    tops, lefts, window = found.facts["tops"], found.facts["lefts"], found.facts["window"]
    assert isinstance(tops, list)
    assert isinstance(lefts, list)
    assert isinstance(window, list)
    assert found.values.shape == (len(tops), len(lefts)) == (POSITIONS, POSITIONS)
    for row, column in ((0, 0), (3, 5), (7, 7)):
        covered = photo.copy()
        covered[tops[row] : tops[row] + window[0], lefts[column] : lefts[column] + window[1]] = colour(photo, "mean")
        loss = found.logit - shipped.predict(covered[None]).logits[0, 1]
        assert found.values[row, column] == pytest.approx(loss, abs=1e-4)


def test_photos_are_predicted_a_batch_at_a_time() -> None:
    sizes = []

    def brightness(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        sizes.append(len(images))
        means: NDArray[np.float32] = images.mean(axis=(1, 2), dtype=np.float32)
        return means

    occlusion(brightness, drawn(9, 9), 0)
    assert (max(sizes), sum(sizes)) == (BATCH, 7 * 7 + 1)


def test_the_photo_itself_is_left_as_it_was() -> None:
    photo = drawn(2, 3)
    before = photo.copy()
    occlusion(predict, photo, 0, window=(1, 1), stride=(1, 1))
    np.testing.assert_array_equal(photo, before)


@pytest.mark.parametrize(
    ("side", "window", "stride", "expected"),
    [
        (8, 2, 2, [0, 2, 4, 6]),
        (8, 3, 2, [0, 2, 4, 5]),
        (8, 8, 1, [0]),
        (8, 8, 8, [0]),
        (9, 3, 3, [0, 3, 6]),
        (128, 32, 14, [0, 14, 28, 42, 56, 70, 84, 96]),
    ],
)
def test_a_window_stands_as_computed_by_hand(side: int, window: int, stride: int, expected: list[int]) -> None:
    assert positions(side, window, stride) == expected


@given(side=st.integers(1, 300), window=st.integers(1, 300), stride=st.integers(1, 300))
def test_every_pixel_is_covered(side: int, window: int, stride: int) -> None:
    assume(stride <= window <= side)
    found = positions(side, window, stride)
    covered = {pixel for first in found for pixel in range(first, first + window)}
    assert covered == set(range(side))
    assert len(set(found)) == len(found)


@given(st.integers(1, 2000))
def test_without_a_stride_there_are_few_windows_and_they_cover_everything(side: int) -> None:
    window = -(-side // 4)
    assert len(positions(side, window, default_stride(side, window))) <= POSITIONS


def test_without_a_stride_small_windows_lie_side_by_side() -> None:
    assert positions(20, 2, default_stride(20, 2)) == list(range(0, 20, 2))


@pytest.mark.parametrize(
    ("window", "stride", "expected"),
    [
        ((3, 1), (1, 1), "a window of 1 to 2 pixels; received: 3"),
        ((1, 4), (1, 1), "a window of 1 to 3 pixels; received: 4"),
        ((0, 1), (1, 1), "a window of 1 to 2 pixels; received: 0"),
        ((1, 2), (1, 3), "a stride of 1 to 2 pixels, that of the window; received: 3"),
        ((1, 1), (0, 1), "a stride of 1 to 1 pixels, that of the window; received: 0"),
    ],
)
def test_what_would_not_cover_the_photo_is_refused(
    window: tuple[int, int], stride: tuple[int, int], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        occlusion(predict, drawn(2, 3), 0, window, stride)
