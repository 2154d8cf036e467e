"""Services that share a Redis, over real sockets: while it is there, while it is away, and afterwards."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.errors import ImageUnknown
from app.failures import StoreAway
from app.observing.metrics import STORE_OPERATIONS
from app.registry.registry import first_to_serve
from app.settings import Settings
from tests.app.conftest import answer_of, problem_of, serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.redis_process import RedisProcess, running_redis

PASSWORD = "s3cret-word"
HASTY_S = 0.3
BY_ID = [
    "/feature-maps", "/feature-maps?layer={layer}", "/feature-maps/statistics?layer={layer}", "/preprocessing",
    "/receipts?layer={layer}&channel=0&y=0&x=0", "/receptive-fields?layer={layer}&y=0&x=0",
    "/explanations?method=grad-cam", "/ablations?layer={layer}&channels=0",
]  # fmt: skip


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    with running_redis(tmp_path_factory.mktemp("redis"), password=PASSWORD) as process:
        yield process


@contextlib.contextmanager
def service(redis: RedisProcess, wait_s: float = PATIENCE / 10) -> Iterator[httpx.Client]:
    settings = Settings(store=redis.url, store_wait_s=wait_s, models=first_to_serve(Settings()).folder)
    with serving(settings) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="module")
def one(redis: RedisProcess) -> Iterator[httpx.Client]:
    with service(redis) as client:
        yield client


@pytest.fixture(scope="module")
def other(redis: RedisProcess) -> Iterator[httpx.Client]:
    with service(redis) as client:
        yield client


def failures(client: httpx.Client) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {
        sample.labels["operation"]: sample.value for sample in samples if sample.name == "catscan_store_failures_total"
    }


def kept_again(client: httpx.Client, photo: bytes) -> dict[str, Any]:
    """The first answer with a link."""
    started = time.monotonic()
    while (answer := answer_of(client, photo))["feature_maps"] is None:
        assert time.monotonic() - started < PATIENCE, "the store did not come back"
        time.sleep(0.1)
    return answer


def test_what_one_service_took_the_other_shows(one: httpx.Client, other: httpx.Client, chelsea: bytes) -> None:
    link = answer_of(one, chelsea)["feature_maps"]
    here, there = one.get(link), other.get(link)
    assert there.status_code == 200
    assert there.json() == here.json()
    posted = other.post("/feature-maps", params={"layer": "images", "format": "npy"}, content=chelsea + b"\0")
    assert one.get(posted.headers["content-location"]).content == posted.content


def test_nothing_is_put_of_a_photo_that_may_not_be_stored(
    one: httpx.Client, redis: RedisProcess, chelsea: bytes
) -> None:
    redis.ask("FLUSHALL")
    for path in ("/predict", "/feature-maps"):
        assert one.post(path, content=chelsea, headers={"cache-control": "no-store"}).status_code == 200
    assert redis.ask("DBSIZE") == 0
    assert failures(one) == dict.fromkeys(STORE_OPERATIONS, 0)


@pytest.mark.parametrize("end", [RedisProcess.stop, RedisProcess.kill])
def test_predictions_go_on_without_the_store_and_promise_nothing_and_all_is_well_once_it_is_back(
    redis: RedisProcess,
    one: httpx.Client,
    chelsea: bytes,
    caplog: pytest.LogCaptureFixture,
    end: Callable[[RedisProcess], None],
) -> None:
    caplog.set_level(logging.INFO)
    before, counted = kept_again(one, chelsea), failures(one)
    end(redis)
    try:
        for number in range(5):
            answer = answer_of(one, chelsea + bytes([number]))
            assert answer["feature_maps"] is None
            assert answer["predictions"] == before["predictions"]
        problem = problem_of(one.get(before["feature_maps"]), StoreAway)
        assert "away" in problem["detail"]
        assert "POST /feature-maps" in problem["detail"]
        posted = one.post("/feature-maps", content=chelsea)
        assert posted.status_code == 200
        assert "content-location" not in posted.headers
        assert one.get("/health/ready").status_code == 200
        assert failures(one) == counted | {"put": counted["put"] + 6, "get": counted["get"] + 1}
    finally:
        redis.start()
    after = kept_again(one, chelsea)
    assert one.get(after["feature_maps"]).status_code == 200
    assert after["predictions"] == before["predictions"]
    assert [caplog.text.count(words) for words in ("is away: ", "is back after ")] == [1, 1]
    assert PASSWORD not in caplog.text


def test_a_photo_that_was_lost_with_the_store_is_unknown(
    redis: RedisProcess, one: httpx.Client, chelsea: bytes
) -> None:
    link = kept_again(one, chelsea + b"lost")["feature_maps"]
    redis.kill()
    redis.start()
    kept_again(one, chelsea)
    problem_of(one.get(link), ImageUnknown)


def test_a_store_that_hangs_or_was_never_there_keeps_no_service_from_answering(
    redis: RedisProcess, chelsea: bytes
) -> None:
    redis.kill()
    try:
        with service(redis, HASTY_S) as hasty:
            assert answer_of(hasty, chelsea)["feature_maps"] is None
            redis.start()
            link = kept_again(hasty, chelsea)["feature_maps"]
            redis.pause()
            for _ in range(3):
                assert answer_of(hasty, chelsea)["feature_maps"] is None
            problem_of(hasty.get(link), StoreAway)
            redis.go_on()
            started = time.monotonic()
            while hasty.get(link).status_code != 200:
                assert time.monotonic() - started < PATIENCE, "the store did not come back"
                time.sleep(0.1)
    finally:
        redis.kill()
        redis.start()


def test_the_store_can_be_away_wherever_an_id_is_asked_about_and_the_documents_say_so(
    redis: RedisProcess, one: httpx.Client, chelsea: bytes
) -> None:
    image_id = kept_again(one, chelsea)["image_id"]
    layer = one.get("/layers").json()["layers"][0]["name"]
    paths = one.get("/openapi.json").json()["paths"]
    redis.kill()
    try:
        for path in BY_ID:
            url = httpx.URL(path.format(layer=layer)).copy_merge_params({"image_id": image_id})
            problem_of(one.get(url), StoreAway)
            assert f"`{StoreAway.code}`" in paths[url.path]["get"]["responses"]["503"]["description"]
    finally:
        redis.start()
