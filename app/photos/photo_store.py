"""The recent photos, as the network saw them, for several worker processes: bounded in number and time."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self, TypeVar

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.photos.photo import Photo
from app.photos.photo_bytes import bytes_of, photo_of
from app.photos.photo_file import TROUBLE, PhotoFile, Row, is_damage, is_good_yet, open_file, throw_away

T = TypeVar("T")
BUSY_S = 2.0  # how long a process waits for another's write
AGAIN_S = 1.0  # from a failure to the next try: whoever asks before hears at once that there is no store


class PhotoStore:
    """An SQLite file. The original photo is never in it.

    A file that was deleted, or is damaged, costs the photos in it and nothing else: a new one takes its place. One that
    cannot be used for other reasons is away until it can.
    """

    def __init__(
        self,
        path: Path,
        max_photos: int,
        keep: timedelta,
        clock: Callable[[], float] = time.time,
        busy_s: float = BUSY_S,
        again_s: float = AGAIN_S,
    ) -> None:
        """Opens nothing yet.

        Args:
            path: of the file; its folder, too, is made if there is none.
            max_photos: kept at most.
            keep: how long each is kept.
            clock: seconds.
            busy_s: how long an answer may wait for other processes.
            again_s: how long nothing is tried after a failure.
        """
        self.path, self.keep = path, keep
        self._max_photos, self._clock = max_photos, clock
        # Each has its own, so that nobody who asks for a photo waits for others' puts.
        self._putting, self._getting = Opened(path, busy_s, again_s), Opened(path, busy_s, again_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._putting.close()
        self._getting.close()

    def put(self, photos: Sequence[Photo]) -> None:
        """Keeps photos, in this order; forgets those that are too old, and those beyond their owners' share.

        It costs more than each of the photos: give as many at once as there are.

        Raises:
            StoreAway: if that cannot be done now; then none of them is kept.
        """
        rows = [Row(photo.image_id, photo.owner, bytes_of(photo)) for photo in photos]
        now = self._clock()
        self._putting.do(lambda file: file.put(rows, now, now - self.keep.total_seconds(), self._max_photos))

    def get(self, image_id: str) -> Photo:
        """A photo that was put before.

        Raises:
            ImageUnknown: if it was never put, or is forgotten by now.
            StoreAway: if that cannot be known now.
        """
        too_old = self._clock() - self.keep.total_seconds()

        def find(file: PhotoFile) -> Photo | None:
            kept = file.get(image_id, too_old)
            return None if kept is None else photo_of(image_id, kept)

        photo = self._getting.do(find)
        if photo is None:
            raise ImageUnknown(image_id, self.keep)
        return photo


class Opened:
    """The file, opened when somebody needs it, and anew where it is another by then; for any thread."""

    def __init__(self, path: Path, busy_s: float, again_s: float) -> None:
        self._path, self._busy_s, self._again_s = path, busy_s, again_s
        self._lock = threading.Lock()
        self._file: PhotoFile | None = None
        self._rest_until = float("-inf")

    def do(self, work: Callable[[PhotoFile], T]) -> T:
        """Raises StoreAway if the file cannot be used."""
        with self._lock:
            if time.monotonic() < self._rest_until:
                raise StoreAway("nothing, it failed a moment ago")
            try:
                return self._tried(work)
            except (OSError, *TROUBLE) as error:
                self._rest_until = time.monotonic() + self._again_s
                raise StoreAway("an error") from error

    def _tried(self, work: Callable[[PhotoFile], T]) -> T:
        """Does it; once more where the file was the reason that it could not be done."""
        if self._file is not None and not self._file.is_there:
            self._close()
        file = self._file = self._file or open_file(self._path, self._busy_s)
        try:
            return work(file)
        except TROUBLE as error:
            there = file.is_there
            if there and is_good_yet(error):
                raise
            self._close()
            if there:
                if not is_damage(error):
                    raise
                throw_away(file, error)
        self._file = open_file(self._path, self._busy_s)
        return work(self._file)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        with self._lock:
            self._close()
            self._rest_until = float("inf")
