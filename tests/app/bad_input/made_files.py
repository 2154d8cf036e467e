"""Small files of every kind, and what can be done to them."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.conftest import encoded, photo_of

SMALL = photo_of("chelsea").resize((12, 8))
FRAMES = [SMALL.rotate(angle) for angle in (90, 180, 270)]
READ = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")  # the formats that the service reads
MODES = ("RGB", "P", "1")
PNG_START = b"\x89PNG\r\n\x1a\n"


def small_files() -> dict[str, bytes]:
    """One of each format that is read, and those of their kinds that a decoder treats in another way."""
    files = {file_format: encoded(SMALL, file_format) for file_format in READ}
    animated = {"save_all": True, "append_images": FRAMES}
    return files | {
        "progressive JPEG": encoded(SMALL, "JPEG", progressive=True),
        "palette PNG": encoded(SMALL.quantize(8), "PNG"),
        "lossless WEBP": encoded(SMALL, "WEBP", lossless=True),
        "animated PNG": encoded(SMALL.quantize(8), "PNG", **animated),
        "animated WEBP": encoded(SMALL, "WEBP", **animated),
        "animated GIF": encoded(SMALL.quantize(8), "GIF", **animated),
        "animated AVIF": encoded(SMALL, "AVIF", **animated),
    }


def all_formats() -> dict[str, bytes]:
    """A file of every format that Pillow can write."""
    Image.init()
    files: dict[str, bytes] = {}
    for file_format in sorted(Image.SAVE):
        for mode in MODES:
            file = io.BytesIO()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # a later Pillow writes fewer
                    SMALL.convert(mode).save(file, file_format)
            except (OSError, ValueError, KeyError):
                continue  # it has no such mode, or Pillow only knows its name
            files[file_format] = file.getvalue()
            break
    return files


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    """Of a PNG; its length may be a lie."""
    size = len(data) if length is None else length
    return struct.pack(">I", size) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*between: bytes, width: int = 8, height: int = 8) -> bytes:
    """A grey PNG with further chunks after its header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(bytes(9 * 8))
    return PNG_START + header + b"".join(between) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(*between: bytes) -> bytes:
    """A JPEG with further segments after its start."""
    file = encoded(SMALL, "JPEG")
    return file[:2] + b"".join(between) + file[2:]


def segment(marker: int, data: bytes, length: int | None = None) -> bytes:
    """Of a JPEG; its length may be a lie."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2 if length is None else length) + data


def flipped(file: bytes, step: int) -> Iterator[bytes]:
    """The file with one byte turned round, for every so manieth byte."""
    for place in range(0, len(file), step):
        yield file[:place] + bytes([file[place] ^ 0xFF]) + file[place + 1 :]
