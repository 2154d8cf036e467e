"""Memory, file and Redis, each against one plain list: what they keep, what they forget, whose goes."""

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.photos.photo import Photo
from app.photos.photo_memory import PhotoMemory
from app.photos.photo_store import PhotoStore
from app.photos.recent_photos import RecentPhotos
from app.photos.redis_photos import PHOTO, RedisPhotos
from app.photos.shared_photos import SharedPhotos
from app.redis_address import redis_address
from app.redis_server import RedisServer
from tests.app.clock import Clock
from tests.app.loopback import PATIENCE
from tests.app.photos.kept_photos import ANNA, BEN, CARL, has, photo
from tests.app.redis_process import RedisProcess, let_pass, running_redis

T = TypeVar("T")
KEEP = timedelta(minutes=10)
MINUTES = st.sampled_from([120, 240, 360, 480])  # in seconds: Redis has its own clock, and a test takes time, too


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis")) as process:
        yield process


class Stores(RuleBasedStateMachine):
    """Any sequence of puts by several clients, and of time; each store is asked through two that share it."""

    redis: RedisProcess

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.number = Clock(), 0
        self.kept: list[tuple[float, Photo]] = []  # the oldest first
        self.gone: list[Photo] = []
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.redis.ask("FLUSHALL")

    @initialize(most=st.integers(1, 6))
    def open(self, most: int) -> None:
        self.most, path = most, Path(self.folder.name) / "photos.sqlite"

        async def opened() -> list[tuple[RecentPhotos, RecentPhotos]]:
            memory = PhotoMemory(most, KEEP, self.clock)
            files = [SharedPhotos(PhotoStore(path, most, KEEP, self.clock, PATIENCE)) for _ in range(2)]
            address = redis_address(self.redis.url)
            several = [RedisPhotos(RedisServer(address, PATIENCE), most, KEEP) for _ in range(2)]
            return [(memory, memory), (files[0], files[1]), (several[0], several[1])]

        self.stores = self.run(opened())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @rule(owners=st.lists(st.sampled_from([ANNA, ANNA, BEN, CARL]), min_size=1, max_size=5))
    def put(self, owners: list[str]) -> None:
        """Photos that come together."""
        photos = [photo(self.number + at, owner) for at, owner in enumerate(owners)]
        self.number += len(photos)
        self.forget([put for at, put in self.kept if at <= self.clock() - KEEP.total_seconds()])
        for each in photos:
            self.kept.append((self.clock(), each))
            if len(self.kept) > self.most:
                of = [put.owner for _, put in self.kept]
                self.forget([next(put for _, put in self.kept if of.count(put.owner) == max(map(of.count, of)))])

        async def put_in(store: RecentPhotos) -> list[bool]:
            return [await kept for kept in [store.put(each) for each in photos]]

        for one, _ in self.stores:
            assert all(self.run(put_in(one)))

    def forget(self, photos: list[Photo]) -> None:
        self.gone += photos
        self.kept = [(at, put) for at, put in self.kept if put not in photos]

    @rule(seconds=MINUTES)
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds
        let_pass(self.redis, seconds)

    @invariant()
    def all_have_what_they_should_and_nothing_else(self) -> None:
        alive = [put for at, put in self.kept if at > self.clock() - KEEP.total_seconds()]
        for _, other in getattr(self, "stores", []):
            assert all(self.run(has(other, put)) for put in alive)
            assert not any(self.run(has(other, put)) for put in [*self.gone[-9:], photo(self.number)])
        assert len(self.redis.ask("KEYS", f"{PHOTO}*")) == len(alive)

    def teardown(self) -> None:
        for one, other in getattr(self, "stores", []):
            self.run(one.close())
            self.run(other.close())
        self.runner.close()
        self.folder.cleanup()


def test_all_three_stores_keep_what_a_plain_list_would_and_no_client_pushes_out_another_s(redis: RedisProcess) -> None:
    bound = type("Bound", (Stores,), {"redis": redis})
    suppressed = [HealthCheck.too_slow]
    run_state_machine_as_test(
        bound,
        settings=settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=suppressed),
    )
