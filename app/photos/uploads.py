"""Reads posted photos: the raw body, parts `file` of a multipart form, or base64 in JSON; counted while they come."""

from collections.abc import AsyncIterator

from fastapi import Request
from python_multipart.multipart import parse_options_header

from app.errors import BodyTooLarge, PhotoMissing, TooManyPhotos, UploadError
from app.photos.forms import HINT, parts_named_file
from app.photos.json_bodies import photo_in, photos_in, read_beside

FORM, JSON = b"multipart/form-data", b"application/json"
BASE64 = {"type": "string", "format": "byte", "description": "the photo's file in base64, or a data URL of it"}

# FastAPI's own parameters would not bound the body, and spool it to disk: what is posted stays in memory.
OPENAPI_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "the photo"}},
                }
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {
                "schema": {"type": "object", "required": ["image"], "properties": {"image": BASE64}},
            },
        },
    }
}


async def read_photo(request: Request, max_bytes: int) -> bytes:
    """The bytes of the posted photo.

    Raises:
        BodyTooLarge: as soon as more than `max_bytes` are announced or have come.
        PhotoMissing: if the body, or the part, is missing or empty.
        MultipartMalformed: if the form cannot be read.
        JsonInvalid, Base64Malformed: if a body that says it is JSON cannot be read, or holds no photo.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind == FORM:
        (photo,) = await parts_named_file(body(request, max_bytes), options.get(b"boundary", b""))
    else:
        photo = await whole_body(request, max_bytes)
        if kind == JSON:
            photo = await read_beside(photo_in, photo)
    if not photo:
        raise PhotoMissing(f"Expected a photo; received none: {HINT}")
    return photo


async def read_photos(request: Request, max_bytes: int, most: int) -> list[bytes | UploadError]:
    """The bytes of several posted photos, in their order; in the place of one that is none, why it is none.

    Raises:
        BodyTooLarge, MultipartMalformed: as `read_photo`.
        JsonInvalid: if the body is neither a form nor JSON with an array of photos.
        TooManyPhotos: if there are more than `most`.
        PhotoMissing: if there are none.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    photos: list[bytes | UploadError]
    if kind == FORM:
        parts = await parts_named_file(body(request, max_bytes), options.get(b"boundary", b""), most + 1)
        photos = [part or PhotoMissing("Expected a photo; received: an empty part `file`") for part in parts]
    else:
        photos = await read_beside(photos_in, await whole_body(request, max_bytes))
    if len(photos) > most:
        raise too_many(most, "more" if kind == FORM else len(photos))
    if not photos:
        raise PhotoMissing("Expected at least one photo; received: none")
    return photos


def is_json(request: Request) -> bool:
    """Whether the body says so itself."""
    return parse_options_header(request.headers.get("content-type"))[0] == JSON


def too_many(most: int, received: object) -> TooManyPhotos:
    return TooManyPhotos(f"Expected at most {most} photos in a request; received: {received}", max_photos=most)


async def whole_body(request: Request, max_bytes: int) -> bytes:
    """The body in one piece; raises BodyTooLarge as `read_photo` does."""
    return b"".join([chunk async for chunk in body(request, max_bytes)])


async def body(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body's chunks as they come."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_large(max_bytes, f"{announced} announced")
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > max_bytes:
            raise too_large(max_bytes, "more")
        yield chunk


def too_large(max_bytes: int, received: str) -> BodyTooLarge:
    return BodyTooLarge(f"Expected at most {max_bytes} bytes; received: {received}", max_bytes=max_bytes)
