"""What one process keeps in its memory is what several would find in their shared file."""

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import ImageUnknown
from app.photos.photo import Photo
from app.photos.photo_memory import PhotoMemory
from app.photos.photo_store import PhotoStore
from app.photos.shared_photos import SharedPhotos
from model.preprocessing import Preprocessed, preprocess
from tests.app.clock import Clock
from tests.conftest import photo_of

T = TypeVar("T")
KEEP = timedelta(seconds=60)
CHELSEA: Preprocessed = preprocess(photo_of("chelsea"), 8, 12)


def photo(number: int) -> Photo:
    return Photo(str(number), CHELSEA.pixels + np.uint8(number), CHELSEA.steps, f"digest {number}")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def put(photos: PhotoMemory | SharedPhotos, number: int) -> None:
    async def wait() -> None:
        assert await photos.put(photo(number))

    run(wait())


def found(photos: PhotoMemory | SharedPhotos, number: int) -> bool:
    """Whether the photo is there, and then as it was put."""

    async def ask() -> bool:
        try:
            kept, put = await photos.get(str(number)), photo(number)
        except ImageUnknown:
            return False
        np.testing.assert_array_equal(kept.pixels, put.pixels)
        assert (kept.image_id, kept.steps, kept.digest) == (put.image_id, put.steps, put.digest)
        return True

    return run(ask())


STEP = st.one_of(st.tuples(st.just("put"), st.integers(0, 6)), st.tuples(st.just("wait"), st.integers(0, 40)))


@settings(max_examples=25)  # each opens a file
@given(st.lists(STEP, max_size=15), st.integers(1, 4))
def test_the_memory_keeps_and_forgets_what_the_shared_file_does(steps: list[tuple[str, int]], most: int) -> None:
    clock = Clock()
    memory = PhotoMemory(most, KEEP, clock)
    with tempfile.TemporaryDirectory() as folder:
        shared = SharedPhotos(PhotoStore(Path(folder) / "photos.sqlite", most, KEEP, clock))
        for step, number in steps:
            if step == "put":
                put(memory, number)
                put(shared, number)
            else:
                clock.now += number
            assert [found(memory, asked) for asked in range(7)] == [found(shared, asked) for asked in range(7)]
        run(shared.close())


def test_photos_that_come_at_the_same_time_are_all_there_once_they_are_put(tmp_path: Path) -> None:
    shared = SharedPhotos(PhotoStore(tmp_path / "photos.sqlite", 100, KEEP))

    async def put_and_get(number: int) -> Photo:
        await shared.put(photo(number))
        return await shared.get(str(number))

    async def work() -> list[Photo]:
        return await asyncio.gather(*map(put_and_get, range(50)))

    assert [kept.image_id for kept in run(work())] == [str(number) for number in range(50)]
    run(shared.close())


def test_a_photo_is_kept_for_its_time_and_not_longer() -> None:
    clock = Clock()
    memory = PhotoMemory(3, KEEP, clock)
    put(memory, 1)
    clock.now += 59.9
    assert found(memory, 1)
    clock.now += 0.1
    with pytest.raises(ImageUnknown, match=r"within 0:01:00 .*; received: '1'\. Post the photo again"):
        run(memory.get("1"))


def test_as_many_photos_are_kept_as_are_allowed_and_the_oldest_goes_first() -> None:
    memory = PhotoMemory(2, KEEP)
    for number in (1, 2, 1, 3):
        put(memory, number)
    assert [found(memory, number) for number in (1, 2, 3)] == [True, False, True]
