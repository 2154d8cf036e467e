"""The recent photos of a service that is one process: a table in its memory, bounded in number and time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from app.errors import ImageUnknown
from app.photos.photo import Photo
from app.photos.shares import Shares


class PhotoMemory:
    """Costs next to nothing; for one thread."""

    def __init__(self, max_photos: int, keep: timedelta, clock: Callable[[], float] = time.time) -> None:
        self._max_photos, self._keep, self._clock = max_photos, keep, clock
        self._photos: OrderedDict[str, tuple[float, Photo]] = OrderedDict()  # the oldest first
        self._shares = Shares()

    def put(self, photo: Photo) -> "asyncio.Future[bool]":
        """Keeps a photo, which is true at once; forgets those that are too old, and one that is too many."""
        while self._photos and self._too_old(oldest := next(iter(self._photos))):
            self._forget(oldest)
        self._photos[photo.image_id] = self._clock(), photo
        self._shares.add(photo.owner, photo.image_id)
        if len(self._photos) > self._max_photos:
            self._forget(self._shares.first_to_go())
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        kept.set_result(True)
        return kept

    async def get(self, image_id: str) -> Photo:
        """A photo that was put before.

        Raises:
            ImageUnknown: if there is none, or it is forgotten by now.
        """
        if image_id not in self._photos or self._too_old(image_id):
            raise ImageUnknown(image_id, self._keep)
        return self._photos[image_id][1]

    async def close(self) -> None:
        self._photos.clear()
        self._shares = Shares()

    def _forget(self, image_id: str) -> None:
        _, photo = self._photos.pop(image_id)
        self._shares.remove(photo.owner, image_id)

    def _too_old(self, image_id: str) -> bool:
        return self._photos[image_id][0] <= self._clock() - self._keep.total_seconds()
