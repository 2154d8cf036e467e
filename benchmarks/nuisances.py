"""Clients that do as none should, beside a load: they stall, hang up, or send one byte a second."""

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from benchmarks.photos import photo_set
from benchmarks.wire import HOST, post

EACH = 16  # of each kind at the same time
BYTE_S = 1.0  # between two bytes of those who send one after the other
AFTER = 1000  # bytes from which on those go so slowly: the head and some of the photo
PAUSE_S = 0.2  # at most until somebody who has gone comes again
SEED = 1
LEFT, CLOSED = "went away", "was closed on"  # how it ended; else the status that was answered

Kind = Callable[[asyncio.StreamWriter, bytes, random.Random], Awaitable[bool]]  # whether it went away by itself


class Nuisances:
    """What those clients did, and what came of it."""

    def __init__(self, port: int) -> None:
        self._port, self._chance = port, random.Random(SEED)
        self._request = post("/predict", photo_set("web")[0])
        self.ends: dict[str, Counter[str]] = {kind.__name__: Counter() for kind in (stalls, drips, hangs_up)}

    async def go_on(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for kind in (stalls, drips, hangs_up):
                for _ in range(EACH):
                    tasks.create_task(self._again_and_again(kind))

    async def _again_and_again(self, kind: Kind) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0, PAUSE_S))
            self.ends[kind.__name__][await self._once(kind)] += 1

    async def _once(self, kind: Kind) -> str:
        try:
            reader, writer = await asyncio.open_connection(HOST, self._port)
        except OSError:
            return CLOSED
        told = asyncio.create_task(reader.read(2**16))
        acting = asyncio.ensure_future(kind(writer, self._request, self._chance))
        try:
            await asyncio.wait((told, acting), return_when=asyncio.FIRST_COMPLETED)
            if acting.done() and not acting.exception() and acting.result():
                return LEFT
            with contextlib.suppress(OSError):
                return (await told)[9:12].decode() or CLOSED
            return CLOSED
        finally:
            told.cancel()
            acting.cancel()
            writer.transport.abort()


async def stalls(writer: asyncio.StreamWriter, request: bytes, chance: random.Random) -> bool:
    """Sends a part of it and then nothing."""
    writer.write(request[: chance.randrange(1, len(request))])
    await asyncio.Event().wait()
    return False


async def drips(writer: asyncio.StreamWriter, request: bytes, chance: random.Random) -> bool:
    """Sends the start of it and then a byte after the other."""
    begun = chance.randrange(AFTER)
    writer.write(request[:begun])
    for byte in request[begun:]:
        await asyncio.sleep(BYTE_S)
        writer.write(bytes([byte]))
    return False


async def hangs_up(writer: asyncio.StreamWriter, request: bytes, chance: random.Random) -> bool:
    """Goes away at any moment: while it sends, waits, or is answered."""
    writer.write(request[: chance.choice((chance.randrange(len(request)), len(request)))])
    await asyncio.sleep(chance.uniform(0, PAUSE_S))
    return True


@contextlib.contextmanager
def nuisances(port: int) -> Iterator[Nuisances]:
    """Has them ask a server until the end of the block, from a thread."""
    them, loop = Nuisances(port), asyncio.new_event_loop()
    going_on = loop.create_task(them.go_on())

    def work() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(going_on)
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield them
    finally:
        loop.call_soon_threadsafe(going_on.cancel)
        thread.join()
