"""The SQLite file of the recent photos, opened once: its tables, what they are asked, and whether it can be trusted."""

import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.photos.photo_bytes import PhotoDamaged

FORM = 2  # of the tables: another form wants another number, and a file with another is thrown away
# The triggers keep `shares` exact, whatever comes and goes: an owner's photos, and the number of his oldest.
TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE photos (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, stored REAL NOT NULL,
    content BLOB NOT NULL
);
CREATE INDEX photos_by_age ON photos (stored);
CREATE INDEX photos_by_owner ON photos (owner, number);
CREATE TABLE shares (owner TEXT PRIMARY KEY, photos INTEGER NOT NULL, oldest INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX shares_by_size ON shares (photos DESC, oldest);
CREATE TRIGGER photo_comes AFTER INSERT ON photos BEGIN
    INSERT INTO shares VALUES (NEW.owner, 1, NEW.number) ON CONFLICT (owner) DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER photo_goes AFTER DELETE ON photos BEGIN
    DELETE FROM shares WHERE owner = OLD.owner AND photos = 1;
    UPDATE shares SET photos = photos - 1, oldest = (SELECT min(number) FROM photos WHERE owner = OLD.owner)
    WHERE owner = OLD.owner;
END;
PRAGMA user_version = {FORM};
COMMIT;
"""
PUT = "INSERT INTO photos (id, owner, stored, content) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
MAKE_ROOM = "DELETE FROM photos WHERE number = (SELECT oldest FROM shares ORDER BY photos DESC, oldest LIMIT 1)"
# What says nothing against the file: it, or the machine, is only busy, full or closed to us at the moment.
PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
}  # fmt: skip
GOOD_YET = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}  # to open it anew gains nothing
# Of those kinds: there is less of a file than there was; one that we may write says that it is only to be read.
LASTING = {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_READONLY}
TROUBLE = sqlite3.Error, PhotoDamaged, UnicodeDecodeError  # the last: SQLite's own words about tables that are garbled
ENDINGS = "", "-wal", "-shm"
Identity = tuple[tuple[int, int] | None, ...]
logger = logging.getLogger("catscan")


@dataclass(frozen=True)
class Row:
    """A photo on its way into the file."""

    image_id: str
    owner: str
    content: bytes


class PhotoFile:
    """For one thread at a time; several may be open, in as many processes."""

    def __init__(self, path: Path, busy_s: float) -> None:
        """Opens the file, and makes it if there is none.

        Args:
            path: where it is, in a folder that is there.
            busy_s: how long it waits for another's write.

        Raises:
            OSError, sqlite3.Error: if that does not work.
        """
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite makes its other files like this one
        self.path = path
        self._database = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = OFF")  # the photos may be lost with the machine
            # Nothing forgotten lingers in free pages; in the write-ahead log it may, until that is reused.
            self._database.execute("PRAGMA secure_delete = ON")
            form = self._number("PRAGMA user_version")
            if form == 0 and self._number("SELECT count(*) FROM sqlite_schema") == 0:
                self._database.executescript(TABLES)
            elif form != FORM:
                raise sqlite3.DatabaseError(f"expected tables of form {FORM}; received: {form}")
            self._identity = identity(path)
        except BaseException:
            self.close()
            raise

    @property
    def is_there(self) -> bool:
        """Whether what is open is what others would open now."""
        return identity(self.path) == self._identity

    @property
    def is_in_its_place(self) -> bool:
        """The same of the file itself: the others come and go with those who have it open."""
        return identity(self.path)[0] == self._identity[0]

    def put(self, rows: Sequence[Row], now: float, too_old: float, most: int) -> None:
        """Takes in photos, and forgets those stored at `too_old` or before, and those beyond their owners' share.

        All in one transaction, which costs more than the photos in it.
        """
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("DELETE FROM photos WHERE stored <= ?", (too_old,))
            kept = self._number("SELECT count(*) FROM photos")
            for row in rows:
                kept += self._database.execute(PUT, (row.image_id, row.owner, now, row.content)).rowcount
                while kept > most:
                    if not self._database.execute(MAKE_ROOM).rowcount:
                        raise sqlite3.DatabaseError("its shares are not those of its photos")
                    kept -= 1

    def get(self, image_id: str, too_old: float) -> bytes | None:
        asked = "SELECT content FROM photos WHERE id = ? AND stored > ?", (image_id, too_old)
        row: tuple[bytes] | None = self._database.execute(*asked).fetchone()
        return row and row[0]

    def _number(self, question: str) -> int:
        number: int = self._database.execute(question).fetchone()[0]
        return number

    def close(self) -> None:
        self._database.close()


def open_file(path: Path, busy_s: float) -> PhotoFile:
    """The file, or a new one in its place, if it can be trusted no longer.

    Raises:
        OSError, sqlite3.Error: if there is none, and none can be made.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(path.parent):
        if not path.exists() or not path.stat().st_size:
            remove(path)  # what is left beside it is that of another file, whose locks others may hold yet
        try:
            return PhotoFile(path, busy_s)
        except TROUBLE as error:
            if not is_damage(error):
                raise
            remove(path, error)
            return PhotoFile(path, busy_s)


def throw_away(file: PhotoFile, error: Exception) -> None:
    """Removes a file that is closed and can be trusted no longer, unless another has taken its place already."""
    with alone(file.path.parent):
        if file.is_in_its_place:
            remove(file.path, error)


def is_damage(error: Exception) -> bool:
    """Whether it is the file's fault, and will be so for ever."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    passing = code & 0xFF in PASSING and code not in LASTING  # the lowest byte is the kind
    return isinstance(error, TROUBLE) and not passing


def is_good_yet(error: Exception) -> bool:
    """Whether what is open stays good: only others, or the disk, are the reason."""
    return getattr(error, "sqlite_errorcode", 0) in GOOD_YET


def remove(path: Path, error: Exception | None = None) -> None:
    if error is not None:
        logger.warning("The store %s is damaged, and thrown away with all recent photos: %s", path, error)
    for ending in ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def identity(path: Path) -> Identity:
    """Of the files that a path leads to: others have another, even with the same names, and so has an empty one."""
    found: list[tuple[int, int] | None] = []
    for ending in ENDINGS:
        try:
            status = Path(f"{path}{ending}").stat()
            found.append((status.st_dev, status.st_ino) if ending or status.st_size else None)
        except (FileNotFoundError, NotADirectoryError):
            found.append(None)
    return tuple(found)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else is in here meanwhile, in whatever process: who opens a file must not see it half removed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
