import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from tests.conftest import photo_of
from training.comparison.damage import DAMAGES, SEVERITIES, Pixels

photos = st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)).flatmap(lambda shape: arrays(np.uint8, shape))
colours = st.tuples(*[st.integers(0, 255)] * 3)


def plain(colour: tuple[int, int, int], height: int = 20, width: int = 30) -> Pixels:
    return np.full((height, width, 3), colour, np.uint8)


def columns(width: int) -> Pixels:
    """A photo whose every pixel says which column it is in."""
    return np.broadcast_to(np.arange(width, dtype=np.uint8)[None, :, None], (4, width, 3)).copy()


@pytest.fixture(scope="module")
def cat() -> Pixels:
    return np.asarray(photo_of("chelsea").resize((128, 128), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("damage", DAMAGES)
@given(photo=photos, severity=st.sampled_from(SEVERITIES))
def test_any_photo_keeps_its_shape_and_is_damaged_alike_each_time(damage: str, photo: Pixels, severity: int) -> None:
    before = photo.copy()
    damaged = DAMAGES[damage](photo, severity)
    assert damaged.shape == photo.shape
    assert damaged.dtype == np.uint8
    assert np.array_equal(damaged, DAMAGES[damage](photo, severity))
    assert np.array_equal(photo, before)
    damaged[:] = 0  # nobody's but the caller's
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_severity_has_a_level_and_there_are_no_others(damage: str) -> None:
    assert len(DAMAGES[damage].levels) == len(SEVERITIES) == 5
    for severity in (0, 6):
        with pytest.raises(ValueError, match=f"from 1 to 5; received: {severity}"):
            DAMAGES[damage](plain((0, 0, 0)), severity)


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "flip"])
def test_each_severity_takes_a_photo_further_from_what_it_was(damage: str, cat: Pixels) -> None:
    distances = [np.abs(DAMAGES[damage](cat, severity) - cat.astype(float)).mean() for severity in SEVERITIES]
    assert distances[0] > 0.5
    assert distances == sorted(set(distances))


@pytest.mark.parametrize("damage", ["shift", "flip", "rotation", "zoom", "blur"])
@given(colour=colours, severity=st.sampled_from(SEVERITIES))
def test_what_moves_pixels_brings_in_no_colour_of_its_own(
    damage: str, colour: tuple[int, int, int], severity: int
) -> None:
    assert np.array_equal(DAMAGES[damage](plain(colour), severity), plain(colour))


def test_a_fifth_of_the_colour_goes_at_a_time() -> None:
    # Red's brightness is 0.299 * 255 = 76: the red goes down to it, and green and blue come up to it.
    means = [DAMAGES["grey"](plain((255, 0, 0)), severity)[0, 0] for severity in SEVERITIES]
    expected = [(255 - share * 179, share * 76, share * 76) for share in (0.2, 0.4, 0.6, 0.8, 1)]
    assert np.abs(np.array(means, float) - expected).max() <= 1


@given(photo=photos)
def test_the_severest_grey_has_no_colour_and_the_right_brightness(photo: Pixels) -> None:
    grey = DAMAGES["grey"](photo, 5)
    assert (grey == grey[..., :1]).all()
    assert np.abs(grey[..., 0] - photo @ [0.299, 0.587, 0.114]).max() <= 1


@pytest.mark.parametrize(("severity", "pixels"), [(1, 2), (2, 4), (5, 10)])
def test_a_photo_of_100_columns_moves_right_by_percents_and_is_mirrored_in(severity: int, pixels: int) -> None:
    shifted = DAMAGES["shift"](columns(100), severity)[0, :, 0].tolist()
    assert shifted == [*reversed(range(pixels)), *range(100 - pixels)]


@given(photo=photos, severity=st.sampled_from(SEVERITIES))
def test_a_flip_mirrors_left_and_right_at_every_severity(photo: Pixels, severity: int) -> None:
    flipped = DAMAGES["flip"](photo, severity)
    assert np.array_equal(flipped[:, 0], photo[:, -1])
    assert np.array_equal(DAMAGES["flip"](flipped, severity), photo)


@pytest.mark.parametrize(("severity", "degrees"), [(1, 5), (4, 20), (5, 30)])
def test_a_dot_turns_about_the_centre(severity: int, degrees: int) -> None:
    photo = plain((0, 0, 0), 81, 101)
    photo[38:43, 78:83] = 255  # 30 pixels right of the centre at row 40, column 50
    rows, across = np.nonzero(DAMAGES["rotation"](photo, severity)[..., 0] > 127)
    angle = np.radians(degrees)
    assert (rows.mean(), across.mean()) == pytest.approx((40 - 30 * np.sin(angle), 50 + 30 * np.cos(angle)), abs=0.6)


@pytest.mark.parametrize(("severity", "side"), [(1, 44), (3, 52), (5, 60)])
def test_a_square_in_the_middle_grows(severity: int, side: int) -> None:
    photo = plain((0, 0, 0), 100, 100)
    photo[30:70, 30:70] = 255
    inside = DAMAGES["zoom"](photo, severity)[..., 0] > 127
    first, last = 50 - side // 2, 49 + side // 2
    assert [int(place) for axis in np.nonzero(inside) for place in (axis.min(), axis.max())] == [first, last] * 2


@pytest.mark.parametrize(("severity", "deviation"), [(3, 2), (4, 3), (5, 4)])
def test_a_line_blurs_to_a_bell_of_its_deviation(severity: int, deviation: int) -> None:
    photo = plain((0, 0, 0), 20, 100)
    photo[:, 50] = 255
    bell = DAMAGES["blur"](photo, severity)[10, :, 0].astype(float)
    assert np.sqrt((bell * (np.arange(100) - 50) ** 2).sum() / bell.sum()) == pytest.approx(deviation, rel=0.1)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_noise_has_its_deviation_and_leaves_the_brightness(severity: int) -> None:
    noise = DAMAGES["noise"](plain((128, 128, 128), 100, 100), severity)
    assert noise.std() == pytest.approx(DAMAGES["noise"].levels[severity - 1], rel=0.05)
    assert noise.mean() == pytest.approx(128, abs=1)


def test_two_photos_have_noise_of_their_own(cat: Pixels) -> None:
    first, second = (DAMAGES["noise"](photo, 1) - photo.astype(int) for photo in (cat // 2 + 60, cat // 2 + 61))
    assert not np.array_equal(first, second)


def test_darkness_is_as_computed_by_hand() -> None:
    dark = [DAMAGES["dark"](plain((200, 100, 10)), severity)[0, 0].tolist() for severity in SEVERITIES]
    assert dark == [[160, 80, 8], [120, 60, 6], [90, 45, 4], [60, 30, 3], [40, 20, 2]]


@pytest.mark.parametrize(("severity", "rows", "columns"), [(1, 32, 63), (2, 45, 89), (5, 71, 141)])
def test_a_grey_rectangle_hides_its_share_of_the_area(severity: int, rows: int, columns: int) -> None:
    hidden = (DAMAGES["hidden"](plain((0, 0, 0), 100, 200), severity) == 128).all(axis=2)
    assert hidden.sum() == rows * columns == pytest.approx(severity * 0.1 * 100 * 200, rel=0.02)
    assert (hidden.any(axis=1).sum(), hidden.any(axis=0).sum()) == (rows, columns)


def test_a_photo_is_hidden_at_a_place_of_its_own() -> None:
    corners = [np.argwhere(DAMAGES["hidden"](plain((shade, 0, 0), 60, 60), 1) == 128)[0] for shade in range(40)]
    tops, lefts, _ = np.transpose(corners)
    assert len(set(tops)) > 10
    assert len(set(lefts)) > 10
    assert tops.max() > 30
    assert tops.min() < 10
