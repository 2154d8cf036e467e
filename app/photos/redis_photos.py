"""The recent photos of many machines, in one Redis: what one of them took, the others find."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.photos.photo import Photo
from app.photos.photo_bytes import PhotoDamaged, bytes_of, photo_of
from app.photos.redis_put import PUT
from app.redis_server import RedisServer

# Services of two versions may share a Redis while one takes the other's place: another form of the values wants another
# number. The braces keep all keys on one node, where a proxy spreads them over several.
RECENT = "catscan:{photos}:2"
PHOTO = f"{RECENT}:photo:"  # and the id: no id that a stranger asks for is the key of something else
KEYS = f"{RECENT}:order", f"{RECENT}:owned", f"{RECENT}:shares"
MOST = 16  # photos in one go, about 800 KB: longer, and Redis would let others wait
logger = logging.getLogger("catscan")


class RedisPhotos:
    """Photos that come while Redis takes in others go there together, in one question.

    Their number and their owners' shares are kept exactly, over all services that share them. That Redis is away, or
    full, is no failure of a request that puts: the photo is not kept, and that is all.
    """

    def __init__(
        self,
        server: RedisServer,
        max_photos: int,
        keep: timedelta,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Begins with what is there.

        Args:
            server: keeps them; closed with this.
            max_photos: kept at most.
            keep: how long each is kept.
            failed: is told "put" for each photo that could not be kept, and "get" for each that could not be asked for.
        """
        self._server, self._max_photos, self._keep, self._failed = server, max_photos, keep, failed
        self._waiting: deque[tuple[Photo, asyncio.Future[bool]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    def put(self, photo: Photo) -> "asyncio.Future[bool]":
        """Begins to keep a photo; tells whether it is kept once that is known."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((photo, kept))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return kept

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            try:
                await self._put(batch)
            except Exception:  # whatever it was, nobody's prediction fails for it
                logger.exception("Photos could not be kept")
        self._writing = None

    async def _put(self, batch: Sequence[tuple[Photo, "asyncio.Future[bool]"]]) -> None:
        keep_ms, done = round(self._keep.total_seconds() * 1e3), False
        try:
            values = [part for photo, _ in batch for part in (photo.image_id, photo.owner, bytes_of(photo))]
            await self._server.ask("EVAL", PUT, len(KEYS), *KEYS, PHOTO, keep_ms, self._max_photos, *values)
            done = True
        except StoreAway:
            for _ in batch:
                self._failed("put")
        finally:
            for _, kept in batch:
                if not kept.done():  # its caller went away
                    kept.set_result(done)

    async def get(self, image_id: str) -> Photo:
        """A photo that was put before.

        Raises:
            ImageUnknown: if there is none, or it is forgotten by now.
            StoreAway: if that cannot be known.
        """
        try:
            value: bytes | None = await self._server.ask("GET", f"{PHOTO}{image_id}")
        except StoreAway:
            self._failed("get")
            raise
        if value is None:
            raise ImageUnknown(image_id, self._keep)
        try:
            return photo_of(image_id, value)
        except PhotoDamaged as error:  # somebody else writes there
            logger.warning("The store gave other bytes: %s", error)
            raise ImageUnknown(image_id, self._keep) from error

    async def close(self) -> None:
        """Lets what is being put be put."""
        if self._writing is not None:
            await self._writing
        await self._server.close()
