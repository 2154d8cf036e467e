"""Whether the service holds on to anything: `python -m benchmarks.soak --requests 1000000`.

Everything that people ask, rightly and wrongly, in one long mixture. Memory may grow while caches fill, in the first
tenth; after that memory, open files, threads and the time of an answer should stay. 1,000,000 requests are a day of
nearly twelve a second; two cores take two hours or so for them, and some minutes for 100,000.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx

from benchmarks.goals import print_ratio
from benchmarks.processes import Held, held
from benchmarks.server import Server, catscan
from benchmarks.visits import VISITS, Visitors
from benchmarks.wire import HOST

AT_ONCE = 16
STEPS = 20  # lines of progress
FILLED = STEPS // 10  # steps after which caches are full
TIMEOUT_S = 60.0
SEED = 1
REST_S = 10.0  # at most until nothing of a step is left: connections that were given up, threads without work
LOOK_S = 0.25  # between two looks at that
IDLE_S = 2.0  # until a connection is asked over no more: the service closes what is idle for 5 s
PROBES = 20  # photos whose time is taken after each step, one after the other
# What may be at the end of what was after the first tenth.
MOST_MEMORY, MOST_FILES, MOST_THREADS, MOST_TIME = 1.05, 1.0, 1.0, 1.5


@dataclass(frozen=True)
class Step:
    """What the service holds after a part of the requests, with nobody connected, and how fast it then answers."""

    held: Held
    p50_ms: float  # of photos posted one after the other

    def line(self) -> str:
        memory = self.held.memory
        return f"{memory.rss:10.1f}{memory.pss:10.1f}{self.held.files:8}{self.held.threads:9}{self.p50_ms:9.1f}"


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.soak")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    options = parser.parse_args()
    with catscan(options.precision) as server:
        report(asyncio.run(soak(server, options.requests)))


async def soak(server: Server, requests: int, steps: int = STEPS) -> list[Step]:
    """Asks so often, shows progress and what was answered wrongly, and says what was held after each step."""
    wrong, done = Counter[str](), list[Step]()
    chance, start = random.Random(SEED), time.perf_counter()
    print(f"{'requests':>10}{'seconds':>9}{'RSS MB':>10}{'PSS MB':>10}{'files':>8}{'threads':>9}{'p50 ms':>9}", end="")
    print("   answered otherwise than expected")
    for step in range(1, steps + 1):
        until = requests * step // steps
        turns = iter(range(requests * (step - 1) // steps, until))
        async with connected(server) as client:
            layers = tuple(layer["name"] for layer in (await client.get("/layers")).json()["layers"])
            visitors = Visitors(client, server.port, layers, chance)
            await visitors.posts_web_photo()
            await asyncio.gather(*(visit(visitors, turns, wrong) for _ in range(AT_ONCE)))
            times = [await timed(visitors) for _ in range(PROBES)]
        done.append(Step(await at_rest(server.pid), statistics.median(times) * 1e3))
        print(f"{until:10}{time.perf_counter() - start:9.0f}{done[-1].line()}   {dict(wrong)}", flush=True)
    return done


def connected(server: Server) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=AT_ONCE, keepalive_expiry=IDLE_S)
    address = f"http://{HOST}:{server.port}"
    return httpx.AsyncClient(base_url=address, limits=limits, timeout=TIMEOUT_S, trust_env=False)


async def timed(visitors: Visitors) -> float:
    """Seconds until a photo is answered."""
    start = time.perf_counter()
    await visitors.posts_web_photo()
    return time.perf_counter() - start


async def at_rest(pid: int) -> Held:
    """What is held once nobody is connected: when two looks, one after the other, see the same; at last in any case."""
    until, before = time.perf_counter() + REST_S, held(pid)
    while True:
        await asyncio.sleep(LOOK_S)
        now = held(pid)
        same = (before.files, before.threads) == (now.files, now.threads)
        if same or time.perf_counter() > until:
            return now
        before = now


async def visit(visitors: Visitors, turns: Iterator[int], wrong: Counter[str]) -> None:
    """One of those who ask at the same time, one request after the other, while there are turns."""
    weights = [way.weight for way in VISITS]
    for _ in turns:
        (way,) = visitors.chance.choices(VISITS, weights)
        try:
            status = await way.ask(visitors)
        except httpx.HTTPError as error:
            wrong[f"{way.ask.__name__}: {type(error).__name__}"] += 1
            continue
        if status != way.expected:
            wrong[f"{way.ask.__name__}: {status}"] += 1


def growth(steps: Sequence[Step], filled: int = FILLED) -> dict[str, float]:
    """What there is at the end, of what there was when caches were full: by what it is.

    Pools of threads come and go: only what is still there in each of the last steps, as many, has grown.
    """
    full, last = steps[:filled], steps[-filled:]
    end = last[-1].held.memory
    return {
        "RSS": end.rss / max(step.held.memory.rss for step in full),
        "PSS": end.pss / max(step.held.memory.pss for step in full),
        "open files": min(step.held.files for step in last) / max(step.held.files for step in full),
        "threads": min(step.held.threads for step in last) / max(step.held.threads for step in full),
        "p50 of a photo alone": median_ms(last) / median_ms(full),
    }


def median_ms(steps: Sequence[Step]) -> float:
    return statistics.median(step.p50_ms for step in steps)


def report(steps: Sequence[Step]) -> None:
    most = [MOST_MEMORY, MOST_MEMORY, MOST_FILES, MOST_THREADS, MOST_TIME]
    for (name, ratio), bound in zip(growth(steps).items(), most, strict=True):
        print_ratio(f"{name}, at the end / after a tenth", ratio, most=bound)


if __name__ == "__main__":
    main()
