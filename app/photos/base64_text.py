"""A photo's file as base64 text: what JSON can carry."""

import binascii
import re

from app.errors import Base64Malformed, PhotoMissing

USUAL = bytes.maketrans(b"-_", b"+/")  # from the alphabet for URLs (RFC 4648, section 5)
SPACE = b" \t\r\n"
DATA_URL = re.compile(r"\s*data:[^,]{0,200};base64,", re.IGNORECASE)
ANY_URL = re.compile(r"\s*[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)
EXPECTED = "Expected base64 of a photo's file, such as `base64 cat.jpg` gives, or a data URL of it"
PIECE = 2**18  # characters at a time: in a thread, the event loop gets its turn between two of them


def decoded(text: str) -> bytes:
    """The bytes that base64 stands for, in the usual alphabet or in that for URLs, padded or not.

    White space is left out, and so is `data:image/jpeg;base64,` before it. Nothing is fetched from anywhere.

    Raises:
        PhotoMissing: if it is empty.
        Base64Malformed: if it is anything else.
    """
    data_url = DATA_URL.match(text)
    if data_url is None and (url := ANY_URL.match(text)):
        raise Base64Malformed(f"{EXPECTED}; no other URL is fetched; received: {url[0].strip()}…")
    places = range(data_url.end() if data_url else 0, len(text), PIECE)
    try:
        digits = b"".join([text[at : at + PIECE].encode("ascii").translate(USUAL, SPACE) for at in places])
    except UnicodeEncodeError as error:
        raise Base64Malformed(f"{EXPECTED}; received: {error.object[error.start]!r} in it") from error
    bare = digits.rstrip(b"=")
    return unpacked(bare, len(digits) - len(bare))


def unpacked(digits: bytes, padding: int) -> bytes:
    """The bytes that digits of base64 in the usual alphabet stand for; raises as `decoded` does."""
    missing = -len(digits) % 4
    if not digits and not padding:
        raise PhotoMissing(f"{EXPECTED}; received: nothing")
    if missing == 3 or padding not in (0, missing) or b"=" in digits:
        raise Base64Malformed(f"{EXPECTED}; received: {len(digits)} digits and {padding} of padding")
    try:
        pieces = [digits[at : at + PIECE] for at in range(0, len(digits), PIECE)]
        return b"".join([binascii.a2b_base64(piece + b"=" * (-len(piece) % 4), strict_mode=True) for piece in pieces])
    except binascii.Error as error:
        raise Base64Malformed(f"{EXPECTED}; received: {error}") from error
