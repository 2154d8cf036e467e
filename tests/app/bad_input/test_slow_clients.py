"""Hundreds of clients that stop, or send a byte a second, keep nobody out: counted."""

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.connections import allow_files
from app.settings import Settings
from tests.app.bad_input.conftest import MAX_BODY, Victim
from tests.app.bad_input.raw import post, rest
from tests.app.conftest import answer_of
from tests.app.loopback import PATIENCE

STALLED = 300  # of each kind: more than there are places for photos
HONEST, PHOTOS = 8, 10  # clients that post, and photos of each
STARTS = {
    "silent after their headers": post(b"Content-Length: %d\r\n" % MAX_BODY, b""),
    "silent in a small body": post(b"Content-Length: 100\r\n", b"\xff\xd8"),
    "silent in a chunk": post(b"Transfer-Encoding: chunked\r\n", b"ffff\r\nabc"),
    "silent in their headers": b"POST /predict HTTP/1.1\r\nHost: te",
    "a byte a second in the body": post(b"Content-Length: 100\r\n", b"\xff\xd8"),
    "a byte a second in the headers": b"POST /predict HTTP/1.1\r\nHost: te",
}
DRIPPING = "a byte a second"


@pytest.fixture
def stalled(victim: Victim) -> Iterator[dict[str, list[socket.socket]]]:
    """Connections whose clients have begun so."""
    allow_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1.5 * STALLED * len(STARTS)
    with contextlib.ExitStack() as all_of_them:
        connections: dict[str, list[socket.socket]] = {name: [] for name in STARTS}
        for name, start in STARTS.items():
            for _ in range(STALLED):
                connection = all_of_them.enter_context(socket.create_connection(victim.address, PATIENCE))
                connection.sendall(start)
                connections[name].append(connection)
        yield connections


@contextlib.contextmanager
def dripping(stalled: dict[str, list[socket.socket]]) -> Iterator[None]:
    """Sends a byte a second over those whose clients do so."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(1.0):
            for name in STARTS:
                for connection in stalled[name] if name.startswith(DRIPPING) else ():
                    with contextlib.suppress(OSError):
                        connection.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_hundreds_of_clients_that_stop_or_send_a_byte_a_second_keep_nobody_out(
    victim: Victim, stalled: dict[str, list[socket.socket]], chelsea: bytes
) -> None:
    def post_some(_: int) -> list[str]:
        return [answer_of(victim.client, chelsea)["label"] for _ in range(PHOTOS)]

    with dripping(stalled), ThreadPoolExecutor(HONEST) as threads:
        begun = time.monotonic()
        labels = [label for some in threads.map(post_some, range(HONEST)) for label in some]
        assert labels == ["cat"] * (HONEST * PHOTOS)  # as many as were sent, none refused
        assert time.monotonic() - begun < Settings().deadline_s  # that of each one
        for name, connections in stalled.items():
            if not name.endswith("headers") or "after" in name:
                assert [rest(connection).code for connection in connections] == ["body_too_slow"] * STALLED, name
    assert "catscan_photos_in_flight 0.0" in victim.client.get("/metrics").text
