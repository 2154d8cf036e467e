"""The recent photos, as the network saw them, for several worker processes: bounded in number and time."""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from app.errors import ImageUnknown

SCHEMA = """
CREATE TABLE IF NOT EXISTS recent_photos (
    id TEXT PRIMARY KEY, stored REAL NOT NULL, pixels BLOB NOT NULL, steps BLOB NOT NULL, digest TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS recent_photos_by_age ON recent_photos (stored);
"""
BUSY_S = 5.0  # how long a process waits for another's write


@dataclass(frozen=True)
class StoredPhoto:
    """The network's input, uint8 [height, width, 3] in C order, the steps to it as JSON, the artifact's digest."""

    pixels: bytes
    steps: bytes
    digest: str


class PhotoStore:
    """An SQLite file. The original photo is never in it."""

    def __init__(self, file: Path, max_photos: int, keep: timedelta, clock: Callable[[], float] = time.time) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.keep = keep
        self._max_photos, self._clock, self._lock = max_photos, clock, threading.Lock()
        self._database = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")  # the photos may be lost with the machine
        # Nothing forgotten lingers in free pages; in the write-ahead log it may, until that is reused.
        self._database.execute("PRAGMA secure_delete = ON")
        self._database.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def put(self, photos: Sequence[tuple[str, StoredPhoto]]) -> None:
        """Keeps photos by their ids; forgets those that are too old or too many.

        All in one transaction, which costs more than the photos in it: give as many at once as there are.
        """
        now = self._clock()
        rows = [(image_id, now, photo.pixels, photo.steps, photo.digest) for image_id, photo in photos]
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR REPLACE INTO recent_photos VALUES (?, ?, ?, ?, ?)", rows)
            self._database.execute("DELETE FROM recent_photos WHERE stored <= ?", (now - self.keep.total_seconds(),))
            self._database.execute(
                "DELETE FROM recent_photos WHERE id IN "
                "(SELECT id FROM recent_photos ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
                (self._max_photos,),
            )

    def get(self, image_id: str) -> StoredPhoto:
        """A photo that was posted before.

        Raises:
            ImageUnknown: if it was never posted, or is forgotten by now.
        """
        with self._lock:
            row = self._database.execute(
                "SELECT pixels, steps, digest FROM recent_photos WHERE id = ? AND stored > ?",
                (image_id, self._clock() - self.keep.total_seconds()),
            ).fetchone()
        if row is None:
            raise ImageUnknown(image_id, self.keep)
        return StoredPhoto(*row)
