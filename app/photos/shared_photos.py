"""The recent photos of several worker processes: what one of them took, the others find."""

import asyncio
from collections.abc import Sequence

import numpy as np
from pydantic import TypeAdapter

from app.photos.photo import Photo
from app.photos.photo_store import PhotoStore, StoredPhoto
from app.scheduling.batching import Batcher
from app.scheduling.lanes import Lanes
from model.preprocessing import AnyStep, Resized

STEPS = TypeAdapter(tuple[AnyStep, ...])
MOST = 64  # photos in one transaction


class SharedPhotos:
    """A `PhotoStore` for one event loop: photos that come at the same time are put together."""

    def __init__(self, store: PhotoStore) -> None:
        self._store = store
        self._writer = Lanes(1, "photo-writer")
        self._puts = Batcher(self._put, self._writer, range(1, MOST + 1))

    def put(self, photo: Photo) -> "asyncio.Future[bool]":
        """Begins to keep a photo, and to forget those that are too old or too many; true once it is kept."""
        return asyncio.ensure_future(self._kept(photo))

    async def _kept(self, photo: Photo) -> bool:
        await self._puts.submit(photo)
        return True

    def _put(self, photos: Sequence[Photo]) -> list[None]:
        self._store.put([(photo.image_id, stored(photo)) for photo in photos])
        return [None] * len(photos)

    async def get(self, image_id: str) -> Photo:
        """A photo that was put before.

        Raises:
            ImageUnknown: if there is none, or it is forgotten by now.
        """
        return restored(image_id, await asyncio.to_thread(self._store.get, image_id))

    async def close(self) -> None:
        self._writer.close()
        self._store.close()


def stored(photo: Photo) -> StoredPhoto:
    return StoredPhoto(photo.pixels.tobytes(), STEPS.dump_json(photo.steps), photo.digest)


def restored(image_id: str, kept: StoredPhoto) -> Photo:
    """The inverse of `stored`."""
    steps = STEPS.validate_json(kept.steps)
    size = next((step.height, step.width) for step in steps if isinstance(step, Resized))
    return Photo(image_id, np.frombuffer(kept.pixels, np.uint8).reshape(*size, 3), steps, kept.digest)
