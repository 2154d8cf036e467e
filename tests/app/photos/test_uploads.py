"""Reading a body in any number of pieces; over a real socket it is read in test_body_limits.py."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, MutableMapping
from typing import Any

import pytest
from fastapi import Request
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.errors import BodyTooLarge, MultipartMalformed, PhotoMissing, UploadError
from app.photos.forms import MAX_PARTS, parts_named_file
from app.photos.uploads import read_photo

BOUNDARY = b"b-42"
PIECES = st.lists(st.binary(max_size=8), max_size=8)


def read(pieces: Iterable[bytes], content_type: str | None = None, max_bytes: int = 10_000) -> bytes:
    """The photo of a request whose body comes in these pieces."""
    coming = iter(pieces)

    async def receive() -> MutableMapping[str, Any]:
        piece = next(coming, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    return asyncio.run(read_photo(Request({"type": "http", "headers": headers}, receive), max_bytes))


def part_of(body: bytes, boundary: bytes = BOUNDARY) -> bytes:
    """The part called `file` of a form that comes in one piece."""

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    (part,) = asyncio.run(parts_named_file(chunks(), boundary))
    return part


def form(*parts: tuple[str, bytes]) -> bytes:
    """A multipart body with these parts, by name."""
    heads = [(b'Content-Disposition: form-data; name="%s"' % name.encode(), content) for name, content in parts]
    written = [b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY, head, content) for head, content in heads]
    return b"".join(written) + b"--%s--\r\n" % BOUNDARY


def cut(body: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(body) + 1) for place in places} | {0, len(body)})
    return [body[start:end] for start, end in itertools.pairwise(ends)]


@given(PIECES)
def test_a_raw_body_is_the_photo_however_it_is_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assume(whole)
    assert read(pieces, "image/jpeg") == read(pieces) == whole


@given(st.binary(min_size=1), st.lists(st.integers(0), max_size=5), st.binary(max_size=9))
@example(b"\r\n--b-4\r\n--b-42"[:-1], [], b"")
def test_the_part_called_file_is_the_photo_however_the_form_is_cut(
    photo: bytes, places: list[int], other: bytes
) -> None:
    assume(BOUNDARY not in photo and BOUNDARY not in other)
    body = form(("note", other), ("file", photo), ("more", other))
    assert read(cut(body, places), "multipart/form-data; boundary=b-42") == photo


@given(st.binary(min_size=1, max_size=30), st.integers(0))
def test_a_form_that_ends_early_never_gives_a_part_of_the_photo(photo: bytes, place: int) -> None:
    assume(BOUNDARY not in photo)
    body = form(("file", photo), ("note", b"after it"))
    end = len(body) - len(b"\r\n")  # what follows the last boundary may be missing
    with pytest.raises(MultipartMalformed, match="a whole multipart form"):
        part_of(body[: place % end])
    assert part_of(body[:end]) == photo


@given(st.binary(max_size=200), st.binary(max_size=300))
@example(b"", b"x" * 257)
@example(b"--b\r\n" + b"a" * 10_000, b"b")
def test_any_body_with_any_boundary_gives_bytes_or_one_of_our_errors(body: bytes, boundary: bytes) -> None:
    for tried in (body, b"--" + boundary + b"\r\n" + body, b"--" + boundary + b"\r\n\r\n" + body):
        try:
            assert isinstance(part_of(tried, boundary), bytes)
        except UploadError as error:
            assert "xpected" in error.detail


@given(st.text(st.characters(max_codepoint=255)), st.binary(max_size=40))
def test_any_content_type_is_read(content_type: str, body: bytes) -> None:
    try:
        assert read([body], content_type) in body
    except UploadError as error:
        assert "xpected" in error.detail


@pytest.mark.parametrize("content_type", ["Multipart/Form-Data; boundary=b-42", 'multipart/form-data;boundary="b-42"'])
def test_a_content_type_may_be_written_in_several_ways(content_type: str) -> None:
    assert read([form(("file", b"photo"))], content_type) == b"photo"


@pytest.mark.parametrize(
    "headers",
    [
        b'content-disposition: form-data; filename="a.jpg"; name=file',
        b"X: y\r\n" * 7 + b'Content-Disposition:form-data;name="file"',
    ],
)
def test_the_headers_of_a_part_may_be_written_in_several_ways(headers: bytes) -> None:
    assert part_of(b"--b\r\n" + headers + b"\r\n\r\nphoto\r\n--b--", b"b") == b"photo"


def test_the_first_of_two_parts_called_file_counts() -> None:
    assert part_of(form(("file", b"one"), ("file", b"two"))) == b"one"


@given(
    st.lists(st.tuples(st.sampled_from(["file", "note"]), st.binary(max_size=9)), max_size=8),
    st.lists(st.integers(0), max_size=5),
    st.integers(1, 4),
)
def test_several_parts_called_file_come_in_their_order_up_to_as_many_as_are_wanted(
    parts: list[tuple[str, bytes]], places: list[int], most: int
) -> None:
    assume(all(BOUNDARY not in content for _, content in parts))
    files = [content for name, content in parts if name == "file"]

    async def chunks() -> AsyncIterator[bytes]:
        for piece in cut(form(*parts), places):
            yield piece

    if files:
        assert asyncio.run(parts_named_file(chunks(), BOUNDARY, most)) == files[:most]
    else:
        with pytest.raises(PhotoMissing):
            asyncio.run(parts_named_file(chunks(), BOUNDARY, most))


def test_a_form_with_other_parts_only_is_refused_with_their_names() -> None:
    with pytest.raises(PhotoMissing, match="Expected a part called `file`; received parts: image, note"):
        part_of(form(("image", b"photo"), ("note", b"")))


@pytest.mark.parametrize("pieces", [[], [b""], [form(("file", b""))]])
def test_a_missing_or_empty_photo_is_refused_with_a_command_that_works(pieces: list[bytes]) -> None:
    with pytest.raises(PhotoMissing, match=r"Expected a photo; received none: .* curl -F file=@cat\.jpg"):
        read(pieces, "multipart/form-data; boundary=b-42" if any(pieces) else None)


def test_as_many_parts_as_are_allowed_are_read() -> None:
    parts = [("note", b"")] * (MAX_PARTS - 1)
    assert part_of(form(*parts, ("file", b"photo"))) == b"photo"


def test_one_part_more_is_refused() -> None:
    with pytest.raises(MultipartMalformed, match="at most 100 parts"):
        part_of(form(*[("note", b"")] * MAX_PARTS, ("file", b"photo")))


@given(PIECES, st.integers(0, 64))
def test_a_body_is_read_to_the_limit_and_no_further(pieces: list[bytes], max_bytes: int) -> None:
    whole, coming = b"".join(pieces), iter(pieces)
    if len(whole) > max_bytes:
        with pytest.raises(BodyTooLarge, match=f"at most {max_bytes} bytes"):
            read(coming, max_bytes=max_bytes)
        taken = pieces[: len(pieces) - len(list(coming))]
        assert len(b"".join(taken[:-1])) <= max_bytes < len(b"".join(taken))
    elif whole:
        assert read(coming, max_bytes=max_bytes) == whole
