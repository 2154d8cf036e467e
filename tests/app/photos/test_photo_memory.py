import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from app.errors import ImageUnknown
from app.photos.photo_memory import PhotoMemory
from tests.app.clock import Clock
from tests.app.photos.kept_photos import ANNA, BEN, CARL, has, photo

T = TypeVar("T")
KEEP = timedelta(seconds=60)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


async def kept_of(memory: PhotoMemory, *puts: tuple[int, str]) -> list[int]:
    """Puts photos one after the other, and tells which are there in the end."""
    for number, owner in puts:
        assert await memory.put(photo(number, owner))
    return [number for number, owner in puts if await has(memory, photo(number, owner))]


def test_a_photo_is_kept_for_its_time_and_not_longer() -> None:
    clock = Clock()
    memory = PhotoMemory(3, KEEP, clock)
    assert run(kept_of(memory, (1, ANNA))) == [1]
    clock.now += 59.9
    assert run(has(memory, photo(1)))
    clock.now += 0.1
    with pytest.raises(ImageUnknown, match=r"within 0:01:00 .*; received: '1'\. Post the photo again"):
        run(memory.get("1"))


def test_of_one_client_as_many_are_kept_as_are_allowed_and_the_oldest_goes_first() -> None:
    assert run(kept_of(PhotoMemory(2, KEEP), (1, ANNA), (2, ANNA), (3, ANNA))) == [2, 3]


def test_who_posts_ever_more_pushes_out_his_own_photos_and_nobody_else_s() -> None:
    many = [(number, ANNA) for number in range(10, 1010)]
    kept = run(kept_of(PhotoMemory(10, KEEP), (1, BEN), (2, CARL), (3, BEN), *many))
    assert kept == [1, 2, 3, *range(1003, 1010)]


def test_who_comes_when_all_is_full_gets_room_from_the_one_who_has_the_most() -> None:
    full = [(number, ANNA) for number in range(10)]
    assert run(kept_of(PhotoMemory(10, KEEP), *full, (10, BEN), (11, BEN), (12, CARL))) == [*range(3, 13)]


def test_of_those_who_have_as_many_the_one_with_the_oldest_photo_loses_it() -> None:
    assert run(kept_of(PhotoMemory(4, KEEP), (1, BEN), (2, ANNA), (3, ANNA), (4, BEN), (5, CARL))) == [2, 3, 4, 5]


def test_what_has_expired_is_in_nobody_s_share() -> None:
    clock = Clock()
    memory = PhotoMemory(4, KEEP, clock)
    run(kept_of(memory, (1, ANNA), (2, ANNA), (3, ANNA)))
    clock.now += 60
    assert run(kept_of(memory, (4, ANNA), (5, BEN), (6, BEN), (7, BEN), (8, BEN))) == [4, 6, 7, 8]
