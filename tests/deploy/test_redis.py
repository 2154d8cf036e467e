"""The Redis of the manifests, started as they start it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.registry.registry import first_to_serve
from app.settings import Settings
from model.manifest import Manifest
from tests.app.redis_process import RedisProcess, running_redis
from tests.deploy.manifests import compose, containers, one, quantity

POD = one("Deployment", "catscan-redis")["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
OPTIONS: list[str] = CONTAINER["command"][1:]
PHOTOS = {each.environment.get("CATSCAN_STORE_PHOTOS") for each in containers() if "CATSCAN_STORE" in each.environment}
BESIDE_THE_PIXELS = 2000  # bytes of a photo's steps as JSON, and of its digest
HOUR_MS = 3_600_000


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path, *OPTIONS) as process:
        yield process


def keep(redis: RedisProcess, photos: int) -> None:
    """As many values as these photos are."""
    manifest = Manifest.load(first_to_serve(Settings()).folder)
    value = os.urandom(manifest.height * manifest.width * 3 + BESIDE_THE_PIXELS)
    for number in range(photos):
        redis.ask("SET", f"a photo: {number:032x}", value, "PX", HOUR_MS)


def test_compose_starts_it_as_kubernetes_does() -> None:
    service = compose()["services"]["redis"]
    assert service["entrypoint"] == CONTAINER["command"]
    assert service["image"] == CONTAINER["image"]
    context = POD["securityContext"]
    assert service["user"] == f"{context['runAsUser']}:{context['runAsGroup']}"


def test_it_has_room_for_all_photos(redis: RedisProcess) -> None:
    (photos,) = PHOTOS
    keep(redis, int(photos or 0))
    assert redis.ask("DBSIZE") == int(photos or 0) > 0
    assert redis.ask("INFO", "STATS")["evicted_keys"] == 0


def test_one_that_is_full_forgets_and_refuses_nothing(redis: RedisProcess) -> None:
    redis.ask("CONFIG", "SET", "MAXMEMORY", "16mb")
    keep(redis, 1000)
    assert 100 < redis.ask("DBSIZE") < 1000


def test_nothing_of_it_is_on_a_disk(redis: RedisProcess, tmp_path: Path) -> None:
    keep(redis, 1)
    redis.stop()
    assert [file.name for file in tmp_path.iterdir()] == ["redis.log"]


def test_its_memory_and_more_is_the_containers() -> None:
    limit = quantity(CONTAINER["resources"]["limits"]["memory"])
    assert limit >= 1.5 * quantity(OPTIONS[OPTIONS.index("--maxmemory") + 1])
