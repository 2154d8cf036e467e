import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ImageUnknown
from app.photos.photo_store import PhotoStore, StoredPhoto
from tests.app.clock import Clock

KEEP = timedelta(seconds=60)


def photo(number: int) -> StoredPhoto:
    return StoredPhoto(f"pixels {number}".encode(), f"[{number}]".encode(), f"digest {number}")


def open_store(folder: Path, max_photos: int = 3, clock: Callable[[], float] = time.time) -> PhotoStore:
    return PhotoStore(folder / "photos.sqlite", max_photos, KEEP, clock)


def rows(folder: Path) -> int:
    """How many photos the file holds, whether or not they are still given out."""
    database = sqlite3.connect(folder / "photos.sqlite")
    try:
        count: int = database.execute("SELECT count(*) FROM recent_photos").fetchone()[0]
        return count
    finally:
        database.close()


def test_a_photo_is_given_back_as_it_was_put(tmp_path: Path) -> None:
    with open_store(tmp_path / "a" / "new" / "folder") as store:
        store.put([("one", StoredPhoto(b"\0\xff" * 9, b"[]", "d1"))])
        assert store.get("one") == StoredPhoto(b"\0\xff" * 9, b"[]", "d1")


def test_an_unknown_id_is_refused_with_what_can_be_done(tmp_path: Path) -> None:
    with (
        open_store(tmp_path) as store,
        pytest.raises(ImageUnknown, match=r"within 0:01:00 .*; received: 'two'\. Post the photo again"),
    ):
        store.get("two")


def test_a_photo_is_kept_for_its_time_and_not_longer(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, clock=clock) as store:
        store.put([("one", photo(1))])
        clock.now += 59.9
        assert store.get("one") == photo(1)
        clock.now += 0.1
        with pytest.raises(ImageUnknown):
            store.get("one")


def test_many_photos_put_together_are_kept_as_if_one_by_one(tmp_path: Path) -> None:
    with open_store(tmp_path, max_photos=3) as store:
        store.put([(name, photo(number)) for number, name in enumerate(["a", "b", "c", "a", "d"])])
        assert [store.get(name) for name in ("c", "a", "d")] == [photo(2), photo(3), photo(4)]
        with pytest.raises(ImageUnknown):
            store.get("b")
        assert rows(tmp_path) == 3


def test_putting_a_photo_again_begins_its_time_anew(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, clock=clock) as store:
        store.put([("one", photo(1))])
        clock.now += 40
        store.put([("one", photo(1))])
        clock.now += 40
        assert store.get("one") == photo(1)
        assert rows(tmp_path) == 1


def test_the_newest_photo_is_kept_even_if_the_clock_was_put_back(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, max_photos=2, clock=clock) as store:
        for number in range(4):
            store.put([(str(number), photo(number))])
            assert store.get(str(number)) == photo(number)
            clock.now -= 10


STEP = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 6)),
    st.tuples(st.just("wait"), st.integers(0, 40)),
    st.tuples(st.just("reopen"), st.just(0)),
)


@given(st.lists(STEP, max_size=25), st.integers(1, 4))
def test_the_newest_photos_of_the_time_are_kept_and_no_others(steps: list[tuple[str, int]], max_photos: int) -> None:
    clock, expected = Clock(), dict[int, float]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(folder, max_photos, clock)
        for step, number in steps:
            if step == "put":
                store.put([(str(number), photo(number))])
                expected.pop(number, None)
                expected[number] = clock.now
                for oldest in list(expected)[:-max_photos]:
                    del expected[oldest]
                kept = sum(clock.now - put < 60 for put in expected.values())
                assert rows(folder) == kept
            elif step == "wait":
                clock.now += number
            else:
                store.close()
                store = open_store(folder, max_photos, clock)
            for asked in range(7):
                if asked in expected and clock.now - expected[asked] < 60:
                    assert store.get(str(asked)) == photo(asked)
                else:
                    with pytest.raises(ImageUnknown):
                        store.get(str(asked))
        store.close()


def test_many_stores_can_open_one_new_file_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def open_and_put(number: int) -> StoredPhoto:
        together.wait()
        with open_store(tmp_path / "new", max_photos=6) as store:
            store.put([(str(number), photo(number))])
            return store.get(str(number))

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(open_and_put, range(6))) == [photo(number) for number in range(6)]


def test_two_stores_on_one_file_share_photos_and_the_limit_while_many_threads_write(tmp_path: Path) -> None:
    with open_store(tmp_path, max_photos=10) as one, open_store(tmp_path, max_photos=10) as other:

        def put_here_get_there(number: int) -> bool:
            here, there = (one, other) if number % 2 else (other, one)
            here.put([(str(number), photo(number))])
            try:
                return there.get(str(number)) == photo(number)
            except ImageUnknown:  # pushed out by the other threads
                return True

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(put_here_get_there, range(100)))
        assert rows(tmp_path) == 10


def test_a_forgotten_photo_is_in_no_file_once_the_store_is_closed(tmp_path: Path) -> None:
    clock = Clock()
    with open_store(tmp_path, clock=clock) as store:
        store.put([("one", StoredPhoto(b"a cat's face" * 1000, b"[]", "d1"))])
        clock.now += 60
        store.put([("two", photo(2))])
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert b"pixels 2" in files["photos.sqlite"]
    assert not [name for name, content in files.items() if b"a cat's face" in content]


def test_no_other_user_can_look_into_the_folder(tmp_path: Path) -> None:
    with open_store(tmp_path / "photos"):
        assert (tmp_path / "photos").stat().st_mode & 0o077 == 0
