import io
import random as python_random
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pydantic import ValidationError

from training.augmentation import (
    HIDDEN_SIDES,
    LARGEST_TURN,
    LONGEST_STRETCH,
    PASTED_SIDES,
    QUALITIES,
    Shares,
    augmented,
    blurred,
    compressed,
    grey,
    mirrored,
    mix_up,
    noisy,
    partly_hidden,
    pasted,
    random_crop,
    saturated,
    toned,
    turned,
)

Bytes = NDArray[np.uint8]
Change = Callable[[Image.Image, np.random.Generator], Image.Image]

NAMES = tuple(Shares.model_fields)
NONE = dict.fromkeys(NAMES, 0.0)
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)
SEEDS = st.integers(0, 2**32)
LENGTHS = st.integers(1, 200)


def ramps(side: int = 256) -> Bytes:
    """Red tells how far right a pixel lies, green how far down."""
    photo = np.zeros((side, side, 3), np.uint8)
    steps = np.linspace(0, 255, side).round().astype(np.uint8)
    photo[..., 0], photo[..., 1] = steps[None, :], steps[:, None]
    return photo


def noise(*shape: int) -> Bytes:
    return np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)


def plain(side: int, *colour: int) -> Image.Image:
    return Image.new("RGB", (side, side), colour)


def changed(change: Change, image: Image.Image, times: int) -> list[NDArray[np.float64]]:
    """The same image, changed by chance again and again."""
    random = np.random.default_rng(3)
    return [np.asarray(change(image.copy(), random), np.float64) for _ in range(times)]


class Drawn(np.random.Generator):
    """A generator whose uniform numbers are known, one for each call."""

    def __init__(self, *numbers: Any) -> None:
        super().__init__(np.random.PCG64(1))
        self.numbers = list(numbers)

    def uniform(self, *_: Any) -> Any:
        return self.numbers.pop(0)


# Crops.


@given(height=LENGTHS, width=LENGTHS, side=st.integers(8, 64), smallest_area=st.floats(0.01, 1), soft=st.floats(0, 1),
       seed=SEEDS, colour=COLOURS)  # fmt: skip
def test_any_photo_can_be_cropped_and_a_plain_one_stays_plain(
    height: int, width: int, side: int, smallest_area: float, soft: float, seed: int, colour: tuple[int, int, int]
) -> None:
    photo = np.full((height, width, 3), colour, np.uint8)
    crop = random_crop(photo, side, smallest_area, soft, np.random.default_rng(seed))
    assert crop.mode == "RGB"
    np.testing.assert_array_equal(crop, np.full((side, side, 3), colour))


def extents(image: Image.Image) -> tuple[float, float, float, float]:
    """Left, top, width and height of a crop of the ramps, as shares of the photo."""
    crop = np.asarray(image)
    left, right = crop[:, 2, 0].mean() / 255, crop[:, -3, 0].mean() / 255
    top, bottom = crop[2, :, 1].mean() / 255, crop[-3, :, 1].mean() / 255
    inner = (len(crop) - 5) / len(crop)  # from the centre of the third pixel to that of the last but two
    return left, top, (right - left) / inner, (bottom - top) / inner


@pytest.mark.parametrize("soft", [0, 1])
@pytest.mark.parametrize("smallest_area", [0.1, 0.35, 0.8])
def test_crops_keep_the_area_and_the_proportions_that_they_should(smallest_area: float, soft: float) -> None:
    random = np.random.default_rng(3)
    crops = np.array([extents(random_crop(ramps(), 64, smallest_area, soft, random)) for _ in range(300)])
    left, top, width, height = crops.T
    # Where the stretched crop does not fit in the photo it is cut: from area 1, at most to the root of 3/4 of it.
    least = min(smallest_area, np.sqrt(1 / LONGEST_STRETCH))
    assert (width * height > least - 0.03).all()
    assert (width * height).min() < smallest_area + 0.1 * (1 - smallest_area) + 0.03
    assert (width * height).max() > 0.9
    assert (width / height).max() == pytest.approx(LONGEST_STRETCH, abs=0.08)
    assert (width / height).min() == pytest.approx(1 / LONGEST_STRETCH, abs=0.08)
    assert (width > 0).all()  # mirrored later
    assert min(left.min(), top.min()) < 0.05
    assert min((1 - left - width).min(), (1 - top - height).min()) < 0.03


def test_crops_lie_anywhere_in_the_photo() -> None:
    random = np.random.default_rng(3)
    crops = np.array([extents(random_crop(ramps(), 64, 0.1, 0, random)) for _ in range(300)])
    left, top, width, height = crops[crops[:, 2] < 0.5].T
    for start, length in ((left, width), (top, height)):
        free = start / (1 - length)  # 0 at one edge, 1 at the other
        assert np.quantile(free, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.12)


@pytest.mark.parametrize("soft", [0, 0.25, 1])
def test_as_many_crops_are_softened_as_should_be(soft: float) -> None:
    photo, random = noise(64, 64, 3), np.random.default_rng(4)
    crops = [np.asarray(random_crop(photo, 64, 1, soft, random), int) for _ in range(400)]
    detail = np.array([np.abs(np.diff(crop, axis=1)).mean() for crop in crops])
    # Enlarged, by the mildest filter, a sharp crop keeps 54 of the photo's 85 at least, and a soft one 52 at most.
    assert (detail < 53).mean() == pytest.approx(soft, abs=0.11 if soft == 0.25 else 0)


# Single changes.


def test_a_mirrored_photo_is_numpys() -> None:
    photo = noise(9, 9, 3)
    result = mirrored(Image.fromarray(photo), np.random.default_rng(1))
    np.testing.assert_array_equal(result, photo[:, ::-1])


@given(side=st.integers(8, 64), colour=COLOURS, seed=SEEDS)
def test_a_turned_photo_has_no_empty_corner(side: int, colour: tuple[int, int, int], seed: int) -> None:
    result = turned(plain(side, *colour), np.random.default_rng(seed))
    np.testing.assert_array_equal(result, plain(side, *colour))


@pytest.mark.parametrize("degrees", [-20, -7.5, 0, 12, 20])
def test_a_photo_is_turned_by_the_angle_about_its_centre_and_enlarged_to_reach_the_corners(degrees: float) -> None:
    result = np.asarray(turned(Image.fromarray(ramps()), Drawn(degrees)), float)[..., :2]
    steps = np.arange(256) - 127.5  # from the centre
    right, down = np.meshgrid(steps, steps)
    here = np.stack([right.ravel(), down.ravel(), np.ones(256 * 256)], axis=1)
    found, *_ = np.linalg.lstsq(here, result.reshape(-1, 2) - 127.5, rcond=None)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    reach = np.sqrt(2) * np.cos(np.pi / 4 - abs(angle))  # of a turned corner, where the photo's own edge is at 1
    np.testing.assert_allclose(found[:2], turn / reach, atol=1e-3)
    np.testing.assert_allclose(found[2], -0.5 if degrees else 0, atol=0.1)  # Pillow rounds down


def test_photos_are_turned_to_either_side_as_far_as_the_largest_turn() -> None:
    angles = []
    for result in changed(turned, Image.fromarray(ramps(64)), 200):
        across = result[:, -1, :2].mean(axis=0) - result[:, 0, :2].mean(axis=0)
        angles.append(np.degrees(np.arctan2(-across[1], across[0])))
    assert (min(angles), max(angles)) == pytest.approx((-LARGEST_TURN, LARGEST_TURN), abs=1)
    assert np.mean(angles) == pytest.approx(0, abs=3.3)  # 4 deviations


def rectangle(marks: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is marked, which has to be a rectangle."""
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    box = marks[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert box.all()
    return int(columns[0]), int(rows[0]), box.shape[1], box.shape[0]


@given(side=st.integers(8, 64), seed=SEEDS)
def test_exactly_a_rectangle_of_one_colour_is_hidden(side: int, seed: int) -> None:
    photo = ramps(side)
    result = np.asarray(partly_hidden(Image.fromarray(photo.copy()), np.random.default_rng(seed)))
    marks = (result != photo).any(axis=2)
    colours, counts = np.unique(result[marks], axis=0, return_counts=True)
    marks |= (result == colours[0]).all(axis=2)  # by chance, a pixel had the colour before
    _, _, *sides = rectangle(marks)
    assert len(counts) == 1
    for length in sides:
        assert round(HIDDEN_SIDES[0] * side) <= length <= round(HIDDEN_SIDES[1] * side)


def test_what_is_hidden_may_be_anywhere_of_any_stated_size_and_colour() -> None:
    photo = Image.fromarray(noise(60, 60, 3))
    results = changed(partly_hidden, photo, 400)
    boxes = np.array([rectangle((result != np.asarray(photo)).any(axis=2)) for result in results])
    left, top, width, height = boxes.T
    for start, length in ((left, width), (top, height)):
        assert (start.min(), (start + length).max()) == (0, 60)
        assert (length.min(), length.max()) == (12, 33)  # 0.2 and 0.55 of 60
    assert np.corrcoef(width, height)[0, 1] == pytest.approx(0, abs=0.2)  # 4 deviations
    colours = np.array([result[row, column] for result, (column, row, *_) in zip(results, boxes, strict=True)])
    assert colours.min() < 5
    assert colours.max() > 250


def all_tones() -> Image.Image:
    return Image.fromarray(np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (1, 1, 3)))


def tone(gamma: float, contrast: float, brightness: float, balance: float) -> NDArray[np.float64]:
    """What becomes of the tones 0 to 255 of a channel."""
    curve = ((np.arange(256) / 255) ** gamma - 0.5) * contrast + 0.5 + brightness
    return np.asarray(np.clip(curve * balance, 0, 1) * 255)


def test_a_tone_is_changed_as_computed_by_hand() -> None:
    balance = np.log([[1.0], [1.1], [0.9]])
    result = np.asarray(toned(all_tones(), Drawn(np.log(2), 1.2, 0.1, balance)))[0]
    # 204/255 = 0.8; 0.8^2 = 0.64; (0.64 - 0.5) * 1.2 + 0.5 + 0.1 = 0.768; times 255 is 195.84.
    assert result[204].tolist() == [196, 215, 176]
    assert result[0].tolist() == [0, 0, 0]  # (0 - 0.5) * 1.2 + 0.6 = 0
    assert result[255].tolist() == [255, 255, 255]  # 1.2, 1.32 and 1.08 are more than there is


def test_neutral_chances_leave_every_tone_as_it_is() -> None:
    np.testing.assert_array_equal(toned(all_tones(), Drawn(0, 1, 0, np.zeros((3, 1)))), all_tones())


def test_tones_keep_their_order_and_reach_their_bounds_and_not_beyond() -> None:
    corners = product(np.exp([-0.5, 0.5]), (0.7, 1.3), (-0.12, 0.12), np.exp([-0.15, 0.15]))
    extremes = np.array([tone(*corner) for corner in corners])
    results = np.array(changed(toned, all_tones(), 2000))[:, 0]  # [times, tones, channels]
    assert (np.diff(results, axis=1) >= 0).all()
    lowest, highest = extremes.min(axis=0)[:, None], extremes.max(axis=0)[:, None]
    assert (results >= np.floor(lowest)).all()
    assert (results <= np.ceil(highest)).all()
    middle = results[:, 128]
    assert middle.min() == pytest.approx(lowest[128].item(), abs=25)
    assert middle.max() == pytest.approx(highest[128].item(), abs=25)
    apart = results[:, 64:192].mean(axis=1)
    assert (np.ptp(apart, axis=1) > 1).mean() > 0.95  # the channels differ: warmer, colder


def test_colours_become_paler_or_stronger_about_their_own_grey() -> None:
    factors = []
    for result in changed(saturated, plain(4, 150, 110, 130), 300):
        assert np.ptp(result, axis=(0, 1)).max() == 0
        red, green, blue = result[0, 0]
        assert 0.299 * red + 0.587 * green + 0.114 * blue == pytest.approx(124, abs=1.5)  # the grey of 150, 110, 130
        factors.append((red - green) / 40)
    assert (min(factors), max(factors)) == pytest.approx((0.2, 1.8), abs=0.06)


def test_grey_has_three_equal_channels_of_the_luminance() -> None:
    photo = noise(20, 20, 3)
    result = np.asarray(grey(Image.fromarray(photo), np.random.default_rng(1)))
    assert result.shape == photo.shape
    assert np.ptp(result, axis=2).max() == 0
    np.testing.assert_allclose(result[..., 0], photo @ [0.299, 0.587, 0.114], atol=1)  # ITU-R BT.601


def test_an_edge_is_blurred_by_the_stated_shares_of_the_side() -> None:
    edge = np.zeros((16, 200, 3), np.uint8)
    edge[:, 100:] = 255
    widths = []
    for result in changed(blurred, Image.fromarray(edge), 200):
        slope = np.diff(result[8, :, 0]) / 255
        places = np.arange(199) - 99
        assert slope @ places == pytest.approx(0, abs=0.3)
        widths.append(np.sqrt(slope @ places**2))
    assert min(widths) == pytest.approx(0.003 * 200, abs=0.2)
    assert max(widths) == pytest.approx(0.015 * 200, abs=0.4)
    np.testing.assert_array_equal(blurred(plain(16, 9, 99, 255), np.random.default_rng(1)), plain(16, 9, 99, 255))


def test_noise_has_the_stated_deviations_and_makes_nothing_brighter_or_darker() -> None:
    results = np.array(changed(noisy, plain(64, 128, 128, 128), 200)) - 128
    deviations = results.std(axis=(1, 2, 3))
    assert (deviations.min(), deviations.max()) == pytest.approx((4, 20), abs=0.5)
    assert np.abs(results.mean(axis=(1, 2, 3)) / deviations).max() < 4.5 / np.sqrt(64 * 64 * 3)
    for left, right in ((0, 1), (0, 2), (1, 2)):
        channels = results[..., left].ravel(), results[..., right].ravel()
        assert abs(np.corrcoef(*channels)[0, 1]) < 0.005  # of 800,000 pixels: 4.5 deviations


@pytest.mark.parametrize("level", [0, 255])
def test_noise_on_black_and_white_goes_round_no_corner(level: int) -> None:
    for result in changed(noisy, plain(32, level, level, level), 5):
        assert np.abs(result - level).max() < 120
        assert (result == level).mean() > 0.4


def test_compressing_writes_jpeg_of_no_other_than_the_stated_qualities() -> None:
    photo = Image.fromarray(noise(16, 16, 3))
    possible = set()
    for quality in range(*QUALITIES):
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=quality)
        possible.add(np.asarray(Image.open(file), np.float64).tobytes())
    assert (QUALITIES[0], QUALITIES[1] - 1) == (20, 95)
    assert {result.tobytes() for result in changed(compressed, photo, 1200)} == possible


# All of them together.


@given(height=LENGTHS, width=LENGTHS, side=st.integers(8, 64), smallest_area=st.floats(0.01, 1),
       strength=st.floats(0, 1), seed=SEEDS)  # fmt: skip
def test_any_augmented_photo_is_a_photo_and_the_generators_work_alone(
    height: int, width: int, side: int, smallest_area: float, strength: float, seed: int
) -> None:
    photo = noise(height, width, 3)
    photo.setflags(write=False)  # as a cache's are
    shares = Shares(**dict.fromkeys(NAMES, 1.0)).weaker(strength)
    results = []
    for other in (1, 2):  # no other chance has a say
        python_random.seed(other)
        np.random.seed(other)
        results.append(augmented(photo, side, smallest_area, shares, np.random.default_rng(seed)))
    assert (results[0].shape, results[0].dtype) == ((side, side, 3), np.dtype(np.uint8))
    np.testing.assert_array_equal(results[0], results[1])


def test_other_chances_make_another_photo_of_it() -> None:
    photos = [
        augmented(noise(50, 60, 3), 32, 0.5, Shares(), np.random.default_rng(seed)).tobytes() for seed in range(50)
    ]
    assert len(set(photos)) == 50


def crop_and_mirror(photo: Bytes, seed: int, soft: float = 0) -> list[bytes]:
    crop = np.asarray(random_crop(photo, 64, 0.6, soft, np.random.default_rng(seed)))
    return [crop.tobytes(), crop[:, ::-1].tobytes()]


def test_shares_of_none_crop_and_mirror_every_second_one_only() -> None:
    photo = noise(30, 40, 3)
    kinds = []
    for seed in range(400):
        result = augmented(photo, 64, 0.6, Shares(**NONE), np.random.default_rng(seed))
        kinds.append(crop_and_mirror(photo, seed).index(result.tobytes()))
    assert np.mean(kinds) == pytest.approx(0.5, abs=0.11)  # 4.5 deviations


@pytest.mark.parametrize("name", NAMES)
def test_a_share_of_one_reaches_every_photo(name: str) -> None:
    photo = noise(30, 40, 3)
    for seed in range(50):
        result = augmented(photo, 64, 0.6, Shares(**{**NONE, name: 1.0}), np.random.default_rng(seed))
        assert result.tobytes() not in crop_and_mirror(photo, seed)
        if name == "soft":
            assert result.tobytes() in crop_and_mirror(photo, seed, soft=1)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"soft"}))
def test_a_share_is_how_many_photos_a_change_reaches(name: str) -> None:
    photo = noise(30, 40, 3)
    shares = Shares(**{**NONE, name: 0.3})
    reached = [
        augmented(photo, 64, 0.6, shares, np.random.default_rng(seed)).tobytes() not in crop_and_mirror(photo, seed)
        for seed in range(400)
    ]
    assert np.mean(reached) == pytest.approx(0.3, abs=0.103)  # 4.5 deviations


@given(strength=st.floats(0, 1), share=st.floats(0, 1))
def test_weaker_shares_are_all_multiplied(strength: float, share: float) -> None:
    shares = Shares(grey=share)
    weaker = shares.weaker(strength)
    assert weaker.model_dump() == {name: value * strength for name, value in shares.model_dump().items()}
    assert shares.grey == share


@pytest.mark.parametrize("name", NAMES)
def test_a_share_is_between_none_and_all(name: str) -> None:
    for share in (0, 1):
        assert getattr(Shares.model_validate({name: share}), name) == share
    for over in (-0.01, 1.01):
        with pytest.raises(ValidationError, match=name):
            Shares.model_validate({name: over})


def test_a_change_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError, match="upside_down"):
        Shares.model_validate({"upside_down": 0.5})


# Several photos in one.


@given(scene_size=st.tuples(LENGTHS, LENGTHS), photo_size=st.tuples(LENGTHS, LENGTHS), seed=SEEDS)
def test_a_photo_of_any_size_is_pasted_whole_and_small_into_any_scene(
    scene_size: tuple[int, int], photo_size: tuple[int, int], seed: int
) -> None:
    scene, photo = np.full((*scene_size, 3), (10, 200, 60), np.uint8), np.full((*photo_size, 3), (250, 0, 90), np.uint8)
    scene.setflags(write=False)  # as a cache's are
    together = pasted(scene, photo, np.random.default_rng(seed))
    assert (together.shape, together.dtype) == (scene.shape, np.dtype(np.uint8))
    marks = (together == photo[0, 0]).all(axis=2)
    np.testing.assert_array_equal(together[~marks], scene[~marks])
    _, _, *size = rectangle(marks)
    least, most = (max(1, round(min(scene_size) * share)) for share in PASTED_SIDES)
    assert least <= max(size) <= most
    # Proportions stay, but for a rounding of each side, and nothing becomes thinner than a pixel.
    shorter = max(1.0, max(size) * min(photo_size) / max(photo_size))
    assert min(size) == pytest.approx(shorter, abs=1)
    assert (size[0] < size[1]) <= (photo_size[1] < photo_size[0])


def test_a_pasted_photo_lies_anywhere_in_the_scene_in_all_stated_sizes() -> None:
    scene, photo, random = (
        np.zeros((40, 60, 3), np.uint8),
        np.full((20, 20, 3), 255, np.uint8),
        np.random.default_rng(5),
    )
    boxes = np.array([rectangle(pasted(scene, photo, random)[..., 0] == 255) for _ in range(600)])
    left, top, width, height = boxes.T
    assert (width == height).all()
    assert (width.min(), width.max()) == (14, 30)  # 0.35 and 0.75 of 40
    for start, length, whole in ((left, width, 60), (top, height, 40)):
        assert (start.min(), (start + length).max()) == (0, whole)
        assert (start / (whole - length)).mean() == pytest.approx(0.5, abs=0.06)  # 4.5 deviations


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
