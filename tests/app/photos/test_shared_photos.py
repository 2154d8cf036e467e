"""The file of several processes, for one event loop: nobody's request fails for it, or waits for it twice."""

import asyncio
import contextlib
import logging
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.failures import StoreAway
from app.photos.photo_store import PhotoStore
from app.photos.shared_photos import SharedPhotos
from tests.app.loopback import PATIENCE
from tests.app.photos.kept_photos import has, photo, until

KEEP = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "photos.sqlite"


@contextlib.asynccontextmanager
async def opened(
    path: Path, failed: Callable[[str], None] = lambda _: None, busy_s: float = PATIENCE, again_s: float = 0.0
) -> AsyncIterator[SharedPhotos]:
    photos = SharedPhotos(PhotoStore(path, 100, KEEP, busy_s=busy_s, again_s=again_s), failed)
    try:
        yield photos
    finally:
        await photos.close()


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def in_time() -> None:
        await asyncio.wait_for(work(), PATIENCE)

    asyncio.run(in_time())


def test_photos_that_come_at_the_same_time_are_all_there_once_they_are_put(path: Path) -> None:
    async def work() -> None:
        async with opened(path) as photos:
            assert all(await asyncio.gather(*(photos.put(photo(number)) for number in range(50))))
            assert all([await has(photos, photo(number)) for number in range(50)])

    run(work)


def test_a_photo_on_its_way_gets_there_before_the_store_is_closed(path: Path) -> None:
    async def work() -> None:
        async with opened(path) as photos:
            put = photos.put(photo(1))
            await asyncio.sleep(0)
            assert not put.done()
        async with opened(path) as photos:
            assert await has(photos, photo(1))

    run(work)


def test_what_is_too_old_at_the_start_is_gone_from_the_file_before_a_photo_comes(path: Path) -> None:
    with PhotoStore(path, 100, KEEP, clock=lambda: 0.0) as store:
        store.put([photo(100)])

    async def work() -> None:
        async with opened(path):
            pass

    run(work)
    assert not [file for file in path.parent.iterdir() if photo(100).pixels.tobytes() in file.read_bytes()]


def test_while_it_cannot_be_used_nothing_is_kept_nothing_fails_and_afterwards_all_is_well(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    failures: Counter[str] = Counter()

    async def work() -> None:
        async with opened(path, lambda operation: failures.update([operation])) as photos:
            assert await photos.put(photo(1))
            shutil.rmtree(path.parent)
            path.parent.touch()  # nobody can make a file in it
            assert not any(await asyncio.gather(*(photos.put(photo(number)) for number in range(2, 32))))
            for _ in range(3):
                with pytest.raises(StoreAway):
                    await photos.get("1")
            assert failures == {"put": 30, "get": 3}
            path.parent.unlink()
            await until(lambda: photos.put(photo(99)))
            assert await has(photos, photo(99))
            assert not await has(photos, photo(1))

    run(work)
    for words in ("fails to put photos: ", "can put photos again", "fails to get photos: ", "can get photos again"):
        assert caplog.text.count(words) == 1, words


def test_one_that_is_locked_is_waited_for_once_and_by_nobody_afterwards(path: Path) -> None:
    async def work() -> None:
        async with opened(path, busy_s=0.5, again_s=PATIENCE) as photos:
            assert await photos.put(photo(1))
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                waited = [await photos.put(photo(number)) for number in range(2, 1002)]  # each would be half a second
                assert not any(waited)
                assert await has(photos, photo(1))

    run(work)


def test_a_store_that_was_never_there_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "store").touch()

    async def work() -> None:
        async with opened(tmp_path / "store" / "photos.sqlite") as photos:
            assert not await photos.put(photo(1))
            (tmp_path / "store").unlink()
            await until(lambda: photos.put(photo(2)))

    run(work)


def test_one_that_stops_waiting_leaves_its_neighbours_alone(path: Path) -> None:
    async def work() -> None:
        async with opened(path) as photos:
            puts = [photos.put(photo(number)) for number in range(20)]
            for put in puts[::2]:
                put.cancel()
            assert all([await put for put in puts[1::2]])
            assert all([await has(photos, photo(number)) for number in range(1, 20, 2)])

    run(work)
