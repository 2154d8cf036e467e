"""What several services keep in one Redis is what one process would keep in its memory."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.photos.photo import Photo
from app.photos.photo_memory import PhotoMemory
from app.photos.redis_photos import MOST, RECENT, RedisPhotos
from app.redis_address import redis_address
from app.redis_server import RedisServer
from model.preprocessing import Preprocessed, preprocess
from tests.app.clock import Clock
from tests.app.loopback import PATIENCE
from tests.app.redis_process import RedisProcess, running_redis
from tests.conftest import photo_of

KEEP = timedelta(minutes=10)
CHELSEA: Preprocessed = preprocess(photo_of("chelsea"), 8, 12)
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


def photo(number: int) -> Photo:
    return Photo(str(number), CHELSEA.pixels + np.uint8(number % 200), CHELSEA.steps, f"digest {number}")


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


async def found(photos: RedisPhotos | PhotoMemory, number: int) -> bool:
    """Whether the photo is there, and then as it was put."""
    try:
        kept, put = await photos.get(str(number)), photo(number)
    except ImageUnknown:
        return False
    np.testing.assert_array_equal(kept.pixels, put.pixels)
    assert (kept.image_id, kept.steps, kept.digest) == (put.image_id, put.steps, put.digest)
    return True


def let_pass(redis: RedisProcess, seconds: int) -> None:
    """Makes all that expires expire so much sooner."""
    for key in redis.ask("KEYS", "*"):
        redis.ask("PEXPIRE", key, redis.ask("PTTL", key) - seconds * 1000)


def test_what_one_puts_the_other_finds(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        one, other = open_photos(), open_photos()
        assert await one.put(photo(1)) is True
        assert await found(other, 1)
        assert not await found(other, 2)

    run(redis, work)


def test_an_unknown_id_is_refused_with_what_can_be_done(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        await photos.put(photo(1))
        for unknown in ("two", "", "1\n", RECENT, "'; FLUSHALL", "1\0", "ä"):
            with pytest.raises(ImageUnknown, match=r"within 0:10:00 .* Post the photo again"):
                await photos.get(unknown)

    run(redis, work)


STEP = st.one_of(
    st.tuples(st.just("put"), st.lists(st.integers(0, 6), min_size=1, max_size=4)),
    st.tuples(st.just("wait"), st.lists(st.integers(0, 40).map(lambda tens: 10 * tens), min_size=1, max_size=1)),
)


# Where the machine takes ten seconds for an example, times of ten seconds are no longer told apart.
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12), most=st.integers(1, 4))
def test_redis_keeps_and_forgets_what_the_memory_of_one_process_does(
    redis: RedisProcess, steps: list[tuple[str, list[int]]], most: int
) -> None:
    redis.ask("FLUSHALL")

    async def work(open_photos: Open) -> None:
        clock = Clock()
        memory, one, other = PhotoMemory(most, KEEP, clock), open_photos(most), open_photos(most)
        for step, numbers in steps:
            if step == "put":
                puts = [one.put(photo(number)) for number in numbers]  # some of them together
                assert all([await put for put in puts])
                for number in numbers:
                    await memory.put(photo(number))
            else:
                clock.now += numbers[0]
                let_pass(redis, numbers[0])
            assert [await found(other, number) for number in range(7)] == [
                await found(memory, number) for number in range(7)
            ]
            assert redis.ask("DBSIZE") <= most + 1

    run(redis, work)


def test_as_many_photos_are_kept_as_are_allowed_by_all_services_together(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        stores = [open_photos(most=10) for _ in range(3)]
        puts = [stores[number % 3].put(photo(number)) for number in range(200)]
        assert all(await asyncio.gather(*puts))
        assert redis.ask("DBSIZE") == 11  # and the order of their coming
        assert redis.ask("ZCARD", RECENT) == 10
        assert sum([await found(stores[0], number) for number in range(200)]) == 10

    run(redis, work)


def test_fewer_photos_than_are_there_may_be_allowed_after_an_update(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        before, after = open_photos(most=50), open_photos(most=2)
        for number in range(50):
            await before.put(photo(number))
        await after.put(photo(50))
        assert [number for number in range(51) if await found(after, number)] == [49, 50]

    run(redis, work)


def test_a_photo_is_gone_when_its_time_is_over_and_so_is_all_the_rest(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos(keep=timedelta(milliseconds=1500))
        await photos.put(photo(1))
        while redis.ask("DBSIZE"):
            await asyncio.sleep(0.05)
        assert not await found(photos, 1)

    started = time.monotonic()
    run(redis, work)
    assert time.monotonic() - started >= 1.5


def test_putting_a_photo_again_begins_its_time_anew(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos(most=2)
        for number in (1, 2):
            await photos.put(photo(number))
        let_pass(redis, 400)
        await photos.put(photo(1))
        let_pass(redis, 400)
        assert [await found(photos, number) for number in (1, 2)] == [True, False]

    run(redis, work)


def test_photos_that_come_together_go_together_and_each_is_as_it_was(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        photos = open_photos()
        await photos.put(photo(0))
        redis.ask("CONFIG", "RESETSTAT")
        assert all(await asyncio.gather(*(photos.put(photo(number)) for number in range(1, 2 * MOST + 1))))
        assert redis.ask("INFO", "commandstats")["cmdstat_eval"]["calls"] == 2
        assert all([await found(photos, number) for number in range(2 * MOST + 1)])

    run(redis, work)


def test_the_largest_photo_of_a_large_network_is_kept_as_it_is(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (1024, 768, 3), np.uint8)
        steps = (*CHELSEA.steps[:-1], CHELSEA.steps[-1].model_copy(update={"width": 768, "height": 1024}))
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
        assert all([await found(photos, number) for number in range(1, 20, 2)])

    run(redis, work)


def test_a_photo_on_its_way_gets_there_before_the_store_is_closed(redis: RedisProcess) -> None:
    async def work(open_photos: Open) -> None:
        put = open_photos().put(photo(1))
        await asyncio.sleep(0)
        assert not put.done()

    run(redis, work)
    assert redis.ask("EXISTS", f"{RECENT}:1") == 1


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
        assert [await found(photos, number) for number in (1, 2)] == [False, True]

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
            assert await found(photos, 1)
        finally:
            redis.ask("CONFIG", "SET", "maxmemory", "0")
        assert await photos.put(photo(2))

    run(redis, work)
