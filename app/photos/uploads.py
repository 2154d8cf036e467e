"""Reads a posted photo: the raw body, or the part `file` of a multipart form; counted and parsed while it comes."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import BodyTooLarge, MultipartMalformed, PhotoMissing

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PART = b"file"
MAX_PARTS = 100  # a body of nothing but parts would keep the event loop busy for seconds
HINT = "send the photo as the raw body, or as the part `file` of a multipart/form-data body: curl -F file=@cat.jpg"

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
        },
    }
}


async def read_photo(request: Request, max_bytes: int) -> bytes:
    """The bytes of the posted photo.

    Raises:
        BodyTooLarge: as soon as more than `max_bytes` are announced or have come.
        PhotoMissing: if the body, or the part, is missing or empty.
        MultipartMalformed: if the form cannot be read.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    chunks = body(request, max_bytes)
    if kind == b"multipart/form-data":
        photo = await part_named_file(chunks, options.get(b"boundary", b""))
    else:
        photo = b"".join([chunk async for chunk in chunks])
    if not photo:
        raise PhotoMissing(f"Expected a photo; received none: {HINT}")
    return photo


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


async def part_named_file(chunks: AsyncIterator[bytes], boundary: bytes) -> bytes:
    """The content of the first part called `file`.

    Raises:
        MultipartMalformed: if the form cannot be read, has too many parts, or ends before its last boundary.
        PhotoMissing: if no part is called so.
    """
    if not boundary:
        raise MultipartMalformed("Expected a boundary in the Content-Type of the multipart body; received none")
    form = Form()
    try:
        parser = MultipartParser(boundary, form.callbacks())
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise MultipartMalformed(f"Expected a whole multipart form; received: {error}") from error
    if not form.ended:
        raise MultipartMalformed("Expected a whole multipart form; received: one without its last boundary")
    if form.photo is None:
        names = ", ".join(name.decode("latin-1") for name in form.names) or "none"
        raise PhotoMissing(f"Expected a part called `file`; received parts: {names}: {HINT}")
    return b"".join(form.photo)


class Form:
    """Notes the names of a form's parts as the parser meets them, and keeps the content of one."""

    def __init__(self) -> None:
        self.photo: list[memoryview] | None = None  # pieces of the chunks: they are copied once, when all have come
        self.names: list[bytes] = []
        self.ended = False
        self._begun, self._wanted = 0, False
        self._header, self._value = b"", b""

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_data,
            "on_end": self._ends,
        }

    def _part_begins(self) -> None:
        self._begun += 1
        if self._begun > MAX_PARTS:
            raise MultipartMalformed(f"Expected a form of at most {MAX_PARTS} parts; received: more")
        self.names.append(b"")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self.names[-1] = parse_options_header(self._value)[1].get(b"name", b"")
        self._header, self._value = b"", b""

    def _headers_end(self) -> None:
        self._wanted = self.names[-1] == PART and self.photo is None
        if self._wanted:
            self.photo = []

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted and self.photo is not None:
            self.photo.append(memoryview(data)[start:end])

    def _ends(self) -> None:
        self.ended = True
