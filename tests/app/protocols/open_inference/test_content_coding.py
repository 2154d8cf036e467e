"""Compressed bodies, against Python's own gzip and zlib."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BodyTooLarge
from app.protocols.open_inference.content_coding import Coding, deflated, inflated, wanted_coding
from app.protocols.open_inference.refusals import CompressionInvalid

CODINGS: tuple[Coding, ...] = "gzip", "deflate"
LIMIT = 10_000


@given(st.binary(max_size=LIMIT), st.sampled_from(CODINGS))
def test_a_body_comes_out_as_it_went_in(body: bytes, coding: Coding) -> None:
    theirs = gzip.compress(body, mtime=0) if coding == "gzip" else zlib.compress(body)
    assert inflated(theirs, coding, LIMIT) == body
    ours = deflated(body, coding)
    assert (gzip.decompress(ours) if coding == "gzip" else zlib.decompress(ours)) == body


@given(st.binary(max_size=100), st.sampled_from([*CODINGS, "x-gzip", "br", "", "gzip, gzip"]))
def test_any_bytes_are_a_compressed_body_or_refused(body: bytes, coding: str) -> None:
    try:
        inflated(body, coding, LIMIT)
    except CompressionInvalid as error:
        assert "Expected" in error.detail
        assert "received" in error.detail


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_may_become_as_large_as_it_may_be_and_no_larger(coding: Coding) -> None:
    assert len(inflated(deflated(bytes(LIMIT), coding), coding, LIMIT)) == LIMIT
    for size in (LIMIT + 1, 100 * LIMIT):
        with pytest.raises(BodyTooLarge, match=f"Expected at most {LIMIT} bytes; received: more, decompressed"):
            inflated(deflated(bytes(size), coding), coding, LIMIT)


@pytest.mark.parametrize(
    ("body", "coding", "sentence"),
    [
        (gzip.compress(b"abc", mtime=0)[:-1], "gzip", "received: one that ends too early"),
        (gzip.compress(b"abc", mtime=0) + b"!", "gzip", "received: one that goes on after it"),
        (zlib.compress(b"abc"), "gzip", "Expected a gzip body; received: .*incorrect header"),
        (b"abc", "deflate", "Expected a deflate body; received"),
        (b"", "gzip", "received: one that ends too early"),
        (b"abc", "br", "Expected Content-Encoding gzip or deflate; received: 'br'"),
    ],
)
def test_what_is_wrong_with_a_body_is_told(body: bytes, coding: str, sentence: str) -> None:
    with pytest.raises(CompressionInvalid, match=sentence):
        inflated(body, coding, LIMIT)


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("", None), ("identity", None), ("br, zstd", None), ("gzip", "gzip"), ("deflate", "deflate"),
        ("gzip, deflate, br", "gzip"), ("deflate, gzip", "deflate"), ("deflate;q=0.5, gzip;q=0.6", "gzip"),
        ("gzip;q=0", None), ("gzip;q=0.3, identity", None), ("GZIP", "gzip"), ("*", None), (",;=", None),
    ],
)  # fmt: skip
def test_a_reply_is_compressed_as_its_client_likes_it(accept_encoding: str, coding: Coding | None) -> None:
    assert wanted_coding(accept_encoding) == coding
