"""Bodies that are compressed on their way: gzip and deflate (RFC 9110, 8.4.1), in requests and in replies."""

import gzip
import zlib
from typing import Literal

from app.formats.tensor_formats import media_ranges
from app.photos.uploads import too_large
from app.protocols.open_inference.refusals import CompressionInvalid

Coding = Literal["gzip", "deflate"]
WINDOWS: dict[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's word for its own format, and gzip's
SMALLEST = 1024  # bytes: a smaller reply goes in one packet anyway
FAST = 1  # float32 numbers hardly get smaller with more effort


def inflated(body: bytes, coding: str, max_bytes: int) -> bytes:
    """What a body was before it was compressed.

    Raises:
        CompressionInvalid: if this is no coding of ours, or the body is not just that.
        BodyTooLarge: as soon as there are more than `max_bytes`.
    """
    if coding not in WINDOWS:
        raise CompressionInvalid(f"Expected Content-Encoding gzip or deflate; received: {coding[:100]!r}")
    decompressor = zlib.decompressobj(WINDOWS[coding])
    try:
        whole = decompressor.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise CompressionInvalid(f"Expected a {coding} body; received: {error}") from error
    if len(whole) > max_bytes:
        raise too_large(max_bytes, "more, decompressed")
    if not decompressor.eof or decompressor.unused_data:
        received = "one that goes on after it" if decompressor.eof else "one that ends too early"
        raise CompressionInvalid(f"Expected a whole {coding} body and nothing else; received: {received}")
    return whole


def wanted_coding(accept_encoding: str) -> Coding | None:
    """What a reply may be compressed with, as its client likes best; None if it likes the plain reply better."""
    ranges = media_ranges(accept_encoding)
    codings: tuple[Coding, ...] = "gzip", "deflate"
    best = max(codings, key=lambda coding: ranges.get(coding, (0.0, 0)))
    weight, plain = (ranges.get(coding, (0.0, 0))[0] for coding in (best, "identity"))
    return best if weight > 0 and weight >= plain else None


def deflated(body: bytes, coding: Coding) -> bytes:
    return gzip.compress(body, FAST) if coding == "gzip" else zlib.compress(body, FAST)
