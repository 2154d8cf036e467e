import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from model.preprocessing import ORIENTATION_TAG, centre_box, preprocess

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)

# How a camera stores an upright photo under each EXIF orientation: what undoes the turn it is named for.
STORED: dict[int, Callable[[Image.Image], Image.Image]] = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.rotate(180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.rotate(90, expand=True),  # held turned to the right, stored turned to the left
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.rotate(-90, expand=True),
}


def four_corners(width: int, height: int) -> Image.Image:
    """Red and green above, blue and yellow below."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def photo_like(width: int, height: int) -> Image.Image:
    """Smooth colours with some detail, the same each time."""
    random = np.random.default_rng(7)
    coarse = random.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.float64)
    detail = random.normal(0, 6, (height, width, 1))
    return Image.fromarray((smooth + detail).clip(0, 255).astype(np.uint8))


def reopened(image: Image.Image, file_format: str, **options: object) -> Image.Image:
    """The image as a file of this format, opened but not decoded."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return Image.open(file)


def turned(image: Image.Image, orientation: int, file_format: str) -> Image.Image:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return reopened(STORED[orientation](image), file_format, exif=exif)


def corners(pixels: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """The colours a little inside the four corners, rounded to none, half or full."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (height // 8, -height // 8) for x in (width // 8, -width // 8)]
    return [tuple(int(round(int(value) / 127.5) * 127.5) for value in pixels[place]) for place in places]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_photos_come_out_upright_whatever_way_the_camera_was_held(file_format: str, orientation: int) -> None:
    done = preprocess(turned(four_corners(96, 64), orientation, file_format), 32, 48)
    assert corners(done.pixels) == [RED, GREEN, BLUE, YELLOW]
    turn = done.steps[1]
    assert (turn.width, turn.height) == (96, 64)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_turn_step_names_the_orientation_that_was_undone(orientation: int) -> None:
    assert preprocess(turned(four_corners(96, 64), orientation, "JPEG"), 32, 48).steps[1].orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_an_orientation_that_exif_does_not_know_turns_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    done = preprocess(reopened(four_corners(96, 64), "JPEG", exif=exif), 32, 48)
    assert corners(done.pixels) == [RED, GREEN, BLUE, YELLOW]
    assert done.steps[1].orientation == 1


@pytest.mark.parametrize("exif", [b"Exif\x00\x00not exif at all", b"Exif\x00\x00MM\x00\x2a\xff"])
def test_exif_that_cannot_be_read_does_not_cost_the_photo(exif: bytes) -> None:
    image = reopened(four_corners(96, 64), "PNG", exif=exif)
    with pytest.raises((SyntaxError, struct.error)):
        image.getexif()
    done = preprocess(reopened(four_corners(96, 64), "PNG", exif=exif), 32, 48)
    assert corners(done.pixels) == [RED, GREEN, BLUE, YELLOW]
    assert done.steps[1].orientation == 1


def grey() -> Image.Image:
    return reopened(Image.new("L", (40, 30), 100), "PNG")


def one_bit() -> Image.Image:
    return reopened(Image.new("1", (40, 30), 1), "PNG")


def sixteen_bit_grey() -> Image.Image:
    return reopened(Image.fromarray(np.full((30, 40), 100 * 256 + 255, np.uint16)), "PNG")


def palette() -> Image.Image:
    return reopened(Image.new("RGB", (40, 30), (10, 200, 30)).quantize(4), "PNG")


def palette_with_transparency() -> Image.Image:
    image = Image.new("P", (40, 30), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    return reopened(image, "PNG", transparency=bytes([255, 0]))


def transparent_colour() -> Image.Image:
    return reopened(Image.new("RGB", (40, 30), (10, 200, 30)), "PNG", transparency=(10, 200, 30))


def half_transparent() -> Image.Image:
    return reopened(Image.new("RGBA", (40, 30), (0, 0, 0, 128)), "PNG")


def half_transparent_grey() -> Image.Image:
    return reopened(Image.new("LA", (40, 30), (0, 128)), "PNG")


def print_colours() -> Image.Image:
    return reopened(Image.new("CMYK", (40, 30), (255, 0, 255, 0)), "JPEG", quality=95)


def animated(file_format: str) -> Image.Image:
    """Red, then green, then blue."""
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, GREEN, BLUE)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    image = reopened(frames[0], file_format, save_all=True, append_images=frames[1:], duration=100, **options)
    assert getattr(image, "n_frames", 1) == 3
    return image


@pytest.mark.parametrize(
    ("image", "mode", "background", "colour"),
    [
        (grey(), "L", None, (100, 100, 100)),
        (one_bit(), "1", None, (255, 255, 255)),
        (sixteen_bit_grey(), "I;16", None, (100, 100, 100)),
        (palette(), "P", None, (10, 200, 30)),
        (palette_with_transparency(), "P", "white", (255, 255, 255)),
        (transparent_colour(), "RGB", "white", (255, 255, 255)),
        (half_transparent(), "RGBA", "white", (127, 127, 127)),
        (half_transparent_grey(), "LA", "white", (127, 127, 127)),
        (print_colours(), "CMYK", None, (0, 255, 0)),
        (animated("GIF"), "P", None, RED),
        (animated("WEBP"), "RGB", None, RED),
        (animated("PNG"), "RGB", None, RED),
    ],
    ids=lambda value: f"{value.format}-{value.mode}" if isinstance(value, Image.Image) else "",
)
def test_every_kind_of_pixel_becomes_rgb(
    image: Image.Image, mode: str, background: str | None, colour: tuple[int, int, int]
) -> None:
    done = preprocess(image, 16, 16)
    assert done.pixels.shape == (16, 16, 3)
    assert done.pixels.dtype == np.uint8
    assert np.abs(done.pixels.astype(int) - colour).max() <= 2  # JPEG and GIF round a little
    coloured = done.steps[2]
    assert (coloured.mode, coloured.background) == (mode, background)


def test_sixteen_bit_grey_keeps_its_gradations() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 256, (256, 1))
    done = preprocess(reopened(Image.fromarray(ramp), "PNG"), 256, 256)
    assert np.array_equal(done.pixels, np.tile(np.arange(256, dtype=np.uint8)[:, None], (256, 1, 3)))


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3000, 2), (2, 3000)])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_the_smallest_and_the_longest_photos_fill_the_input(file_format: str, size: tuple[int, int]) -> None:
    done = preprocess(reopened(Image.new("RGB", size, (200, 100, 50)), file_format, quality=95), 128, 128)
    assert done.pixels.shape == (128, 128, 3)
    assert np.abs(done.pixels.astype(int) - (200, 100, 50)).max() <= 2


def test_a_photo_of_the_inputs_size_passes_through_unchanged() -> None:
    image = photo_like(160, 120)
    assert np.array_equal(preprocess(reopened(image, "PNG"), 120, 160).pixels, np.asarray(image))


def test_the_centre_of_a_wide_photo_is_kept() -> None:
    image = Image.new("RGB", (300, 100), RED)
    image.paste(GREEN, (100, 0, 200, 100))
    done = preprocess(image, 50, 50)
    crop = done.steps[3]
    assert (crop.left, crop.top, crop.right, crop.bottom) == (100, 0, 200, 100)
    assert np.array_equal(done.pixels[:, 1:-1], np.full((50, 48, 3), GREEN))  # the edges blend


@pytest.mark.parametrize(
    ("size", "decoded"),
    [
        ((89, 89), (89, 89)),
        ((90, 90), (45, 45)),  # the shorter side keeps at least 1.4 times the 32 pixels that the network wants
        ((200, 160), (100, 80)),
        ((359, 359), (90, 90)),
        ((360, 360), (45, 45)),
        ((1300, 1250), (163, 157)),  # an eighth is the least that a JPEG can be decoded at
    ],
)
def test_a_large_jpeg_is_decoded_reduced_and_the_step_says_so(size: tuple[int, int], decoded: tuple[int, int]) -> None:
    step = preprocess(reopened(photo_like(*size), "JPEG"), 32, 32).steps[0]
    assert (step.format, step.width, step.height) == ("JPEG", *size)
    assert (step.decoded_width, step.decoded_height) == decoded


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(512, 384), (907, 1203), (1000, 751)])
def test_decoding_a_jpeg_reduced_gives_nearly_the_pixels_of_decoding_it_whole(
    size: tuple[int, int], orientation: int
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    reduced = reopened(photo_like(*size), "JPEG", quality=90, exif=exif)
    whole = reopened(photo_like(*size), "JPEG", quality=90, exif=exif)
    whole.load()
    done, expected = preprocess(reduced, 40, 56), preprocess(whole, 40, 56)
    assert done.steps[0].decoded_width < expected.steps[0].decoded_width == size[0]
    difference = np.abs(done.pixels.astype(int) - expected.pixels)
    assert difference.mean() < 0.6  # of 255
    assert difference.max() <= 6


def test_a_file_that_ends_too_early_is_refused() -> None:
    file = io.BytesIO()
    photo_like(400, 300).save(file, "JPEG")
    image = Image.open(io.BytesIO(file.getvalue()[: len(file.getvalue()) // 2]))
    with pytest.raises(OSError, match="truncated"):
        preprocess(image, 64, 64)


def test_a_path_can_be_preprocessed_as_well_as_bytes(tmp_path: Path) -> None:
    four_corners(96, 64).save(tmp_path / "photo.png")
    with Image.open(tmp_path / "photo.png") as image:
        assert corners(preprocess(image, 32, 48).pixels) == [RED, GREEN, BLUE, YELLOW]


sides = st.integers(1, 5000)
MODES = {"JPEG": ["L", "RGB", "CMYK"], "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"], "WEBP": ["RGB", "RGBA"]}


@st.composite
def photos(draw: st.DrawFn) -> tuple[Image.Image, int, tuple[int, int]]:
    """Any photo, with the orientation and the size that its file has."""
    file_format = draw(st.sampled_from(sorted(MODES)))
    mode = draw(st.sampled_from(MODES[file_format]))
    size = draw(st.tuples(st.integers(1, 700), st.integers(1, 700)))
    orientation = draw(st.integers(1, 8))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    return reopened(Image.new(mode, size), file_format, exif=exif), orientation, size


@given(photo=photos(), height=st.integers(1, 160), width=st.integers(1, 160))
def test_the_steps_of_any_photo_agree_with_each_other_and_with_the_pixels(
    photo: tuple[Image.Image, int, tuple[int, int]], height: int, width: int
) -> None:
    image, orientation, size = photo
    file_format, mode = image.format, image.mode
    done = preprocess(image, height, width)
    decode, turn, colour, crop, resize = done.steps

    assert done.pixels.shape == (height, width, 3)
    assert done.pixels.dtype == np.uint8
    assert (decode.format, decode.mode, colour.mode) == (file_format, mode, mode)
    assert (decode.width, decode.height) == size
    assert turn.orientation == orientation
    assert (turn.width, turn.height) == (size if orientation < 5 else size[::-1])
    assert 0 <= crop.left < crop.right <= turn.width
    assert 0 <= crop.top < crop.bottom <= turn.height
    assert (crop.right - crop.left) * resize.scale == pytest.approx(width)
    assert (crop.bottom - crop.top) * resize.scale == pytest.approx(height)
    assert (resize.width, resize.height) == (width, height)

    shrunk = {1: size, **{n: (-(-size[0] // n), -(-size[1] // n)) for n in (2, 4, 8)}}
    decoded = decode.decoded_width, decode.decoded_height
    assert decoded in shrunk.values()
    if decoded != size:
        assert file_format == "JPEG"
        assert min(decoded) >= max(height, width)  # reduced, yet never below what the network wants


@pytest.mark.parametrize(
    ("photo", "network", "box"),
    [
        ((3, 2), (1, 1), (0.5, 0, 2.5, 2)),
        ((2, 3), (1, 1), (0, 0.5, 2, 2.5)),
        ((9, 4), (3, 2), (1.5, 0, 7.5, 4)),
        ((9, 8), (3, 2), (0, 1, 9, 7)),
        ((25, 25), (11, 11), (0, 0, 25, 25)),  # 25 / 11 * 11 is more than 25 in floating point
    ],
)
def test_the_centre_box_is_as_computed_by_hand(
    photo: tuple[int, int], network: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    assert centre_box(*photo, *network) == box


@given(width=sides, height=sides, to_width=sides, to_height=sides)
def test_the_centre_box_is_the_largest_of_its_proportions_and_in_the_middle(
    width: int, height: int, to_width: int, to_height: int
) -> None:
    left, top, right, bottom = centre_box(width, height, to_width, to_height)
    assert left >= 0 <= top
    assert right <= width
    assert bottom <= height
    assert (right - left) * to_height == pytest.approx((bottom - top) * to_width)
    assert (left, right) == (0, width) or (top, bottom) == (0, height)
    assert left + right == pytest.approx(width)
    assert top + bottom == pytest.approx(height)
