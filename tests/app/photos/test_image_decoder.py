"""What the decoder makes of strangers' bytes; which pixels each kind of photo gives is in test_photo_kinds.py."""

import contextlib
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from app.errors import FormatUnsupported, NotAnImage, PhotoError, PhotoTruncated, PhotoUndecodable, TooManyPixels
from app.photos.image_decoder import FORMATS, decode
from model.preprocessing import Preprocessed
from tests.conftest import encoded, photo_of

# Pillow warns of odd metadata, and reads on.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

CORRUPT_EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\0"
SMALL = photo_of("chelsea").resize((48, 32))
FILES = {file_format: encoded(SMALL, file_format) for file_format in FORMATS}
FILES["progressive JPEG"] = encoded(SMALL, "JPEG", progressive=True)
FILES["JPEG with corrupt EXIF"] = encoded(SMALL, "JPEG", exif=CORRUPT_EXIF)
FILES["animated GIF"] = encoded(SMALL, "GIF", save_all=True, append_images=[SMALL.rotate(90)])
FILES["animated WEBP"] = encoded(SMALL, "WEBP", save_all=True, append_images=[SMALL.rotate(90)])
SIZES = st.integers(1, 40)
OTHERS = {
    "TIFF": encoded(SMALL, "TIFF"),
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "JPEG XL": b"\xff\x0a\xfa\x1f\x01\x98",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "PSD": b"8BPS\0\1",
    "ICO": encoded(SMALL, "ICO"),
}


def small(photo: bytes) -> Preprocessed:
    return decode(photo, 10_000, 16, 16)


def png_announcing(width: int, height: int) -> bytes:
    """A PNG whose header says that it is of this size, with hardly a pixel."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0\0\0")), (b"IEND", b"")]
    written = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@pytest.mark.parametrize("name", FILES)
def test_every_supported_format_becomes_the_networks_input(name: str) -> None:
    decoded = decode(FILES[name], 48 * 32, 20, 24)
    assert decoded.pixels.shape == (20, 24, 3)
    assert decoded.pixels.dtype == np.uint8
    assert decoded.steps[0].format in name.split()
    # The same photo as in every other format, but for what compression costs.
    upright = decode(FILES["PNG"], 48 * 32, 20, 24).pixels
    assert np.abs(decoded.pixels.astype(int) - upright).mean() < 8


@given(st.binary(max_size=200), SIZES, SIZES)
def test_arbitrary_bytes_are_refused(photo: bytes, height: int, width: int) -> None:
    with pytest.raises(PhotoError, match="Expected"):
        decode(photo, 10_000, height, width)


@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_damaged_file_gives_a_picture_or_one_of_our_errors(name: str, data: st.DataObject) -> None:
    photo = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 5), "times")):
        # Half of the damage is where the headers are.
        end = data.draw(st.sampled_from([64, len(photo)]), "within")
        photo[data.draw(st.integers(0, end - 1), "place")] = data.draw(st.integers(0, 255), "byte")
    with contextlib.suppress(PhotoError):
        decoded = small(bytes(photo))
        assert decoded.pixels.shape == (16, 16, 3)


@given(st.sampled_from(sorted(FILES)), st.integers(0))
@example("WEBP", 15)
def test_the_beginning_of_a_file_gives_a_picture_or_one_of_our_errors(name: str, end: int) -> None:
    with contextlib.suppress(PhotoError):
        decoded = small(FILES[name][: end % len(FILES[name])])
        assert decoded.pixels.shape == (16, 16, 3)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "progressive JPEG", "animated WEBP"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_file_is_called_truncated(name: str, share: float) -> None:
    with pytest.raises(PhotoTruncated, match=r"Expected a whole \w+ file; received: one that ends too early"):
        small(FILES[name][: int(len(FILES[name]) * share)])


@pytest.mark.parametrize(
    ("name", "end"), [("AVIF", 60), ("AVIF", 200), ("JPEG", 4), ("PNG", 8), ("PNG", 30), ("GIF", 6)]
)
def test_a_file_without_all_of_its_header_is_still_called_what_it_is(name: str, end: int) -> None:
    with pytest.raises(PhotoUndecodable, match=f"Expected a sound {name} file; received: one that ends too early, or"):
        small(FILES[name][:end])


def test_a_file_whose_pixels_are_damaged_is_undecodable() -> None:
    photo = bytearray(FILES["PNG"])
    start = photo.index(b"IDAT") + 4
    photo[start : start + 40] = bytes(40)
    with pytest.raises(PhotoUndecodable, match="Expected a sound PNG file; its decoder said: "):
        small(bytes(photo))


@pytest.mark.parametrize("kind", OTHERS)
def test_an_image_of_another_kind_is_named(kind: str) -> None:
    expected = f"Expected one of JPEG, PNG, WEBP, GIF, BMP, AVIF; received: {kind}"
    with pytest.raises(FormatUnsupported, match=expected) as it:
        small(OTHERS[kind])
    assert it.value.facts == {"supported": FORMATS}


@pytest.mark.parametrize("photo", [b"GIF", b"GIF90a", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n", bytes(1000)])
def test_what_is_no_image_is_called_so(photo: bytes) -> None:
    with pytest.raises(NotAnImage, match=f"Expected an image, .*; received {len(photo)} bytes of another kind"):
        small(photo)


@pytest.mark.parametrize("file_format", FORMATS)
def test_as_many_pixels_as_are_allowed_are_decoded_and_one_column_more_refused(file_format: str) -> None:
    assert decode(encoded(Image.new("RGB", (50, 20)), file_format), 1000, 16, 16).pixels.shape == (16, 16, 3)
    with pytest.raises(TooManyPixels, match="at most 1000 pixels; received: 51 x 20 = 1020") as it:
        decode(encoded(Image.new("RGB", (51, 20)), file_format), 1000, 16, 16)
    assert it.value.facts == {"max_pixels": 1000}


@pytest.mark.parametrize("size", [(50_000, 50_000), (14_000, 14_000), (9_500, 9_500), (1, 10_001), (2**31 - 1, 1)])
def test_too_many_pixels_are_refused_from_the_header_alone(size: tuple[int, int]) -> None:
    start = time.process_time()
    with pytest.raises(TooManyPixels, match="at most 10000 pixels"):
        small(png_announcing(*size))
    assert time.process_time() - start < 0.2


def test_a_decoder_that_fails_without_words_is_named_by_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Image.Image) -> None:
        raise MemoryError

    file = encoded(Image.new("RGB", (4, 3)), "BMP")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    with pytest.raises(PhotoUndecodable, match=r"its decoder said: MemoryError$"):
        decode(file, 100, 8, 8)
