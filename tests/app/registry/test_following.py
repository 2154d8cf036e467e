"""What interrupts a follower is only put off; `test_changes.py` and `test_switching_workers.py` have the rest."""

import asyncio
import weakref
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.engine import Engine
from app.registry.agreement import Alone, Outcome
from app.registry.following import Follower
from app.registry.registry import Registry, first_to_serve
from app.settings import Settings

VERSION = first_to_serve(Settings()).version


class FullDisk(Alone):
    """An agreement whose first outcomes cannot be written."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def tell(self, outcomes: Mapping[int, Outcome]) -> None:
        self.told += 1
        if self.told == 1:
            raise OSError("no space left")
        super().tell(outcomes)


async def nothing(_: "weakref.ref[Engine]") -> None:
    pass


async def no_words(_: Path) -> Engine:
    raise MemoryError


def test_what_an_error_interrupts_is_followed_once_more() -> None:
    async def follow() -> int:
        agreement, settings = FullDisk(), Settings()
        follower = Follower(Registry(settings), agreement, no_words, nothing)
        with pytest.raises(OSError, match="no space left"):
            follower.follow(agreement.read())
        follower.catch_up()
        follower.catch_up()  # nothing is new any more
        follower.close()
        return agreement.told

    assert asyncio.run(follow()) == 2


def test_an_error_without_words_is_a_failure_with_a_name() -> None:
    async def fail() -> dict[tuple[str, int], str]:
        registry = Registry(Settings())
        follower = Follower(registry, Alone(), no_words, nothing)
        follower.change(lambda wanted: wanted.wanting("cat", VERSION))
        with pytest.raises(MemoryError):
            await follower.engine("cat", VERSION)
        await asyncio.sleep(0)
        follower.close()
        return registry.failures

    assert asyncio.run(fail()) == {("cat", VERSION): "MemoryError"}
