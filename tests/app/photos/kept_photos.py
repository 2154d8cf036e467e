"""Photos to keep, and whether a store still has them as they were."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
from PIL import Image

from app.errors import ImageUnknown
from app.photos.photo import Photo
from app.photos.recent_photos import RecentPhotos
from model.preprocessing import Preprocessed, preprocess

COLOURS = np.arange(9 * 13 * 3, dtype=np.uint8).reshape(9, 13, 3)
MADE: Preprocessed = preprocess(Image.fromarray(COLOURS), 8, 12)
ANNA, BEN, CARL = "address:a", "address:b", "key:c"


def photo(number: int, owner: str = ANNA) -> Photo:
    """Another for each number."""
    return Photo(f"{number}", MADE.pixels + np.uint8(number % 200), MADE.steps, f"digest {number}", owner)


def the_same(one: Photo, other: Photo) -> bool:
    return np.array_equal(one.pixels, other.pixels) and (
        (one.image_id, one.steps, one.digest, one.owner) == (other.image_id, other.steps, other.digest, other.owner)
    )


async def has(photos: RecentPhotos, put: Photo) -> bool:
    """Whether a photo is there, and then as it was put."""
    try:
        kept = await photos.get(put.image_id)
    except ImageUnknown:
        return False
    assert the_same(kept, put)
    return True


async def until(well: Callable[[], Awaitable[bool]]) -> None:
    """Asks until it is well; the test's own patience ends it otherwise."""
    while not await well():
        await asyncio.sleep(0.01)
