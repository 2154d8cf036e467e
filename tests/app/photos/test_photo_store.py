import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import ImageUnknown
from app.photos.photo import Photo
from app.photos.photo_store import PhotoStore
from tests.app.clock import Clock
from tests.app.loopback import PATIENCE
from tests.app.photos.kept_photos import ANNA, BEN, CARL, photo, the_same

KEEP = timedelta(seconds=60)


def open_store(folder: Path, max_photos: int = 3, clock: Callable[[], float] = time.time) -> PhotoStore:
    return PhotoStore(folder / "photos.sqlite", max_photos, KEEP, clock, busy_s=PATIENCE)


def asked(folder: Path, question: str) -> list[tuple[object, ...]]:
    """What the file itself says, whether or not its photos are still given out."""
    database = sqlite3.connect(folder / "photos.sqlite")
    try:
        return database.execute(question).fetchall()
    finally:
        database.close()


def rows(folder: Path) -> int:
    return len(asked(folder, "SELECT 1 FROM photos"))


def has(store: PhotoStore, put: Photo) -> bool:
    try:
        return the_same(store.get(put.image_id), put)
    except ImageUnknown:
        return False


def test_a_photo_is_given_back_as_it_was_put(tmp_path: Path) -> None:
    with open_store(tmp_path / "a" / "new" / "folder") as store:
        store.put([photo(1, BEN)])
        assert the_same(store.get("1"), photo(1, BEN))


def test_an_unknown_id_is_refused_with_what_can_be_done(tmp_path: Path) -> None:
    with (
        open_store(tmp_path) as store,
        pytest.raises(ImageUnknown, match=r"within 0:01:00 .*; received: 'two'\. Post the photo again"),
    ):
        store.get("two")


def test_a_photo_is_kept_for_its_time_and_not_longer(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, clock=clock) as store:
        store.put([photo(1)])
        clock.now += 59.9
        assert has(store, photo(1))
        clock.now += 0.1
        assert not has(store, photo(1))
        store.put([])
        assert rows(tmp_path) == 0


def test_many_photos_put_together_are_kept_as_if_one_by_one(tmp_path: Path) -> None:
    with open_store(tmp_path, max_photos=3) as store:
        store.put([photo(1, BEN), *(photo(number, ANNA) for number in range(2, 9)), photo(9, CARL)])
        assert [number for number in range(1, 10) if has(store, photo(number, owner_of(number)))] == [1, 8, 9]
        assert rows(tmp_path) == 3


def owner_of(number: int) -> str:
    return {1: BEN, 9: CARL}.get(number, ANNA)


def test_a_photo_that_is_put_twice_is_there_once(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put([photo(1), photo(1)])
        store.put([photo(1)])
        assert (rows(tmp_path), asked(tmp_path, "SELECT owner, photos FROM shares")) == (1, [(ANNA, 1)])


def test_fewer_photos_than_are_there_may_be_allowed_after_an_update(tmp_path: Path) -> None:
    with open_store(tmp_path, max_photos=50) as before, open_store(tmp_path, max_photos=2) as after:
        before.put([photo(number) for number in range(50)])
        after.put([photo(50)])
        assert [number for number in range(51) if has(after, photo(number))] == [49, 50]


def test_the_newest_photo_is_kept_even_if_the_clock_was_put_back(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, max_photos=2, clock=clock) as store:
        for number in range(4):
            store.put([photo(number)])
            assert has(store, photo(number))
            clock.now -= 10


def test_what_was_put_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.put([photo(1), photo(2)])
    with open_store(tmp_path) as store:
        assert has(store, photo(1)) and has(store, photo(2))


def test_many_stores_can_open_one_new_file_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def open_and_put(number: int) -> bool:
        together.wait()
        with open_store(tmp_path / "new", max_photos=6) as store:
            store.put([photo(number)])
            return has(store, photo(number))

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(open_and_put, range(6)))


def test_two_stores_on_one_file_share_photos_and_the_limit_while_many_threads_write(tmp_path: Path) -> None:
    owners = [ANNA, ANNA, ANNA, BEN]
    with open_store(tmp_path, max_photos=10) as one, open_store(tmp_path, max_photos=10) as other:

        def put_here_get_there(number: int) -> bool:
            here, there = (one, other) if number % 2 else (other, one)
            put = photo(number, owners[number % 4])
            here.put([put])
            try:
                return the_same(there.get(put.image_id), put)
            except ImageUnknown:  # pushed out by the other threads
                return True

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(put_here_get_there, range(100)))
        assert rows(tmp_path) == 10
        assert asked(tmp_path, "SELECT owner, photos FROM shares ORDER BY owner") == [(ANNA, 5), (BEN, 5)]
        counted = "SELECT owner, count(*), min(number) FROM photos GROUP BY owner ORDER BY owner"
        assert asked(tmp_path, counted) == asked(tmp_path, "SELECT owner, photos, oldest FROM shares ORDER BY owner")


def test_a_forgotten_photo_is_in_no_file_once_the_store_is_closed(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, clock=clock) as store:
        store.put([photo(100)])
        clock.now += 60
        store.put([photo(2)])
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert photo(2).pixels.tobytes() in files["photos.sqlite"]
    assert not [name for name, content in files.items() if photo(100).pixels.tobytes() in content]


def test_no_other_user_can_look_into_the_folder_or_the_file(tmp_path: Path) -> None:
    with open_store(tmp_path / "photos") as store:
        store.put([photo(1)])
        assert (tmp_path / "photos").stat().st_mode & 0o077 == 0
        assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "photos").iterdir())
