"""Small files that would like to become large, or that lie about how large they are; what becomes of each."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

from tests.app.bad_input.conftest import MAX_BODY, MAX_PIXELS
from tests.app.bad_input.made_files import SMALL, chunk, jpeg, png, segment, small_files
from tests.conftest import encoded

ANSWERED, PIXELS, TRUNCATED, UNDECODABLE = "answered", "too_many_pixels", "photo_truncated", "photo_undecodable"
NO_IMAGE = "not_an_image"
MB = 2**20
EXIF, ICC, COMMENT = 0xE1, 0xE2, 0xFE
GIANT = 50_000  # pixels a side

Outcomes = dict[str, tuple[bytes, set[str]]]


def zeros(size: int) -> bytes:
    """So many zero bytes, compressed to a thousandth."""
    return zlib.compress(bytes(size), 9)


def flat(width: int, height: int, file_format: str, **options: Any) -> bytes:
    return encoded(Image.new("L", (width, height)), file_format, **options)


def with_numbers(file: bytes, place: int, layout: str, *numbers: int) -> bytes:
    """The file with other numbers at a place."""
    written = bytearray(file)
    struct.pack_into(layout, written, place, *numbers)
    return bytes(written)


def by_pixels() -> Outcomes:
    """More pixels than are allowed, in the file or only in its header."""
    files = small_files()
    jpeg_size = files["JPEG"].index(b"\xff\xc0") + 5
    side = int(MAX_PIXELS**0.5) + 1
    return {
        "a PNG of giant size": (png(width=GIANT, height=GIANT), {PIXELS}),
        "a PNG of one row": (png(width=2**31 - 1, height=1), {PIXELS}),
        "a PNG of no width": (png(width=0), {UNDECODABLE, NO_IMAGE, ANSWERED}),
        "a JPEG of giant size": (with_numbers(files["JPEG"], jpeg_size, ">HH", 65_500, 65_500), {PIXELS}),
        "a GIF of giant size": (with_numbers(files["GIF"], 6, "<HH", 65_535, 65_535), {PIXELS}),
        "a BMP of giant size": (with_numbers(files["BMP"], 18, "<ii", GIANT, GIANT), {PIXELS}),
        "a BMP upside down": (with_numbers(files["BMP"], 18, "<ii", 12, -(2**31)), {PIXELS, UNDECODABLE}),
        "a WEBP of giant size": (
            with_numbers(files["lossless WEBP"], 21, "<I", 0x0FFFFFFF), {PIXELS, TRUNCATED, UNDECODABLE}
        ),
        "one pixel too many": (flat(1, MAX_PIXELS + 1, "PNG"), {PIXELS}),
        "a square too large": (flat(side, side, "GIF"), {PIXELS}),
        "as many as allowed": (flat(MAX_PIXELS // 1000, 1000, "PNG"), {ANSWERED}),
        "a canvas of frames": (with_numbers(files["animated GIF"], 6, "<HH", 65_535, 30_000), {PIXELS}),
    }  # fmt: skip


def by_frames() -> Outcomes:
    """Thousands of pictures, of which one is wanted."""
    file = small_files()["animated GIF"]
    first = file.index(b"!\xf9")
    frame = file[first : file.index(b"!\xf9", first + 1)]
    pictures = [Image.new("L", (9, 9), shade % 256) for shade in range(300)]
    animated: dict[str, Any] = {"save_all": True, "append_images": pictures[1:]}
    return {
        "a GIF of 7,000 frames": (file[:first] + frame * 7000 + b";", {ANSWERED}),
        "a PNG of 300 frames": (encoded(pictures[0], "PNG", **animated), {ANSWERED}),
        "a WEBP of 300 frames": (encoded(pictures[0], "WEBP", **animated), {ANSWERED}),
        "a PNG that says 2**31 frames": (png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))), {ANSWERED}),
        "a PNG that says no frames": (png(chunk(b"acTL", struct.pack(">II", 0, 0))), {ANSWERED, UNDECODABLE}),
    }


def by_metadata() -> Outcomes:
    """Profiles, texts and comments: many, large, compressed, or in circles."""
    circle = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"  # an IFD that is its own
    many_tags = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x02\xff\xff\xff\xff\0\0\0\x08" * 5000
    profile = b"ICC_PROFILE\0"
    parts = [segment(ICC, profile + bytes([number, 60]) + bytes(60_000)) for number in range(1, 61)]
    text = {ANSWERED, UNDECODABLE}
    return {
        "a PNG text of 200 MB": (png(chunk(b"zTXt", b"a\0\0" + zeros(200 * MB))), text),
        "a PNG international text of 200 MB": (png(chunk(b"iTXt", b"a\0\1\0\0\0" + zeros(200 * MB))), text),
        "a PNG profile of 200 MB": (png(chunk(b"iCCP", b"a\0\0" + zeros(200 * MB))), text),
        "a PNG of 200 texts of 1 MB": (png(chunk(b"zTXt", b"a\0\0" + zeros(MB)) * 200), text),
        "a PNG of 100,000 chunks": (png(chunk(b"tEXt", b"a\0b") * 100_000), text),
        "a PNG of 100,000 unknown chunks": (png(chunk(b"zzZz", b"") * 100_000), text),
        "a PNG whose EXIF is a circle": (png(chunk(b"eXIf", circle[6:])), text),
        "a PNG with more rows than it says": (png(chunk(b"IDAT", zeros(100 * MB))), {ANSWERED, UNDECODABLE, TRUNCATED}),
        "a JPEG of 50,000 comments": (jpeg(segment(COMMENT, b"a") * 50_000), {ANSWERED}),
        "a JPEG of 3 MB of comments": (jpeg(segment(COMMENT, bytes(65_533)) * 48), {ANSWERED}),
        "a JPEG with much EXIF": (jpeg(segment(EXIF, many_tags[:65_000])), {ANSWERED}),
        "a JPEG whose EXIF is a circle": (jpeg(segment(EXIF, circle)), {ANSWERED}),
        "a JPEG with a profile of 3.6 MB": (jpeg(*parts), {ANSWERED}),
        "a JPEG with a profile in lost parts": (jpeg(*parts[::7]), {ANSWERED}),
        "a GIF of 100,000 comments": (small_gif_with(b"!\xfe\1a\0" * 100_000), {ANSWERED}),
        "a WEBP with a large unknown chunk": (webp_with(b"junk" + struct.pack("<I", 3 * MB) + bytes(3 * MB)), text),
    }


def small_gif_with(blocks: bytes) -> bytes:
    file = encoded(SMALL.quantize(8), "GIF")
    place = file.index(b"!\xf9") if b"!\xf9" in file else file.index(b",")
    return file[:place] + blocks + file[place:]


def webp_with(more: bytes) -> bytes:
    file = encoded(SMALL, "WEBP") + more
    return file[:4] + struct.pack("<I", len(file) - 8) + file[8:]


def by_lying_lengths() -> Outcomes:
    """Lengths that are too large, too small or nothing."""
    files, bad = small_files(), {TRUNCATED, UNDECODABLE, NO_IMAGE, ANSWERED}
    lies = {f"a PNG chunk of {size}": png(chunk(b"tEXt", b"a\0b", size)) for size in (0, 1, 2**31 - 1, 2**32 - 1)}
    lies |= {f"a JPEG segment of {size}": jpeg(segment(COMMENT, b"ab", size)) for size in (0, 1, 2, 65_535)}
    for size in (0, 1, 2**31, 2**32 - 1):
        lies[f"a WEBP of {size}"] = with_numbers(files["WEBP"], 4, "<I", size)
        lies[f"a WEBP chunk of {size}"] = with_numbers(files["WEBP"], 16, "<I", size)
        lies[f"an AVIF box of {size}"] = with_numbers(files["AVIF"], 0, ">I", size)
        lies[f"a BMP whose pixels begin at {size}"] = with_numbers(files["BMP"], 10, "<I", size)
        lies[f"a BMP of {size} colours"] = with_numbers(files["BMP"], 46, "<I", size)
        lies[f"a BMP header of {size}"] = with_numbers(files["BMP"], 14, "<I", size)
    meta = files["AVIF"].index(b"meta") - 4
    for size in (0, 1, 7, 2**31, 2**32 - 1):
        lies[f"an AVIF description of {size}"] = with_numbers(files["AVIF"], meta, ">I", size)
    return {name: (file, bad) for name, file in lies.items()}


def polyglots() -> Outcomes:
    """Files that are something else, too: the first bytes decide, and nothing of the rest is run or read."""
    files, script = small_files(), b"<script>alert(1)</script>"
    archive = io.BytesIO(b"PK\3\4" + bytes(100)).getvalue()
    return {
        "a JPEG with an archive behind it": (files["JPEG"] + archive, {ANSWERED}),
        "a PNG with a page behind it": (files["PNG"] + script, {ANSWERED}),
        "a GIF that is a script": (small_gif_with(b"!\xfe\x0d*/=1;alert(1)\0"), {ANSWERED}),
        "a page with a GIF behind it": (script + files["GIF"], {NO_IMAGE}),
        "a PDF with a JPEG in it": (b"%PDF-1.7\n" + files["JPEG"], {"format_unsupported"}),
        "a JPEG behind a byte-order mark": (b"\xef\xbb\xbf" + files["JPEG"], {NO_IMAGE}),
        "a PNG within a JPEG's comment": (jpeg(segment(COMMENT, files["PNG"])), {ANSWERED}),
        "a JPEG as a PNG chunk": (png(chunk(b"juNk", files["JPEG"])), {ANSWERED}),
        "zeros": (bytes(MAX_BODY // 2), {NO_IMAGE}),
    }
