"""Hundreds of clients hang up at every stage of a request; afterwards nothing of theirs is left in the service."""

import asyncio
import collections
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.main import create_app
from app.settings import Settings
from tests.app.conftest import answer_of, wait_until_ready
from tests.app.faults.load import Load
from tests.app.loopback import PATIENCE, on_loopback
from tests.app.observing.test_metrics import parsed, value
from tests.app.registry.operating import wait_until

EACH = 40  # clients of each kind
AT_ONCE = 16
PHOTOS = ("photos_in_flight", "queue_length")  # of the metrics: none once nobody asks
AFTER_S = 0.05  # at most, from the end of a request to when somebody goes who waited
RESET = struct.pack("ii", 1, 0)  # for SO_LINGER: closing says "reset", and drops what was not sent yet
Leaving = Callable[[socket.socket, random.Random], None]


class Watched:
    """An application whose event loop can be asked how much it still does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        await self._app(scope, receive, send)

    def tasks(self) -> int:
        async def count() -> int:
            return len(asyncio.all_tasks())

        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(count(), self._loop).result(PATIENCE)


@dataclass(frozen=True)
class Served:
    """A service, in this process."""

    address: tuple[str, int]
    watched: Watched

    def ask(self, path: str) -> httpx.Response:
        """Over a connection of its own, which is gone afterwards."""
        host, port = self.address
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=PATIENCE, trust_env=False) as client:
            return client.get(path)

    def holds(self) -> collections.Counter[str]:
        """What clients that are gone must leave nothing of."""
        samples = parsed(self.ask("/metrics").text)
        gauges = {name: int(value(samples, f"catscan_{name}")) for name in PHOTOS}
        threads = [thread.name for thread in threading.enumerate()]
        return collections.Counter(
            tasks=self.watched.tasks(),
            files=len(list(Path("/proc/self/fd").iterdir())),
            lanes=sum(name.startswith(("core", "inside", "loading")) for name in threads),
            decoders=decoders(),
            **gauges,
        )


def decoders() -> int:
    """Processes below this one that decode photos, and the one that makes them."""
    command = b"app.photos.decoder_process"
    found = 0
    for process in Path("/proc").iterdir():
        try:
            found += process.name.isdecimal() and command in (process / "cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    watched = Watched(create_app(Settings(store=tmp_path_factory.mktemp("left") / "photos.sqlite")))
    with on_loopback(watched) as client:
        wait_until_ready(client)
        url = client.base_url
        client.close()
        yield Served((url.host, url.port or 0), watched)


def request_of(photo: bytes, path: str = "/predict") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: cats\r\nContent-Length: {len(photo)}\r\n\r\n"
    return head.encode() + photo


def before_a_word(*_: object) -> None:
    pass


def stages(photo: bytes, maps: str) -> dict[str, Leaving]:
    """What a client does before it goes, by the moment at which it goes."""
    whole, head = request_of(photo), request_of(photo).index(b"\r\n\r\n") + 4

    def within(start: int, end: int) -> Leaving:
        return lambda connection, chance: connection.sendall(whole[: chance.randrange(start, end)])

    def after(request: bytes) -> Leaving:
        def leave(connection: socket.socket, chance: random.Random) -> None:
            connection.sendall(request)
            threading.Event().wait(chance.uniform(0, AFTER_S))

        return leave

    def answered(request: bytes) -> Leaving:
        def leave(connection: socket.socket, chance: random.Random) -> None:
            connection.sendall(request)
            connection.recv(chance.randrange(1, 100))

        return leave

    big = f"GET {maps} HTTP/1.1\r\nHost: cats\r\n\r\n".encode()
    return {
        "before a word": before_a_word,
        "in the head": within(1, head),
        "after the head": within(head, head + 1),
        "in the body": within(head + 1, len(whole)),
        "at once after the body": lambda connection, _: connection.sendall(whole),
        "while it waits": after(whole),
        "while its maps are drawn": after(request_of(photo, "/feature-maps?layer=conv1&format=png")),
        "in the answer": answered(whole),
        "in a large answer": answered(big),
        "after two at once": lambda connection, _: connection.sendall(whole + whole),
    }


def go(address: tuple[str, int], leaving: Leaving, chance: random.Random) -> None:
    """One client, who says goodbye or does not."""
    with socket.create_connection(address, PATIENCE) as connection:
        if chance.random() < 0.5:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        leaving(connection, chance)


def test_clients_that_go_away_at_any_stage_leave_nothing_behind(
    served: Served, chelsea: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = served.address
    with httpx.Client(base_url=f"http://{host}:{port}", timeout=PATIENCE, trust_env=False) as client:
        image_id = answer_of(client, chelsea)["image_id"]
    ways = stages(chelsea, f"/feature-maps?image_id={image_id}&layer=conv1&format=f32")
    warm(served, ways, chelsea)
    before = served.holds()
    chance, went = random.Random(1), collections.Counter[str]()
    order = [way for way in ways for _ in range(EACH)]
    chance.shuffle(order)
    with Load(f"http://{host}:{port}", chelsea, clients=4) as load, ThreadPoolExecutor(AT_ONCE) as clients:
        load.go_on(1)
        for way, _ in zip(order, clients.map(lambda way: leave(served, ways[way]), order), strict=True):
            went[way] += 1
        load.go_on(1)
    assert went == dict.fromkeys(ways, EACH)
    assert load.sent == load.answered > 0  # those who stay are answered, every one
    assert load.lost == 0
    wait_until(lambda: served.holds() <= before)
    assert caplog.messages == []


def leave(served: Served, way: Leaving) -> None:
    go(served.address, way, random.Random())


def warm(served: Served, ways: dict[str, Leaving], photo: bytes) -> None:
    """Every thread, decoder and file that is kept for later is there afterwards."""
    host, port = served.address
    with Load(f"http://{host}:{port}", photo, clients=AT_ONCE) as load:
        load.go_on(100)
    with ThreadPoolExecutor(AT_ONCE) as clients:
        list(clients.map(lambda way: leave(served, way), [*ways.values()] * 8))
    served.ask("/layers")
    wait_until(lambda: not any(served.holds()[name] for name in PHOTOS))
