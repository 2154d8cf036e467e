"""Bodies that come slowly, or not at all, in front of a small application behind the real admission."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import ServiceError
from app.problems import answer
from app.scheduling import exchange as exchanges
from app.scheduling.admission import Admission
from app.scheduling.admitted import AdmittedPhotos
from app.scheduling.exchange import LEAST_BYTES
from app.settings import Settings
from tests.app.bad_input.raw import Reply, exchange, post, rest
from tests.app.loopback import PATIENCE, on_loopback

SLOW_S, BYTES, PLACES = 0.5, 40_000, 2
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def head(length: int) -> bytes:
    return post(b"Content-Length: %d\r\n" % length, b"")


def chunk(size: int) -> bytes:
    return b"%x\r\n%s\r\n" % (size, bytes(size))


class Answering:
    """Answers with the size of the body; one of a single byte is kept waiting until it may go on."""

    def __init__(self) -> None:
        self.go_on = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response: ASGIApp
            try:
                size = len(await Request(scope, receive).body())
                while size == 1 and not self.go_on:
                    await asyncio.sleep(0.01)
                response = PlainTextResponse(f"{size}")
            except ServiceError as error:
                response = answer(scope["path"], error)
            except ClientDisconnect:
                return
            await response(scope, receive, send)


class Door:
    """A service with little room, and how much of it is taken."""

    def __init__(self, client: httpx.Client, admission: Admission, app: Answering) -> None:
        self.client, self.admission, self.app = client, admission, app
        self.address = client.base_url.host, client.base_url.port or 80

    def ask(self, request: bytes) -> Reply:
        return exchange(self.address, request)

    def begin(self, start: bytes) -> socket.socket:
        """A connection over which no more comes for now; it has been read."""
        before = self.admission.bytes
        connection = socket.create_connection(self.address, PATIENCE)
        connection.sendall(start)
        size = len(start.partition(b"\r\n\r\n")[2])
        self.wait_for(lambda: self.admission.bytes >= before + min(size, 1))
        return connection

    def wait_for(self, happens: Callable[[], bool]) -> None:
        start = time.monotonic()
        while not happens():
            assert time.monotonic() - start < PATIENCE
            time.sleep(0.01)


@pytest.fixture(scope="module")
def opened() -> Iterator[Door]:
    settings, app = Settings(queue_photos=PLACES, queue_bytes=BYTES), Answering()
    admission = Admission(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchanges, "SLOW_S", SLOW_S)
        with on_loopback(AdmittedPhotos(app, admission, settings)) as client:
            yield Door(client, admission, app)


@pytest.fixture
def door(opened: Door) -> Iterator[Door]:
    """In the end, everything has been given back."""
    opened.app.go_on = False
    yield opened
    opened.app.go_on = True
    opened.wait_for(lambda: (opened.admission.photos, opened.admission.bytes) == (0, 0))


@pytest.mark.parametrize("sent", [0, 1, LEAST_BYTES - 1])
def test_a_body_that_stops_is_refused_after_a_while(door: Door, sent: int) -> None:
    reply = door.ask(head(2 * LEAST_BYTES) + bytes(sent))
    assert (reply.statuses, reply.code) == ([408], "body_too_slow")
    assert f"or its end, within 0.5 s; received: {sent}".encode() in reply.received
    assert b"connection: close" in reply.received


def test_a_body_that_comes_a_byte_at_a_time_is_refused(door: Door) -> None:
    with door.begin(head(1000)) as connection:
        start = time.monotonic()
        with pytest.raises(OSError):
            while True:
                assert time.monotonic() - start < PATIENCE
                connection.sendall(b"a")
                time.sleep(0.02)


def test_a_body_that_comes_fast_enough_may_take_longer(door: Door) -> None:
    with door.begin(head(6 * LEAST_BYTES)) as connection:
        for _ in range(6):
            connection.sendall(bytes(LEAST_BYTES))
            time.sleep(SLOW_S / 3)
        assert rest(connection).statuses == [200]


def test_what_is_announced_takes_no_room(door: Door) -> None:
    stalled = [door.begin(head(BYTES)) for _ in range(20)]
    for _ in range(5):
        assert door.ask(head(BYTES) + bytes(BYTES)).statuses == [200]
    assert (door.admission.photos, door.admission.bytes) == (0, 0)
    for connection in stalled:
        with connection:
            assert rest(connection).code == "body_too_slow"


def test_what_has_come_takes_room_as_long_as_it_is_waited_for(door: Door) -> None:
    with door.begin(head(BYTES) + bytes(1000)):
        assert door.ask(head(BYTES - 1000) + bytes(BYTES - 1000)).statuses == [200]
        refused = door.ask(head(BYTES - 999) + bytes(BYTES - 999))
        assert (refused.statuses, refused.code) == ([429], "overloaded")
        assert f"received: {BYTES + 1}".encode() in refused.received


def test_a_body_that_grows_beyond_the_room_is_refused_while_it_comes(door: Door) -> None:
    with door.begin(post(CHUNKED, chunk(1000))), door.begin(post(CHUNKED, chunk(BYTES - 2000))) as growing:
        growing.sendall(chunk(1000))
        door.wait_for(lambda: door.admission.bytes == BYTES)
        growing.sendall(chunk(1))
        assert rest(growing).code == "overloaded"
        door.wait_for(lambda: door.admission.bytes == 1000)


def test_a_photo_takes_a_place_once_it_is_there(door: Door) -> None:
    halves = [door.begin(head(2) + b"a") for _ in range(PLACES + 1)]
    whole = [door.begin(head(1) + b"a") for _ in range(PLACES)]
    door.wait_for(lambda: door.admission.photos == PLACES)
    for connection in halves:  # were let in when there was room
        connection.sendall(b"a")
        with connection:
            assert rest(connection).code == "overloaded"
    assert door.ask(head(1) + b"a").code == "overloaded"
    door.app.go_on = True
    for connection in whole:
        with connection:
            assert rest(connection).statuses == [200]


def test_a_client_that_goes_away_in_the_middle_gives_its_room_back(door: Door) -> None:
    door.begin(head(BYTES) + bytes(5000)).close()
    door.wait_for(lambda: door.admission.bytes == 0)


def test_a_client_that_waits_for_less_than_a_slow_body_takes_is_told_so(door: Door) -> None:
    reply = door.ask(post(b"Prefer: wait=0.1\r\nContent-Length: 9\r\n", b"a"))
    assert (reply.statuses, reply.code) == ([504], "deadline_passed")
