"""Photos in a JSON body, in base64: one as `image`, several as `images`."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import orjson

from app.errors import JsonInvalid, PhotoMissing, UploadError
from app.photos.base64_text import decoded

LARGE = 2**18  # bytes; what takes longer to read than a millisecond is read beside the event loop
MAX_VALUES = 20_000  # photos are long strings, and few: millions of values would stop everything else for a second
IMAGE, IMAGES = '{"image": "…base64…"}', '{"images": ["…base64…", …]}'
T = TypeVar("T")


async def read_beside(read: Callable[[bytes], T], body: bytes) -> T:
    """What reads a body, in a thread if the body is large."""
    return await asyncio.to_thread(read, body) if len(body) > LARGE else read(body)


def document(body: bytes) -> object:
    """The JSON in a body.

    Raises:
        JsonInvalid: if it is none, or one of more values than a request can need.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise JsonInvalid(f"Expected JSON of at most {MAX_VALUES} values; received: more")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"{error.msg}, line {error.lineno}, column {error.colno}" if body else "nothing"
        raise JsonInvalid(f"Expected JSON; received: {where}") from error


def kind_of(value: object) -> str:
    """What a value is, in the words of JSON, for an error's sentence."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def photo_in(body: bytes) -> bytes:
    """The photo in `{"image": "…"}`.

    Raises:
        JsonInvalid, Base64Malformed, PhotoMissing: if there is none in it.
    """
    return photo_of(document(body))


def photo_of(entry: object) -> bytes:
    """The photo in an object's `image`; raises as `photo_in` does."""
    if not isinstance(entry, dict):
        raise JsonInvalid(f"Expected {IMAGE}; received: {kind_of(entry)}")
    if "image" not in entry:
        names = ", ".join(sorted(entry)[:10]) or "nothing"
        raise PhotoMissing(f"Expected {IMAGE}; received an object with {names[:200]} in it")
    return base64_of(entry["image"])


def base64_of(text: object) -> bytes:
    """The bytes of base64 in a JSON string; raises as `photo_in` does."""
    if not isinstance(text, str):
        raise JsonInvalid(f"Expected base64 as a string; received: {kind_of(text)}")
    return decoded(text)


def photos_in(body: bytes) -> list[bytes | UploadError]:
    """The photos in `{"images": […]}`, each a string or an object as above; in the place of a bad one, why it is bad.

    Raises:
        JsonInvalid: if the body holds no such array.
    """
    whole = document(body)
    images = whole.get("images") if isinstance(whole, dict) else None
    if not isinstance(images, list):
        received = "an object without the array `images`" if isinstance(whole, dict) else kind_of(whole)
        raise JsonInvalid(f"Expected {IMAGES}, or a multipart form with parts `file`; received: {received}")
    return [photo_or_error(entry) for entry in images]


def photo_or_error(entry: object) -> bytes | UploadError:
    try:
        return base64_of(entry) if isinstance(entry, str) else photo_of(entry)
    except UploadError as error:
        return error
