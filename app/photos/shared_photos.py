"""The recent photos of several worker processes: what one of them took, the others find."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.photos.photo import Photo
from app.photos.photo_store import PhotoStore
from app.scheduling.batching import Batcher
from app.scheduling.lanes import Lanes

MOST = 64  # photos in one transaction
logger = logging.getLogger("catscan")


class SharedPhotos:
    """A `PhotoStore` for one event loop: photos that come at the same time are put together.

    That the store is away is no failure of a request that puts: the photo is not kept, and that is all. It is logged
    once when it begins, and once when it is over.
    """

    def __init__(self, store: PhotoStore, failed: Callable[[str], None] = lambda _: None) -> None:
        """Begins with what is there, and forgets what is too old of it.

        Args:
            store: keeps them; closed with this.
            failed: is told "put" for each photo that could not be kept, and "get" for each that could not be asked for.
        """
        self._store, self._failed = store, failed
        self._writer = Lanes(1, "photo-writer")
        self._puts = Batcher(self._put, self._writer, range(1, MOST + 1))
        self._failing: set[str] = set()  # of "put" and "get"
        self._greeting = asyncio.create_task(self._greet())

    async def _greet(self) -> None:
        try:
            await asyncio.to_thread(self._store.put, [])
        except StoreAway as error:
            self._fails("put", error)

    def put(self, photo: Photo) -> "asyncio.Future[bool]":
        """Begins to keep a photo; tells whether it is kept once that is known.

        Since a failure it is known at once: nobody waits for a store that may be away; photos find out when it is back.
        """
        failing = "put" in self._failing
        trying = asyncio.ensure_future(self._kept(photo, counted=failing))
        if not failing:
            return trying
        self._failed("put")
        given_up: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        given_up.set_result(False)
        return given_up

    async def _kept(self, photo: Photo, *, counted: bool) -> bool:
        try:
            await self._puts.submit(photo)
        except Exception as error:  # whatever it is, nobody's prediction fails for it
            if not counted:
                self._failed("put")
            self._fails("put", error)
            return False
        self._works("put")
        return True

    def _put(self, photos: Sequence[Photo]) -> list[None]:
        self._store.put(photos)
        return [None] * len(photos)

    async def get(self, image_id: str) -> Photo:
        """A photo that was put before.

        Raises:
            ImageUnknown: if there is none, or it is forgotten by now.
            StoreAway: if that cannot be known.
        """
        try:
            photo = await asyncio.to_thread(self._store.get, image_id)
        except StoreAway as error:
            self._failed("get")
            self._fails("get", error)
            raise
        except ImageUnknown:
            self._works("get")
            raise
        self._works("get")
        return photo

    def _fails(self, operation: str, error: Exception) -> None:
        if operation not in self._failing:
            self._failing.add(operation)
            why = error.__cause__ or error
            logger.warning(
                "The store %s fails to %s photos: %s: %s", self._store.path, operation, type(why).__name__, why
            )

    def _works(self, operation: str) -> None:
        if operation in self._failing:
            self._failing.discard(operation)
            logger.info("The store %s can %s photos again", self._store.path, operation)

    async def close(self) -> None:
        """Lets what is being put be put."""
        await self._greeting
        self._writer.close()
        self._store.close()
