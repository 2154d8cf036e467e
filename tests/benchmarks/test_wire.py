"""Requests are HTTP that a server understands, and answers are read whole."""

import pytest

from benchmarks.wire import STAMP, Head, Wire, post, read_head
from tests.benchmarks.conftest import Reply, answering

PHOTO = b"\xff\xd8 a photo \xff\xd9"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 12", Head(200, 12, closes=False, retry_after=False)),
        (b"HTTP/1.1 429 \r\nRetry-After: 3\r\nContent-Length:7", Head(429, 7, closes=False, retry_after=True)),
        (b"HTTP/1.1 413 \r\nContent-Length: 0\r\nConnection: close", Head(413, 0, closes=True, retry_after=False)),
        (b"HTTP/1.1 304 Not Modified\r\netag: x", Head(304, 0, closes=False, retry_after=False)),
    ],
)
def test_a_head_is_read(head: bytes, expected: Head) -> None:
    assert read_head(head) == expected


def test_a_head_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        read_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked")


@pytest.mark.parametrize("size", [0, 1, 65_536, 1_000_000])
def test_an_answer_is_read_whole_and_the_next_one_too(size: int) -> None:
    with (
        answering(lambda _: (200, {}, bytes(range(256)) * (size // 256) + b"x" * (size % 256))) as port,
        Wire(port) as wire,
    ):
        for _ in range(3):
            answer = wire.ask(post("/predict", PHOTO))
            assert answer.head.status == 200
            assert answer.body == bytes(range(256)) * (size // 256) + b"x" * (size % 256)


def test_each_number_makes_a_photo_another_file() -> None:
    bodies: list[bytes] = []

    def keep(body: bytes) -> Reply:
        bodies.append(body)
        return 200, {}, b""

    with answering(keep) as port, Wire(port) as wire:
        for number in (0, 1, 2**100):
            wire.ask(post("/predict", PHOTO, number))
    assert len(set(bodies)) == 3
    for body in bodies:
        _, _, content = body.partition(b"\r\n\r\n")
        assert content.startswith(PHOTO)
        assert content[len(PHOTO) + STAMP :].startswith(b"\r\n--")


def test_a_connection_closed_without_an_answer_is_an_error() -> None:
    with answering(lambda _: None) as port, Wire(port) as wire, pytest.raises(ConnectionError, match="closed"):
        wire.ask(post("/predict", PHOTO))
