"""From a stranger's bytes to the network's input: the kind, then the size, then the pixels."""

import io
import warnings

# Importing a plugin registers its format; Pillow itself does so only for the commonest.
from PIL import AvifImagePlugin, Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

from app.errors import FormatUnsupported, NotAnImage, PhotoError, PhotoTruncated, PhotoUndecodable, TooManyPixels
from model.preprocessing import Preprocessed, Watch, preprocess, unwatched

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
NAMED = ", ".join(FORMATS)
# Pillow knows a file of these kinds only if its headers are whole: where the bytes stand, and what they say.
MARKS = {
    "AVIF": (4, (b"ftypavif", b"ftypavis")),
    "JPEG": (0, tuple(b"\xff\xd8\xff" + bytes([marker]) for marker in range(0xC0, 0xFF))),
    "PNG": (0, (b"\x89PNG\r\n\x1a\n",)),
    "GIF": (0, (b"GIF87a", b"GIF89a")),
    "WEBP": (8, (b"WEBPVP8",)),
}
# What people send that is an image of another kind: where the bytes stand, and what they say.
OTHER_KINDS = {
    "TIFF": (0, (b"II*\0", b"MM\0*")),
    "HEIC": (4, (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")),
    "JPEG XL": (0, (b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    "JPEG 2000": (0, (b"\0\0\0\x0cjP  ",)),
    "SVG": (0, (b"<svg", b"<?xml")),
    "PDF": (0, (b"%PDF",)),
    "PSD": (0, (b"8BPS",)),
    "ICO": (0, (b"\0\0\1\0",)),
}


def decode(photo: bytes, max_pixels: int, height: int, width: int, watch: Watch = unwatched) -> Preprocessed:
    """Makes the network's input of a photo's file.

    Args:
        photo: the file.
        max_pixels: width times height at most; checked before a pixel is decoded.
        height: of the network's input, in pixels.
        width: likewise.
        watch: as `preprocess` takes it.

    Raises:
        PhotoError: saying what was expected and what came.
    """
    with open_photo(photo, max_pixels) as image:
        try:
            return preprocess(image, height, width, watch)
        except Exception as error:  # a codec may raise anything at what a stranger made
            raise undecodable(photo, image.format or "", error) from error


def open_photo(photo: bytes, max_pixels: int) -> Image.Image:
    """Opens a photo without decoding it.

    Raises:
        NotAnImage, FormatUnsupported, PhotoUndecodable: if it cannot be opened.
        TooManyPixels: if its header announces more than `max_pixels`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            image = Image.open(io.BytesIO(photo), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise unidentified(photo) from error
    except Image.DecompressionBombError as error:
        raise too_many_pixels(max_pixels, "far more") from error
    except Exception as error:  # as above: a header can be anything
        raise undecodable(photo, "image", error) from error
    if image.width * image.height > max_pixels:
        received = f"{image.width} x {image.height} = {image.width * image.height}"
        image.close()
        raise too_many_pixels(max_pixels, received)
    return image


def unidentified(photo: bytes) -> PhotoError:
    for kind, (at, marks) in MARKS.items():
        if photo[at:].startswith(marks):
            return PhotoUndecodable(f"Expected a sound {kind} file; received: one that ends too early, or is damaged")
    for kind, (at, marks) in OTHER_KINDS.items():
        if photo[at:].startswith(marks):
            return FormatUnsupported(f"Expected one of {NAMED}; received: {kind}", supported=FORMATS)
    return NotAnImage(f"Expected an image, one of {NAMED}; received {len(photo)} bytes of another kind")


def too_many_pixels(max_pixels: int, received: str) -> TooManyPixels:
    return TooManyPixels(f"Expected at most {max_pixels} pixels; received: {received}", max_pixels=max_pixels)


def undecodable(photo: bytes, file_format: str, error: Exception) -> PhotoTruncated | PhotoUndecodable:
    if "truncated" in str(error).lower() or webp_ends_early(photo):
        return PhotoTruncated(f"Expected a whole {file_format} file; received: one that ends too early")
    why = str(error) or type(error).__name__  # a MemoryError says nothing
    return PhotoUndecodable(f"Expected a sound {file_format} file; its decoder said: {why}")


def webp_ends_early(photo: bytes) -> bool:
    """Whether it is a WebP shorter than it says; libwebp does not tell why it refuses a file."""
    return photo[:4] == b"RIFF" and photo[8:12] == b"WEBP" and len(photo) < 8 + int.from_bytes(photo[4:8], "little")
