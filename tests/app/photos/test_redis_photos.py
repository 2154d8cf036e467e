"""Recent photos in a Redis that several services share; test_recent_photos.py has what is kept, and whose goes."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.photos.owners import owner_of
from app.photos.redis_photos import KEYS, MOST, PHOTO, RedisPhotos
from app.redis_address import redis_address
from app.redis_server import RedisServer
from tests.app.loopback import PATIENCE
from tests.app.photos.kept_photos import MADE, has, photo
from tests.app.redis_process import RedisProcess, running_redis

KEEP = timedelta(minutes=10)
Open = Callable[..., RedisPhotos]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis")) as process:
        yield process


@pytest.fixture
def redis(shared: RedisProcess) -> RedisProcess:
    """With nothing in it."""
    shared.ask("FLUSHALL")
    return shared


def run(redis: RedisProcess, work: Callable[[Open], Coroutine[Any, Any, None]]) -> None:
    """Does work with stores on this Redis, and closes them."""

    async def with_stores() -> None:
        opened: list[RedisPhotos] = []

        def open_photos(
            most: int = 100,
            keep: timedelta = KEEP,
            failed: Callable[[str], None] = lambda _: None,
            wait_s: float = PATIENCE,
        ) -> RedisPhotos:
            server = RedisServer(redis_address(redis.url), wait_s, again_s=0.05)
            opened.append(RedisPhotos(server, most, keep, failed))
            return opened[-1]

        try:
            await asyncio.wait_for(work(open_photos), PATIENCE)
        finally:
            for photos in opened:
                await photos.close()

    asyncio.run(with_stores())


def test_what_one_puts_the_other_finds(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        one, other = open_photos(), open_photos()
        assert await one.put(photo(1)) is True
        assert await has(other, photo(1))
        assert not await has(other, photo(2))

    run(redis, work)


def test_an_unknown_id_is_refused_with_what_can_be_done(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        await photos.put(photo(1))
        for unknown in ("two", "", "1\n", PHOTO, "'; FLUSHALL", "1\0", "ä"):
            with pytest.raises(ImageUnknown, match=r"within 0:10:00 .* Post the photo again"):
                await photos.get(unknown)

    run(redis, work)


def test_as_many_photos_are_kept_as_are_allowed_by_all_services_together(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        stores = [open_photos(most=10) for _ in range(3)]
        puts = [stores[number % 3].put(photo(number)) for number in range(200)]
        assert all(await asyncio.gather(*puts))
        assert redis.ask("DBSIZE") == 10 + len(KEYS)
        assert [redis.ask("ZCARD", key) for key in KEYS] == [10, 10, 1]
        assert sum([await has(stores[0], photo(number)) for number in range(200)]) == 10

    run(redis, work)


def test_fewer_photos_than_are_there_may_be_allowed_after_an_update(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        before, after = open_photos(most=50), open_photos(most=2)
        for number in range(50):
            await before.put(photo(number))
        await after.put(photo(50))
        assert [number for number in range(51) if await has(after, photo(number))] == [49, 50]

    run(redis, work)


def test_a_photo_is_gone_when_its_time_is_over_and_so_is_all_the_rest(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos(keep=timedelta(milliseconds=1500))
        await photos.put(photo(1))
        while redis.ask("DBSIZE"):
            await asyncio.sleep(0.05)
        assert not await has(photos, photo(1))

    started = time.monotonic()
    run(redis, work)
    assert time.monotonic() - started >= 1.5


def test_a_photo_that_is_put_twice_is_there_once(redis: RedisProcess) -> None:
    """As one is whose answer was lost on its way."""

    async def work(open_photos: Open) -> None:
        photos = open_photos(most=2)
        assert all([await photos.put(photo(number)) for number in (1, 2, 2, 2)])
        assert [await has(photos, photo(number)) for number in (1, 2)] == [True, True]
        assert [redis.ask("ZCARD", key) for key in KEYS] == [2, 2, 1]

    run(redis, work)


@pytest.mark.parametrize("key", KEYS)
def test_if_redis_throws_out_a_list_for_want_of_room_photos_are_kept_all_the_same(
    redis: RedisProcess, key: str
) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos(most=3)
        assert all([await photos.put(photo(number)) for number in range(5)])
        redis.ask("DEL", key)
        assert all([await photos.put(photo(number)) for number in range(5, 15)])
        assert [await has(photos, photo(number)) for number in range(11, 15)] == [False, True, True, True]
        assert redis.ask("DBSIZE") <= 6 + len(KEYS)  # those before go in time

    run(redis, work)


def test_a_photo_that_somebody_else_wrote_over_is_none(redis: RedisProcess, caplog: pytest.LogCaptureFixture) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        assert await photos.put(photo(1))
        redis.ask("SET", f"{PHOTO}1", b"something else")
        assert not await has(photos, photo(1))

    run(redis, work)
    assert "The store gave other bytes" in caplog.text


def test_no_address_is_in_it_and_no_stranger_s_id_is_the_key_of_something_else(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        scope = {"type": "http", "client": ("192.0.2.77", 1)}
        assert await photos.put(replace(photo(1), owner=owner_of(scope)))
        for stranger in (":order", "order", *KEYS, ":photo:1"):
            with pytest.raises(ImageUnknown):
                await photos.get(stranger)
        everything = [redis.ask("DUMP", key) + key for key in redis.ask("KEYS", "*")]
        assert len(everything) == 1 + len(KEYS)
        assert not [each for each in everything if b"192.0.2" in each]

    run(redis, work)


def test_photos_that_come_together_go_together_and_each_is_as_it_was(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        await photos.put(photo(0))
        redis.ask("CONFIG", "RESETSTAT")
        assert all(await asyncio.gather(*(photos.put(photo(number)) for number in range(1, 2 * MOST + 1))))
        assert redis.ask("INFO", "commandstats")["cmdstat_eval"]["calls"] == 2
        assert all([await has(photos, photo(number)) for number in range(2 * MOST + 1)])

    run(redis, work)


def test_the_largest_photo_of_a_large_network_is_kept_as_it_is(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (1024, 768, 3), np.uint8)
        steps = (*MADE.steps[:-1], MADE.steps[-1].model_copy(update={"width": 768, "height": 1024}))
        photos = open_photos()
        assert await photos.put(replace(photo(1), pixels=pixels, steps=steps))
        np.testing.assert_array_equal((await photos.get("1")).pixels, pixels)

    run(redis, work)


def test_one_that_stops_waiting_leaves_its_neighbours_alone(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        puts = [photos.put(photo(number)) for number in range(20)]
        for put in puts[::2]:
            put.cancel()
        assert all([await put for put in puts[1::2]])
        assert all([await has(photos, photo(number)) for number in range(1, 20, 2)])

    run(redis, work)


def test_a_photo_on_its_way_gets_there_before_the_store_is_closed(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        put = open_photos().put(photo(1))
        await asyncio.sleep(0)
        assert not put.done()

    run(redis, work)
    assert redis.ask("EXISTS", f"{PHOTO}1") == 1


def test_while_redis_is_away_photos_are_not_kept_and_nothing_fails_and_afterwards_they_are(
    redis: RedisProcess,
) -> None:
    failures: Counter[str] = Counter()

    async def work(open_photos: Open) -> None:
        photos = open_photos(failed=lambda operation: failures.update([operation]))
        assert await photos.put(photo(1))
        redis.kill()
        assert not any(await asyncio.gather(*(photos.put(photo(number)) for number in range(30))))
        with pytest.raises(StoreAway):
            await photos.get("1")
        assert failures == {"put": 30, "get": 1}
        redis.start()
        while not await photos.put(photo(2)):
            await asyncio.sleep(0.02)
        assert [await has(photos, photo(number)) for number in (1, 2)] == [False, True]

    run(redis, work)


def test_a_redis_that_hangs_is_waited_for_once(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos(wait_s=0.5)
        redis.pause()
        try:
            assert not any([await photos.put(photo(number)) for number in range(1000)])
        finally:
            redis.go_on()

    run(redis, work)


def test_a_photo_that_nobody_could_keep_is_logged_and_its_successors_are_kept(
    redis: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        puts = [photos.put(replace(photo(1), digest="\udc80"))]  # no text that can be written
        await asyncio.sleep(0)
        puts += [photos.put(photo(number)) for number in range(2 * MOST)]
        assert [await put for put in puts] == [False] + [True] * 2 * MOST

    run(redis, work)
    assert caplog.text.count("Photos could not be kept") == 1


def test_where_redis_has_no_memory_left_photos_are_not_kept_and_those_that_are_stay(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        assert await photos.put(photo(1))
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        try:
            assert not await photos.put(photo(2))
            assert await has(photos, photo(1))
        finally:
            redis.ask("CONFIG", "SET", "maxmemory", "0")
        assert await photos.put(photo(2))

    run(redis, work)
