"""Where the recent photos of a service are kept: in its process, in a file of this machine, or in a Redis of many."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from app.photos.photo import Photo
from app.photos.photo_memory import PhotoMemory
from app.photos.photo_store import PhotoStore
from app.photos.shared_photos import SharedPhotos
from app.redis_address import RedisAddress
from app.settings import Settings


class RecentPhotos(Protocol):
    """Photos by their ids, bounded in number and time. It belongs to one event loop.

    Each is put once. Where one is too many, the owner who has the most loses his oldest; of several such owners, the
    one whose oldest is the oldest of all. So nobody pushes out a photo of another who has fewer than himself.
    """

    def put(self, photo: Photo) -> Awaitable[bool]:
        """Begins to keep a photo, whether or not it is waited for; tells whether it is kept once that is known."""

    async def get(self, image_id: str) -> Photo:
        """A photo that was put before.

        Raises:
            ImageUnknown: if there is none, or it is forgotten by now.
            StoreAway: if that cannot be known.
        """

    async def close(self) -> None: ...


def recent_photos(settings: Settings, failed: Callable[[str], None]) -> RecentPhotos:
    """Those of a service; `failed` is told of each `put` and `get` that a file or a Redis did not do."""
    kept = settings.store_photos, settings.store_time
    if isinstance(settings.store, RedisAddress):
        # It comes with an extra, which nobody else needs.
        from app.photos.redis_photos import RedisPhotos
        from app.redis_server import RedisServer

        return RedisPhotos(RedisServer(settings.store, settings.store_wait_s), *kept, failed)
    return PhotoMemory(*kept) if settings.workers == 1 else SharedPhotos(PhotoStore(settings.store, *kept), failed)
