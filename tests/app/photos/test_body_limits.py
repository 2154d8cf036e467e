"""How a body is counted on its way in, over a real socket."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app.errors import BodyTooLarge, PhotoTruncated
from tests.app.conftest import STRICT_BYTES, answer_of, problem_of
from tests.app.loopback import PATIENCE

CHUNK = 4096
ENDLESS = 64 * 2**20  # more than the machine's sockets hold between the two ends
BOUNDARY = "b-42"


def chunks(body: bytes) -> Iterator[bytes]:
    """A body that httpx sends with chunked transfer coding, without a Content-Length."""
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]


def exchange(client: httpx.Client, head: str, body: bytes) -> bytes:
    """All that the service answers, until it closes the connection, to a request that no HTTP library would send."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), PATIENCE) as connection:
        connection.sendall(f"POST /predict HTTP/1.1\r\nHost: test\r\n{head}\r\n\r\n".encode() + body)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def form_of_length(photo: bytes, length: int) -> bytes:
    """A form with the photo and, before it, as much of something else as makes it this long."""
    end = b"\r\n--b-42\r\nContent-Disposition: form-data; name=file\r\n\r\n" + photo + b"\r\n--b-42--\r\n"
    start = b"--b-42\r\nContent-Disposition: form-data; name=note\r\n\r\n"
    return start + b"." * (length - len(start) - len(end)) + end


def test_a_body_of_exactly_the_limit_is_taken(strict: httpx.Client, chelsea: bytes) -> None:
    assert len(chelsea) < STRICT_BYTES
    whole = chelsea.ljust(STRICT_BYTES, b"\0")  # what follows the end of a JPEG does not matter
    expected = answer_of(strict, chelsea)["predictions"]
    assert answer_of(strict, whole)["predictions"] == expected
    chunked = strict.post("/predict", content=chunks(whole))
    assert chunked.json()["predictions"] == expected
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    form = strict.post("/predict", content=form_of_length(chelsea, STRICT_BYTES), headers=headers)
    assert form.json()["predictions"] == expected


def test_one_byte_more_is_refused_when_it_is_announced(strict: httpx.Client, chelsea: bytes) -> None:
    response = strict.post("/predict", content=chelsea.ljust(STRICT_BYTES + 1, b"\0"))
    problem = problem_of(response, BodyTooLarge)
    assert problem["detail"] == "Expected at most 65536 bytes; received: 65537 announced"
    assert problem["max_bytes"] == STRICT_BYTES


def test_one_byte_more_is_refused_when_it_is_not_announced(strict: httpx.Client, chelsea: bytes) -> None:
    response = strict.post("/predict", content=chunks(chelsea.ljust(STRICT_BYTES + 1, b"\0")))
    assert problem_of(response, BodyTooLarge)["max_bytes"] == STRICT_BYTES


def test_one_byte_more_is_refused_in_a_form(strict: httpx.Client, chelsea: bytes) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    form = form_of_length(chelsea, STRICT_BYTES + 1)
    problem_of(strict.post("/predict", content=form, headers=headers), BodyTooLarge)
    problem_of(strict.post("/predict", content=chunks(form), headers=headers), BodyTooLarge)


def test_what_is_announced_is_refused_before_it_is_sent(strict: httpx.Client) -> None:
    received = exchange(strict, f"Content-Length: {STRICT_BYTES + 1}\r\nExpect: 100-continue", b"")
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in received


def test_an_upload_without_end_is_cut_off(strict: httpx.Client) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < ENDLESS:
            sent += CHUNK
            yield bytes(CHUNK)

    problem_of(strict.post("/predict", content=endless()), BodyTooLarge)
    assert sent < ENDLESS


@pytest.mark.parametrize("announced", [True, False])
def test_the_refusal_reaches_a_client_that_sends_its_whole_body_first(strict: httpx.Client, announced: bool) -> None:
    """Where the connection is closed under it, a client whose sending fails tells of that, and not of the answer."""
    body, pieces = bytes(STRICT_BYTES), 16

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield body

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(base_url=strict.base_url, timeout=PATIENCE, trust_env=False) as client:
            return await client.post("/predict", content=body * pieces if announced else in_pieces())

    for _ in range(5):
        problem_of(asyncio.run(post()), BodyTooLarge)


def test_the_connection_of_a_refused_upload_is_closed(strict: httpx.Client) -> None:
    head = f"Content-Length: {STRICT_BYTES * 2}"  # and no Connection header: HTTP/1.1 would keep it open
    received = exchange(strict, head, b"")
    assert b"\r\nconnection: close\r\n" in received.lower()
    assert received.endswith(b"}")


def test_no_more_is_read_than_a_content_length_that_lies_says(strict: httpx.Client, chelsea: bytes) -> None:
    half = len(chelsea) // 2
    received = exchange(strict, f"Content-Length: {half}\r\nConnection: close", chelsea)
    assert received.startswith(b"HTTP/1.1 422 ")
    assert PhotoTruncated.code.encode() in received
    assert received.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "9" * 30, "10, 20"])
def test_a_content_length_that_is_no_number_is_a_bad_request(strict: httpx.Client, length: str) -> None:
    assert exchange(strict, f"Content-Length: {length}", b"0123456789").startswith(b"HTTP/1.1 400 ")


def test_a_client_that_goes_away_is_no_error_of_ours(
    strict: httpx.Client, chelsea: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "catscan")
    with socket.create_connection((strict.base_url.host, strict.base_url.port or 80), PATIENCE) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: 20000\r\n\r\n" + chelsea[:1000])
    start = time.monotonic()
    while "the client went away" not in caplog.text:
        assert time.monotonic() - start < PATIENCE
        time.sleep(0.02)
    assert answer_of(strict, chelsea)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
