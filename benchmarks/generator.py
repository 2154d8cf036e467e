"""The process that puts a load on a server: asyncio's protocols on uvloop, tens of microseconds for a request.

It reads a pickled `Load` and writes an `Outcome` as JSON; `load.run` starts it.
"""

import asyncio
import gc
import itertools
import json
import pickle
import random
import sys
import time
from collections import Counter, deque
from dataclasses import asdict

import uvloop

from benchmarks.connection import Connection
from benchmarks.load import Load, Outcome, Part, median, percentile
from benchmarks.processes import cpu_seconds
from benchmarks.wire import HOST, Head, post_parts, stamp

DRAIN_S = 10.0  # how long an open loop waits for answers after its end
SEED = 1


class Generator:
    """Puts one load on a server and counts what comes of it."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self._requests = itertools.cycle([post_parts(load.target, photo) for photo in load.photos])
        self._numbers = itertools.count(random.SystemRandom().getrandbits(100))  # files that no server has seen
        self._all: set[Connection] = set()
        self._idle: deque[Connection] = deque()  # the longest idle first: a server closes what is idle for seconds
        self._opening: set[asyncio.Task[None]] = set()
        self._begin = self._end = float("inf")  # of the seconds that count
        self._statuses = [Counter[int]() for _ in range(load.parts)]
        self._latencies_ms: list[list[float]] = [[] for _ in range(load.parts)]
        self._in_time = self._with_retry_after = self._unsent = 0

    async def run(self) -> Outcome:
        load = self.load
        await asyncio.gather(*(self._open() for _ in range(load.connections)))
        arrivals = asyncio.create_task(self._arrive(load.rate)) if load.rate else None
        await asyncio.sleep(load.warmup)
        cpu, own = cpu_seconds(load.pid), time.process_time()
        self._begin = time.perf_counter()
        await asyncio.sleep(load.seconds)
        self._end = time.perf_counter()
        cpu, own = cpu_seconds(load.pid) - cpu, time.process_time() - own
        if arrivals:
            arrivals.cancel()
            await self._drain()
        unanswered = sum(connection.waits for connection in self._all) if arrivals else 0
        for connection in self._all:
            connection.close()
        return Outcome(
            seconds=self._end - self._begin, in_time=self._in_time, statuses=dict(sum(self._statuses, Counter[int]())),
            latencies_ms=[time for part in self._latencies_ms for time in part], server_cpu_s=cpu,
            generator_cpu_s=own, with_retry_after=self._with_retry_after, unsent=self._unsent, unanswered=unanswered,
            parts=[
                Part(dict(statuses), median(times), percentile(times, 0.99))
                for statuses, times in zip(self._statuses, self._latencies_ms, strict=True)
            ],
        )  # fmt: skip

    async def _open(self) -> None:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(self._answered, self._ended), HOST, self.load.port
        )
        self._all.add(connection)
        self._ready(connection)

    def _ready(self, connection: Connection) -> None:
        if self.load.rate:
            self._idle.append(connection)
        elif not self._over:
            self._send(connection, time.perf_counter())

    def _send(self, connection: Connection, due: float) -> None:
        begin, end = next(self._requests)
        connection.send((begin, stamp(next(self._numbers)), end), due)

    async def _arrive(self, rate: float) -> None:
        """Sends at times by chance, as people do who know nothing of each other."""
        chance, due = random.Random(SEED), time.perf_counter()
        while True:
            due += chance.expovariate(rate)
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if self._idle:
                self._send(self._idle.popleft(), due)
            elif self._begin <= due < self._end:
                self._unsent += 1

    def _answered(self, connection: Connection, head: Head) -> None:
        now, due = time.perf_counter(), connection.due
        self._in_time += head.status == 200 and self._begin <= now < self._end
        counts = due if self.load.rate else now
        if self._begin <= counts < self._end:
            part = min(int((counts - self._begin) * self.load.parts / self.load.seconds), self.load.parts - 1)
            self._statuses[part][head.status] += 1
            self._with_retry_after += head.retry_after
            if head.status == 200:
                self._latencies_ms[part].append((now - due) * 1e3)
        if not head.closes:
            self._ready(connection)

    def _ended(self, connection: Connection) -> None:
        """Opens another in its place."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if not self._over:
            opening = asyncio.create_task(self._open())
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    @property
    def _over(self) -> bool:
        return self._end < float("inf")

    async def _drain(self) -> None:
        until = time.perf_counter() + DRAIN_S
        while any(connection.waits for connection in self._all) and time.perf_counter() < until:
            await asyncio.sleep(0.05)


def main() -> None:
    load = pickle.load(sys.stdin.buffer)
    gc.disable()  # nothing here refers to itself, and no pause is to look like the server's
    print(json.dumps(asdict(uvloop.run(Generator(load).run()))))


if __name__ == "__main__":
    main()
