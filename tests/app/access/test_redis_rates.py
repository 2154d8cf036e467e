"""Rates in a real Redis: restarted, killed, full of nothing but hashes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.access.ledger import MINUTE
from app.access.redis_rates import OWED, SPEND, RedisRates
from app.redis_address import redis_address
from app.redis_server import RedisServer
from tests.app.loopback import PATIENCE
from tests.app.redis_process import RedisProcess, running_redis

ADDRESS = "address:203.0.113.7"
T = TypeVar("T")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(server: RedisProcess) -> RedisProcess:
    server.ask("FLUSHALL")
    return server


def machines(
    redis: RedisProcess,
    ask: Callable[..., Awaitable[T]],
    number: int = 1,
    failed: Callable[[str], None] = lambda _: None,
) -> T:
    """What machines that share the Redis get to ask."""

    async def run() -> T:
        address = redis_address(redis.url)
        rates = [RedisRates(RedisServer(address, PATIENCE, again_s=0.05), failed) for _ in range(number)]
        try:
            return await ask(*rates)
        finally:
            for each in rates:
                await each.close()

    return asyncio.run(run())


def test_machines_grant_together_what_one_would(redis: RedisProcess) -> None:
    async def ask(*rates: RedisRates) -> int:
        answers = await asyncio.gather(*(each.spend("key:ann", 100, 1) for each in rates for _ in range(100)))
        return sum(answer.granted for answer in answers)

    started = time.monotonic()
    assert 100 <= machines(redis, ask, 3) <= 100 + 100 * (time.monotonic() - started) / 60


def test_a_batch_is_counted_whole_or_not_at_all_and_may_be_given_back(redis: RedisProcess) -> None:
    async def ask(rates: RedisRates) -> list[tuple[bool, int]]:
        answers = [await rates.spend("key:ann", 10, photos) for photos in (7, 4, 3, -5, 5, 1, -100, 10)]
        return [(answer.granted, answer.photos) for answer in answers]

    assert machines(redis, ask) == [
        (True, 3), (False, 3), (True, 0), (True, 5), (True, 0), (False, 0), (True, 10), (True, 0),
    ]  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.integers(1, 1_000_000),
    owed=st.integers(0, 60_000_000),
    ago=st.integers(-120_000_000, 120_000_000),
    photos=st.integers(-70, 70),
)
def test_the_arithmetic_in_redis_is_that_of_the_ledger(
    redis: RedisProcess, rate: int, owed: int, ago: int, photos: int
) -> None:
    seconds, fraction = redis.ask("TIME")
    before, debt = seconds * 1_000_000 + fraction, owed * rate
    redis.ask("SET", "one", f"{before - ago} {debt}")
    granted, after = redis.ask("EVAL", SPEND, 1, "one", rate, photos)
    seconds, fraction = redis.ask("TIME")
    passed = seconds * 1_000_000 + fraction - before
    most = max(0, debt - max(0, ago) * rate)  # what was owed, if no time had passed in between
    least = max(0, debt - max(0, ago + passed) * rate)
    if granted:
        assert max(0, least + photos * MINUTE) <= after <= max(0, most + photos * MINUTE)
        assert photos <= 0 or after <= rate * MINUTE
    else:
        assert photos > 0
        assert least <= after <= most
        assert most + photos * MINUTE > rate * MINUTE


def test_redis_holds_neither_an_address_nor_a_name_and_forgets(redis: RedisProcess) -> None:
    async def ask(rates: RedisRates) -> None:
        await rates.spend(ADDRESS, 600, 1)
        await rates.spend("key:ann", 1, 1)

    machines(redis, ask)
    keys = redis.ask("KEYS", "*")
    assert len(keys) == 2
    assert all(key.startswith(f"{OWED}:".encode()) for key in keys)
    held = b" ".join([*keys, *redis.ask("MGET", *keys)])
    assert not any(word in held for word in (b"203.0.113", b"ann", b"address"))
    times = sorted(redis.ask("PTTL", key) for key in keys)
    assert 0 < times[0] <= 100 < times[1] <= 60_000


def test_who_may_not_ask_yet_is_refused_without_asking_redis(redis: RedisProcess) -> None:
    async def ask(rates: RedisRates) -> None:
        for _ in range(50):
            await rates.spend(ADDRESS, 2, 1)

    redis.ask("CONFIG", "RESETSTAT")
    machines(redis, ask)
    assert redis.ask("INFO", "commandstats")["cmdstat_eval"]["calls"] <= 3


def test_while_redis_is_away_each_machine_counts_on_and_none_fails(tmp_path: Path) -> None:
    told: list[str] = []
    with running_redis(tmp_path) as redis:

        async def ask(one: RedisRates, other: RedisRates) -> None:
            assert [(await one.spend(ADDRESS, 4, 1)).granted for _ in range(2)] == [True] * 2
            redis.kill()
            assert [(await one.spend(ADDRESS, 4, 1)).granted for _ in range(3)] == [True, True, False]
            assert [(await other.spend(ADDRESS, 4, 1)).granted for _ in range(5)] == [True] * 4 + [False]
            assert told == ["count"] * 6  # those that were refused were not to be counted
            redis.start()
            while other._server.away or one._server.away:
                await asyncio.sleep(0.05)
            assert (await other.spend("key:ann", 4, 4)).granted
            assert not (await one.spend("key:ann", 4, 1)).granted  # they count together again
            assert told == ["count"] * 6

        machines(redis, ask, 2, told.append)
