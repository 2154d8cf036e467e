"""What keys and rates cost a request, in microseconds: `python -m benchmarks.access [redis://…]`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.key_holders import KeyHolders
from app.access.rated_photos import RatedPhotos
from app.access.rates import OwnRates, Rates, WorkersRates
from app.keys import Keys, hash_of, new_key
from app.settings import Settings

REQUESTS, ROUNDS = 500, 20  # the fastest round counts: what else the machine does only adds to the others
HOLDERS = 10
KEYS = {f"holder-{number}": new_key() for number in range(HOLDERS)}
MANY, FEW = Settings(rate_per_address=1_000_000), Settings(rate_per_address=1)


async def costs(redis_url: str | None = None) -> AsyncIterator[tuple[str, float]]:
    """Each kind of work beside a request that is answered at once, with its microseconds."""
    state = Starlette()
    alone = await microseconds(answering, state)
    keys = Keys.parse(",".join(f"{name}:{hash_of(key).hex()}" for name, key in KEYS.items()))
    yield f"a key among {HOLDERS}", await microseconds(KeyHolders(answering, keys), state) - alone
    with tempfile.TemporaryDirectory() as folder:
        counting: dict[str, Rates] = {"in one process": OwnRates(), "by workers": WorkersRates(Path(folder))}
        if redis_url is not None:
            from app.access.redis_rates import RedisRates
            from app.redis_address import redis_address
            from app.redis_server import RedisServer

            counting["in a Redis"] = RedisRates(RedisServer(redis_address(redis_url), 10))
        for where, rates in counting.items():
            state.state.rates = rates
            yield f"a photo counted {where}", await microseconds(RatedPhotos(answering, MANY), state) - alone
            yield f"a photo refused {where}", await microseconds(RatedPhotos(answering, FEW), state) - alone
            await rates.close()


async def answering(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def microseconds(app: ASGIApp, state: Starlette) -> float:
    """A request to this application takes."""
    fastest, headers = float("inf"), [(b"host", b"cats.example"), (b"x-api-key", KEYS["holder-5"].encode())]
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for number in range(REQUESTS):
            client = f"10.0.0.{number % 100}", 50_000
            scope = {"type": "http", "method": "POST", "path": "/predict", "headers": headers, "client": client}
            await app({**scope, "app": state, "state": {}}, nothing, ignored)
        fastest = min(fastest, time.perf_counter() - start)
    return 1e6 * fastest / REQUESTS


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def ignored(_: Message) -> None:
    pass


async def main(redis_url: str | None) -> None:
    async for what, cost in costs(redis_url):
        print(f"{what:32}{cost:8.1f} µs")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
