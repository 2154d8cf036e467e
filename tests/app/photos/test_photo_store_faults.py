"""What happens to the file under a store that is open; each time it recovers by itself."""

import contextlib
import os
import pwd
import resource
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.photos.photo import Photo
from app.photos.photo_file import FORM, open_file
from app.photos.photo_store import PhotoStore
from tests.app.loopback import PATIENCE
from tests.app.photos.kept_photos import photo, the_same

KEEP = timedelta(hours=1)
HASTY_S = 0.05


def open_store(path: Path, busy_s: float = PATIENCE, again_s: float = 0.0) -> PhotoStore:
    return PhotoStore(path, 1000, KEEP, busy_s=busy_s, again_s=again_s)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "photos.sqlite"


def has(store: PhotoStore, put: Photo) -> bool:
    try:
        return the_same(store.get(put.image_id), put)
    except ImageUnknown:
        return False


def works(store: PhotoStore, number: int) -> bool:
    """Whether it takes a photo and gives it back."""
    store.put([photo(number)])
    return has(store, photo(number))


def delete(path: Path) -> None:
    path.unlink()


def delete_the_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def delete_the_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def overwrite_all(path: Path) -> None:
    for file in path.parent.glob("photos.sqlite*"):
        with file.open("r+b") as opened:
            opened.write(os.urandom(file.stat().st_size))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def put_another_in_its_place(path: Path) -> None:
    path.with_name("other").write_bytes(b"what is this? " * 1000)
    path.with_name("other").rename(path)


def drop_a_table(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE photos")


def forge_the_shares(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE shares SET oldest = -1")


def say_that_it_is_to_be_read_only(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(18)  # the version of the format that writing wants (sqlite.org/fileformat.html)
        file.write(b"\xff")


def garble_its_tables(path: Path) -> None:
    """SQLite then says so in words that are no text."""
    path.write_bytes(path.read_bytes().replace(b"CREATE", b"CR\xffATE"))


HARM = [
    delete, delete_the_log, delete_the_folder, overwrite, overwrite_all, empty, put_another_in_its_place, drop_a_table,
    say_that_it_is_to_be_read_only, garble_its_tables,
]  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_is_gone_or_damaged_costs_its_photos_and_nothing_else(
    path: Path, harm: Callable[[Path], None]
) -> None:
    with open_store(path) as one, open_store(path) as other:
        one.put([photo(number) for number in range(100)])  # more than fits into the log of writes
        assert works(other, 100)
        harm(path)
        for number in range(200, 210):
            assert works(one, number)
            assert works(other, number + 100)
        assert all(has(one, photo(number + 100)) and has(other, photo(number)) for number in range(200, 210))
        assert not has(one, photo(2000))


@pytest.mark.parametrize("harm", HARM)
def test_so_does_one_that_is_found_so_at_the_start(path: Path, harm: Callable[[Path], None]) -> None:
    with open_store(path) as before:
        before.put([photo(number) for number in range(100)])
        harm(path)
        with open_store(path) as store:
            assert works(store, 200)


def test_shares_that_are_wrong_are_found_when_somebody_has_to_go(path: Path) -> None:
    with PhotoStore(path, 3, KEEP) as store:
        store.put([photo(1), photo(2), photo(3)])
        forge_the_shares(path)
        assert works(store, 4)


def test_a_file_of_another_version_is_not_read_and_its_photos_are_gone(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE recent_photos (pixels BLOB)")
        database.execute("INSERT INTO recent_photos VALUES (?)", (b"a cat's face" * 999,))
    with open_store(path) as store:
        assert works(store, 1)
    assert not [file for file in path.parent.iterdir() if b"a cat's face" in file.read_bytes()]
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (FORM,)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=8))
def test_whatever_bytes_are_garbled_no_photo_is_ever_given_out_that_was_not_put(flips: list[tuple[float, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photos.sqlite"
        with open_store(path) as store:
            store.put([photo(number) for number in range(20)])
        content = bytearray(path.read_bytes())
        for place, change in flips:
            content[int(place * len(content))] ^= change
        path.write_bytes(content)
        with open_store(path) as store:
            for number in range(20):
                with contextlib.suppress(ImageUnknown):
                    assert the_same(store.get(f"{number}"), photo(number))
            assert works(store, 100)


@contextlib.contextmanager
def no_room_on_the_disk() -> Iterator[None]:
    """Linux lets this process write no file any further, wherever it is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_takes_no_photo_and_those_that_are_there_stay(path: Path) -> None:
    with open_store(path) as store:
        assert works(store, 1)
        with no_room_on_the_disk():
            for number in range(2, 12):
                with pytest.raises(StoreAway):
                    store.put([photo(number)])
                assert has(store, photo(1))
        assert not has(store, photo(2))
        assert works(store, 12)
        assert has(store, photo(1))


def test_so_does_a_database_that_may_not_grow(path: Path) -> None:
    """What SQLite says when the disk itself says that it is full."""
    file = open_file(path, PATIENCE)
    file._database.execute("PRAGMA max_page_count = 1")  # as many as there are, for there are more already
    with pytest.raises(sqlite3.OperationalError, match="full") as caught, open_store(path) as store:
        store._putting._file = file
        try:
            store.put([photo(number) for number in range(500)])
        except StoreAway as error:
            assert error.__cause__ is not None
            assert works_again(store)
            raise error.__cause__ from None
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_FULL


def works_again(store: PhotoStore) -> bool:
    started = time.monotonic()
    while True:
        with contextlib.suppress(StoreAway):
            return works(store, 999)
        assert time.monotonic() - started < PATIENCE
        time.sleep(0.02)


@contextlib.contextmanager
def nobody_special() -> Iterator[None]:
    """Root may write everywhere; here it has the rights of others only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_where_nothing_may_be_written_nothing_is_kept_until_it_may() -> None:
    place = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(place, pwd.getpwnam("nobody").pw_uid, -1)
    try:
        with nobody_special(), open_store(place / "photos.sqlite") as before:
            before.put([photo(1)])
            for file in (*place.iterdir(), place):
                file.chmod(0o500)
            with open_store(place / "photos.sqlite") as store:
                for number in range(3):
                    with pytest.raises(StoreAway):
                        store.put([photo(number)])
                place.chmod(0o700)
                for file in place.iterdir():
                    file.chmod(0o600)
                assert works(store, 9)
                assert has(store, photo(1))
    finally:
        shutil.rmtree(place)


def test_a_folder_in_its_place_or_a_file_in_its_folder_s_place_is_no_store_until_it_is_gone(path: Path) -> None:
    with open_store(path) as store:
        for obstacle in (path, path.parent):
            shutil.rmtree(path.parent, ignore_errors=True)
            if obstacle == path:
                path.mkdir(parents=True)
            else:
                path.parent.touch()
            with pytest.raises(StoreAway):
                store.put([photo(1)])
            with pytest.raises(StoreAway):
                store.get("1")
            obstacle.rmdir() if obstacle == path else obstacle.unlink()
            assert works(store, 1)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """By somebody who writes, and does not come to an end."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def test_who_writes_for_too_long_keeps_photos_out_but_nobody_from_looking_at_those_that_are_there(path: Path) -> None:
    with open_store(path, busy_s=HASTY_S) as store:
        store.put([photo(1)])
        with locked(path):
            for number in range(2, 5):
                with pytest.raises(StoreAway):
                    store.put([photo(number)])
                assert has(store, photo(1))
        assert works(store, 5)


def test_nobody_waits_a_second_time_until_it_is_tried_again(path: Path) -> None:
    with open_store(path, busy_s=HASTY_S, again_s=PATIENCE) as store:
        store.put([photo(1)])
        with locked(path), pytest.raises(StoreAway, match="received: an error"):
            store.put([photo(2)])
        with pytest.raises(StoreAway, match="received: nothing, it failed a moment ago"):
            store.put([photo(2)])
        assert has(store, photo(1))  # to look is something else


def test_many_that_find_it_damaged_at_once_make_one_new_file(path: Path) -> None:
    stores = [open_store(path) for _ in range(6)]
    stores[0].put([photo(1)])
    overwrite(path)
    together = threading.Barrier(6)

    def put(number: int) -> None:
        together.wait()
        stores[number].put([photo(10 + number)])

    threads = [threading.Thread(target=put, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.put([])
    assert all(works(store, 100 + number) for number, store in enumerate(stores))
    assert all(has(store, photo(100 + number)) for store in stores for number in range(6))
    for store in stores:
        store.close()


def test_a_store_that_is_closed_is_away(path: Path) -> None:
    store = open_store(path)
    assert works(store, 1)
    store.close()
    with pytest.raises(StoreAway):
        store.put([photo(2)])
    with pytest.raises(StoreAway):
        store.get("1")
