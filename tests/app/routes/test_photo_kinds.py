"""Every kind of photo, seen as the network sees it: the output of its first layer, turned back into pixels."""

import io

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.manifest import Manifest
from tests.app.conftest import answer_of
from tests.conftest import encoded, photo_of

CHELSEA = photo_of("chelsea")
ORIENTATION = 0x0112
# How a camera stores an upright photo under each EXIF orientation; Pillow's names turn to the left.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


class Eye:
    """Looks at what the network is given."""

    def __init__(self, client: httpx.Client, manifest: Manifest) -> None:
        self._client, self._first = client, manifest.layers[0]
        assert self._first.kind == "rescaling"

    def sees(self, image: Image.Image, file_format: str, **options: object) -> NDArray[np.int64]:
        """The network's input for an image in a file of this format: whole numbers from 0 to 255."""
        query = {"layer": self._first.name, "format": "npy"}
        photo = encoded(image, file_format, **options)
        response = self._client.post("/feature-maps", params=query, content=photo)
        assert response.status_code == 200, response.text
        output = np.load(io.BytesIO(response.content)).astype(np.float64)
        pixels = (output - (self._first.offset or 0)) / (self._first.scale or 1)
        assert np.abs(pixels - pixels.round()).max() < 1e-3
        whole: NDArray[np.int64] = pixels.round().astype(np.int64)
        return whole


@pytest.fixture(scope="module")
def eye(client: httpx.Client, manifest: Manifest) -> Eye:
    return Eye(client, manifest)


@pytest.fixture(scope="module")
def upright(eye: Eye) -> NDArray[np.int64]:
    pixels = eye.sees(CHELSEA, "PNG")
    assert pixels.min() >= 0
    assert 100 < pixels.max() <= 255
    return pixels


@pytest.mark.parametrize(
    ("file_format", "options"), [("BMP", {}), ("WEBP", {"lossless": True}), ("PNG", {"compress_level": 0})]
)
def test_lossless_formats_give_the_same_pixels(
    eye: Eye, upright: NDArray[np.int64], file_format: str, options: dict[str, object]
) -> None:
    assert np.array_equal(eye.sees(CHELSEA, file_format, **options), upright)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF", "GIF"])
def test_lossy_formats_give_nearly_the_same_pixels(eye: Eye, upright: NDArray[np.int64], file_format: str) -> None:
    assert 0 < np.abs(eye.sees(CHELSEA, file_format) - upright).mean() < 4


def test_cmyk_gives_nearly_the_same_pixels(eye: Eye, upright: NDArray[np.int64]) -> None:
    assert np.abs(eye.sees(CHELSEA.convert("CMYK"), "JPEG", quality=95) - upright).mean() < 4


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_grey_palette_and_bilevel_photos_give_the_pixels_of_the_same_photo_in_rgb(eye: Eye, mode: str) -> None:
    image = CHELSEA.convert(mode)
    assert np.array_equal(eye.sees(image, "PNG"), eye.sees(image.convert("RGB"), "PNG"))


def test_16_bit_grey_gives_the_pixels_of_its_upper_8_bits(eye: Eye) -> None:
    grey = CHELSEA.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 256 + 77)
    assert deep.mode == "I;16"
    assert np.array_equal(eye.sees(deep, "PNG"), eye.sees(grey, "PNG"))


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_transparency_is_laid_on_white(eye: Eye, mode: str, file_format: str) -> None:
    colours = CHELSEA.convert(mode)
    share = np.linspace(0, 1, 451)[None, :]  # clear at the left, solid at the right
    clear = colours.copy()
    clear.putalpha(Image.fromarray(np.repeat(share * 255, 300, axis=0).round().astype(np.uint8)))
    assert clear.mode == {"RGB": "RGBA", "L": "LA"}[mode]
    on_white = np.asarray(colours.convert("RGB")) * share[:, :, None] + 255 * (1 - share[:, :, None])
    expected = eye.sees(Image.fromarray(on_white.round().astype(np.uint8)), "PNG")
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    assert np.abs(eye.sees(clear, file_format, **options) - expected).max() <= 2


def test_a_transparent_palette_colour_is_laid_on_white(eye: Eye) -> None:
    image = CHELSEA.convert("P")
    darkest = int(np.argmin(np.array(image.getpalette()).reshape(-1, 3).sum(axis=1)))
    white = np.asarray(image.convert("RGB")).copy()
    white[np.asarray(image) == darkest] = 255
    assert np.array_equal(eye.sees(image, "PNG", transparency=darkest), eye.sees(Image.fromarray(white), "PNG"))


@pytest.mark.parametrize(("file_format", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_of_an_animation_the_first_picture_counts(eye: Eye, file_format: str, options: dict[str, object]) -> None:
    later = [CHELSEA.rotate(90), CHELSEA.rotate(180)]
    moving = eye.sees(CHELSEA, file_format, save_all=True, append_images=later, **options)
    assert np.array_equal(moving, eye.sees(CHELSEA, file_format, **options))


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_a_turned_photo_is_seen_upright(
    eye: Eye, upright: NDArray[np.int64], file_format: str, orientation: int
) -> None:
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = CHELSEA if turn is None else CHELSEA.transpose(turn)
    difference = np.abs(eye.sees(stored, file_format, exif=exif, quality=95) - upright)
    assert difference.mean() <= (0 if file_format == "PNG" else 2)


@pytest.mark.parametrize("orientation", STORED)
def test_a_turned_photo_gets_the_answer_of_the_upright_one(client: httpx.Client, orientation: int) -> None:
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = CHELSEA if turn is None else CHELSEA.transpose(turn)
    turned = answer_of(client, encoded(stored, "JPEG", exif=exif, quality=95, subsampling=0))
    expected = answer_of(client, encoded(CHELSEA, "JPEG", quality=95, subsampling=0))
    assert turned["preprocessing"][1] == {"step": "turn", "orientation": orientation, "width": 451, "height": 300}
    scores, expected_scores = (
        {prediction["label"]: prediction["score"] for prediction in answer["predictions"]}
        for answer in (turned, expected)
    )
    assert scores == pytest.approx(expected_scores, abs=0.02)
