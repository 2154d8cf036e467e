"""Connections whose clients do nothing, or too slowly, or send too much, in front of a small application."""

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app import connections
from app.connections import MOST_HEAD, MOST_PIPELINED, allow_files, most_connections
from tests.app.bad_input.raw import exchange
from tests.app.loopback import PATIENCE, on_loopback

LOOK_S = 0.5
LARGE = 64 * 2**20  # bytes of an answer: more than the machine's sockets hold between the two ends
GONE = threading.Event()  # a client, and its request at /wait knows
LIVE = b"GET / HTTP/1.1\r\nHost: test\r\n"
POST = b"POST / HTTP/1.1\r\n"
STOPPED = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "half a line": b"GET / HT",
    "half a head": LIVE,
    "half of a second head": LIVE + b"\r\nGET / HT",
    "no body": POST + b"Content-Length: 5\r\n\r\n",
    "half a body": POST + b"Content-Length: 5\r\n\r\nabc",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
}


async def small(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what came: its size, and the names of its headers; at /large with very much, at /wait never."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    if scope["path"] == "/wait":
        await receive()
        GONE.set()
        return
    names = [name for name, _ in scope["headers"]]
    body = bytes(LARGE) if scope["path"] == "/large" else b"%d %s" % (size, b",".join(names))
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    """Asks the application behind connections that are looked at very often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "LOOK_S", LOOK_S)
        with on_loopback(small) as client:
            yield client


@pytest.fixture
def address(server: httpx.Client) -> tuple[str, int]:
    return server.base_url.host, server.base_url.port or 80


def test_a_connection_whose_client_stops_in_the_middle_ends(address: tuple[str, int]) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(len(STOPPED)) as threads:
        replies = list(
            threads.map(lambda start: (exchange(address, start), time.monotonic() - begun), STOPPED.values())
        )
    for name, (reply, seconds) in zip(STOPPED, replies, strict=True):
        assert reply.statuses == [200] * (name == "half of a second head"), name
        assert LOOK_S <= seconds < PATIENCE / 2, name


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nA: ", b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"])
def test_a_connection_whose_client_sends_a_byte_now_and_then_ends(address: tuple[str, int], start: bytes) -> None:
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(start)
        with pytest.raises(OSError):
            for _ in range(10_000):
                connection.sendall(b"a")
                time.sleep(0.02)


def test_a_connection_that_is_used_stays(address: tuple[str, int]) -> None:
    with socket.create_connection(address, PATIENCE) as connection:
        for _ in range(10):
            connection.sendall(LIVE + b"\r\n")
            assert connection.recv(1000).endswith(b"0 host")
            time.sleep(LOOK_S / 3)


def test_a_body_that_comes_fast_enough_may_take_its_time(address: tuple[str, int]) -> None:
    piece, pieces = bytes(connections.LEAST_BYTES), 10
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (len(piece) * pieces))
        for _ in range(pieces):
            connection.sendall(piece)
            time.sleep(LOOK_S / 3)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_its_answer_loses_the_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        time.sleep(5 * LOOK_S)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(2**20):
                received += len(piece)
        assert 0 < received < LARGE


def test_a_client_that_reads_slowly_gets_all_of_its_answer(address: tuple[str, int]) -> None:
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = 0
        while piece := connection.recv(2**22):
            received += len(piece)
            time.sleep(LOOK_S / 8)
        assert received > LARGE


def test_a_head_may_be_as_large_as_is_allowed_and_no_byte_larger(address: tuple[str, int]) -> None:
    line = b"Connection: close\r\n"
    padding = MOST_HEAD - len(b"/") - len(line) - len(b"A: \r\n")
    for more, status in ((0, 200), (1, 431)):
        request = b"GET / HTTP/1.1\r\n" + line + b"A: " + b"a" * (padding + more) + b"\r\n\r\n"
        assert exchange(address, request).statuses == [status]


def test_what_follows_a_body_is_no_header(address: tuple[str, int]) -> None:
    body = b"3\r\nabc\r\n0\r\nAuthorization: none\r\n\r\n"
    request = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + body
    assert exchange(address, request).received.endswith(b"3 transfer-encoding,connection")


def test_who_asks_for_another_protocol_is_answered_in_this_one(address: tuple[str, int]) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAAAA\r\n"
    one = b"POST / HTTP/1.1\r\nHost: test\r\n" + upgrade + b"Content-Length: 3\r\n\r\n"
    for cut in range(len(one) + 4):
        with socket.create_connection(address, PATIENCE) as connection:
            connection.sendall((one + b"abc")[:cut])
            connection.sendall((one + b"abc")[cut:] + one + b"abc" + LIVE + b"Connection: close\r\n\r\n")
            received = b""
            while piece := connection.recv(65_536):
                received += piece
        assert received.count(b"3 host,connection,http2-settings,content-length") == 2
        assert received.endswith(b"0 host,connection")


def test_as_many_requests_as_are_allowed_wait_for_the_one_before_them(address: tuple[str, int]) -> None:
    for waiting, statuses in ((MOST_PIPELINED, [200] * (MOST_PIPELINED + 1)), (MOST_PIPELINED + 1, [400])):
        assert exchange(address, LIVE + b"\r\n" + (LIVE + b"\r\n") * waiting).statuses == statuses


@pytest.mark.parametrize("requests", [1, 2, 3])
def test_the_request_that_is_answered_knows_that_its_client_is_gone(address: tuple[str, int], requests: int) -> None:
    GONE.clear()
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(b"GET /wait HTTP/1.1\r\nHost: test\r\n\r\n" * requests)
    assert GONE.wait(PATIENCE)


def test_more_connections_than_there_are_files_for_are_closed(
    server: httpx.Client, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 5)
    server.close()
    held = [socket.create_connection(address, PATIENCE) for _ in range(5)]
    assert exchange(address, LIVE + b"Connection: close\r\n\r\n").statuses == []
    for connection in held:
        connection.sendall(LIVE + b"Connection: close\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.close()
    assert exchange(address, LIVE + b"Connection: close\r\n\r\n").statuses == [200]


def test_connections_leave_files_for_all_the_rest() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for soft, most in ((256, 128), (300, 150), (1024, 768)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
            assert most_connections() == most
        allow_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(before[1], connections.MOST_FILES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
