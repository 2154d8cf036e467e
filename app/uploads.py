"""Reads a posted photo: the raw body, or the part `file` of a multipart form; counted while it is read."""

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
    body = await read_body(request, max_bytes)
    kind, options = parse_options_header(request.headers.get("content-type"))
    photo = part_named_file(body, options.get(b"boundary", b"")) if kind == b"multipart/form-data" else bytes(body)
    if not photo:
        raise PhotoMissing(f"Expected a photo; received none: {HINT}")
    return photo


async def read_body(request: Request, max_bytes: int) -> bytearray:
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_large(max_bytes, f"{announced} announced")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large(max_bytes, "more")
    return body


def too_large(max_bytes: int, received: str) -> BodyTooLarge:
    return BodyTooLarge(f"Expected at most {max_bytes} bytes; received: {received}", max_bytes=max_bytes)


def part_named_file(body: bytearray, boundary: bytes) -> bytes:
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
        parser.write(bytes(body))
        parser.finalize()
    except FormParserError as error:
        raise MultipartMalformed(f"Expected a whole multipart form; received: {error}") from error
    if not form.ended:
        raise MultipartMalformed("Expected a whole multipart form; received: one without its last boundary")
    if PART not in form.parts:
        names = ", ".join(name.decode("latin-1") for name in form.parts) or "none"
        raise PhotoMissing(f"Expected a part called `file`; received parts: {names}: {HINT}")
    return bytes(form.parts[PART])


class Form:
    """Collects the parts of a form as the parser meets them."""

    def __init__(self) -> None:
        self.parts: dict[bytes, bytearray] = {}
        self.ended = False
        self._begun = 0
        self._header, self._value, self._name, self._content = b"", b"", b"", bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_part_data": self._part_data,
            "on_part_end": self._part_ends,
            "on_end": self._ends,
        }

    def _part_begins(self) -> None:
        self._begun += 1
        if self._begun > MAX_PARTS:
            raise MultipartMalformed(f"Expected a form of at most {MAX_PARTS} parts; received: more")
        self._name, self._content = b"", bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._name = parse_options_header(self._value)[1].get(b"name", b"")
        self._header, self._value = b"", b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._content += memoryview(data)[start:end]

    def _part_ends(self) -> None:
        self.parts.setdefault(self._name, self._content)

    def _ends(self) -> None:
        self.ended = True
