"""The parts `file` of a multipart form, parsed while it comes."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import MultipartMalformed, PhotoMissing

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PART = b"file"
MAX_PARTS = 100  # besides the wanted ones: a body of nothing but parts would keep the event loop busy for seconds
HINT = "send the photo as the raw body, or as the part `file` of a multipart/form-data body: curl -F file=@cat.jpg"


async def parts_named_file(chunks: AsyncIterator[bytes], boundary: bytes, most: int = 1) -> list[bytes]:
    """The contents of the parts called `file`, in their order.

    Args:
        chunks: of the body, as they come.
        boundary: between its parts.
        most: such parts that are kept; those after them are left out.

    Raises:
        MultipartMalformed: if the form cannot be read, has too many parts, or ends before its last boundary.
        PhotoMissing: if no part is called so.
    """
    if not boundary:
        raise MultipartMalformed("Expected a boundary in the Content-Type of the multipart body; received none")
    form = Form(most)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise MultipartMalformed(f"Expected a whole multipart form; received: {error}") from error
    if not form.ended:
        raise MultipartMalformed("Expected a whole multipart form; received: one without its last boundary")
    if not form.files:
        names = ", ".join(name.decode("latin-1") for name in form.names) or "none"
        raise PhotoMissing(f"Expected a part called `file`; received parts: {names}: {HINT}")
    return [b"".join(pieces) for pieces in form.files]


class Form:
    """Notes the names of a form's parts as the parser meets them, and keeps the content of some."""

    def __init__(self, most: int) -> None:
        self.files: list[list[memoryview]] = []  # pieces of the chunks: they are copied once, when all have come
        self.names: list[bytes] = []
        self.ended = False
        self._most, self._max_parts = most, MAX_PARTS - 1 + most
        self._wanted = False
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
        if len(self.names) == self._max_parts:
            raise MultipartMalformed(f"Expected a form of at most {self._max_parts} parts; received: more")
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
        self._wanted = self.names[-1] == PART and len(self.files) < self._most
        if self._wanted:
            self.files.append([])

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self.files[-1].append(memoryview(data)[start:end])

    def _ends(self) -> None:
        self.ended = True
