"""Whether the service holds on to memory: `python -m benchmarks.soak --requests 100000`.

Everything that people ask, rightly and wrongly, in one long mixture. Memory may grow while caches fill, in the first
tenth; after that it should stay. 100,000 requests take some minutes on two cores.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator

import httpx

from benchmarks.goals import print_ratio
from benchmarks.processes import memory
from benchmarks.server import Server, catscan
from benchmarks.visits import VISITS, Visitors
from benchmarks.wire import HOST

AT_ONCE = 16
STEPS = 20  # lines of progress
FILLED = STEPS // 10  # steps after which caches are full
MOST = 1.05  # of the memory then
TIMEOUT_S = 60.0
SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.soak")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    options = parser.parse_args()
    with catscan(options.precision) as server:
        asyncio.run(soak(server, options.requests))


async def soak(server: Server, requests: int) -> None:
    """Asks so often, shows progress, and says at the end how memory grew and what was answered wrongly."""
    limits = httpx.Limits(max_connections=AT_ONCE)
    address = f"http://{HOST}:{server.port}"
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=TIMEOUT_S, trust_env=False) as client:
        layers = tuple(layer["name"] for layer in (await client.get("/layers")).json()["layers"])
        visitors = Visitors(client, server.port, layers, random.Random(SEED))
        await visitors.posts_web_photo()
        wrong, held = Counter[str](), []
        start = time.perf_counter()
        print(f"{'requests':>10}{'seconds':>10}{'RSS MB':>10}   answered otherwise than expected")
        for step in range(1, STEPS + 1):
            until = requests * step // STEPS
            turns = iter(range(requests * (step - 1) // STEPS, until))
            await asyncio.gather(*(visit(visitors, turns, wrong) for _ in range(AT_ONCE)))
            held.append(memory(server.pid).rss)
            seconds = time.perf_counter() - start
            print(f"{until:10}{seconds:10.0f}{held[-1]:10.1f}   {dict(wrong)}", flush=True)
    print_ratio("RSS at the end / after a tenth", held[-1] / held[FILLED - 1], most=MOST)


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


if __name__ == "__main__":
    main()
