"""How many photos a minute a client may ask about, over a socket."""

import asyncio
import base64
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from app.access.rated_photos import RatedPhotos
from app.access.rates import OwnRates
from app.access.refusals import RateExceeded
from app.errors import ImageUnknown, NotReady, Overloaded, ServiceError, TooManyPhotos
from app.keys import Keys, hash_of, new_key
from app.problems import Problem, Refusal
from app.registry.registry import first_to_serve
from app.settings import Settings
from tests.app.conftest import problem_of, serving, wait_until_ready

RATE = 6
ONE_MODEL = first_to_serve(Settings()).folder
ADDRESSES = (f"203.0.113.{number}" for number in count(1))
LOOK = "/feature-maps?image_id=none"  # it counts as any other, and takes no time
KEYS = {name: new_key() for name in ("ann", "ben")}


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that counts by addresses; uvicorn takes those of a proxy on the same machine as they are."""
    settings = Settings(
        store=tmp_path_factory.mktemp("rates") / "photos.sqlite", models=ONE_MODEL, rate_per_address=RATE
    )
    with serving(settings) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture
def origin() -> dict[str, str]:
    """The header of an address that has asked nothing yet."""
    return {"x-forwarded-for": next(ADDRESSES)}


def left(response: httpx.Response) -> int:
    """What RateLimit says that may be asked at once."""
    policy, now = response.headers["ratelimit-policy"], response.headers["ratelimit"]
    assert policy == f'"photos";q={RATE};w=60'
    name, remaining, again = now.split(";")
    assert name == '"photos"'
    assert 0 <= int(again.removeprefix("t=")) <= 60
    return int(remaining.removeprefix("r="))


def test_as_many_as_the_rate_are_answered_and_the_next_is_refused(
    rated: httpx.Client, origin: dict[str, str], chelsea: bytes
) -> None:
    for number in range(RATE):
        response = rated.post("/predict", content=chelsea, headers=origin)
        assert (response.status_code, left(response)) == (200, RATE - 1 - number)
    response = rated.post("/predict", content=chelsea, headers=origin)
    problem = problem_of(response, RateExceeded)
    assert problem["detail"].startswith("Expected at most 6 photos a minute from one client; received: one more.")
    assert 1 <= problem["retry_after_s"] == int(response.headers["retry-after"]) <= 10
    assert left(response) == 0
    assert rated.post("/predict", content=chelsea, headers={"x-forwarded-for": next(ADDRESSES)}).status_code == 200


def test_protocols_are_counted_together_and_refused_in_their_own_words(
    rated: httpx.Client, origin: dict[str, str], chelsea: bytes
) -> None:
    paths = ["/", "/hf", "/v2/models/cat/infer", "/v1/models/cat:predict", "/v1/models/cat:classify", "/predict"]
    for number, path in enumerate(paths):
        assert left(rated.post(path, content=chelsea, headers=origin)) == RATE - 1 - number  # a bad photo counts, too
    for path in paths[:-1]:
        response = rated.post(path, content=chelsea, headers=origin)
        assert (response.status_code, list(response.json())) == (429, ["error"])
        assert "retry-after" in response.headers


def test_what_puts_no_photo_through_the_network_is_not_counted(rated: httpx.Client, origin: dict[str, str]) -> None:
    for path in ("/", "/layers", "/models", "/health/ready", "/metrics", "/page/main.js") * 3:
        response = rated.get(path, headers=origin)
        assert response.status_code == 200
        assert "ratelimit" not in response.headers
    assert left(rated.get(LOOK, headers=origin)) == RATE - 1


def test_a_batch_counts_its_photos_whole_or_not_at_all(
    rated: httpx.Client, origin: dict[str, str], chelsea: bytes
) -> None:
    def batch(photos: int) -> httpx.Response:
        images = [base64.b64encode(chelsea).decode()] * photos
        return rated.post("/predict/batch", json={"images": images}, headers=origin)

    assert left(batch(4)) == 2
    refused = batch(3)
    problem = problem_of(refused, RateExceeded)
    assert "received: 3 more" in problem["detail"]
    assert 1 <= problem["retry_after_s"] <= 10
    assert left(refused) == 2
    assert left(batch(2)) == 0


def test_a_batch_that_is_more_than_a_minutes_is_refused_for_good_and_counts_nothing(
    rated: httpx.Client, origin: dict[str, str], chelsea: bytes
) -> None:
    images = [base64.b64encode(chelsea).decode()] * (RATE + 1)
    response = rated.post("/predict/batch", json={"images": images}, headers=origin)
    assert problem_of(response, TooManyPhotos)["max_photos"] == RATE
    assert left(response) == RATE
    body = {"instances": [{"b64": image} for image in images]}
    response = rated.post("/v1/models/cat:predict", json=body, headers=origin)
    assert (response.status_code, left(response)) == (413, RATE)


@pytest.mark.parametrize("problem", [Overloaded, NotReady, ImageUnknown])
def test_what_is_refused_for_the_services_own_sake_is_not_counted(problem: type[ServiceError]) -> None:
    rates, settings, statuses = OwnRates(), Settings(rate_per_address=RATE), list[int]()
    own_sake = problem is not ImageUnknown

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await Refusal("/predict", Problem(title="", status=problem.status, detail="", code=problem.code), {}, {})(
            scope, receive, send
        )

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def ask() -> None:
        app = Starlette()
        app.state.rates = rates
        for _ in range(2 * RATE):
            scope = {"type": "http", "method": "POST", "path": "/predict", "app": app, "headers": []}
            await RatedPhotos(refusing, settings)(scope, receive, send)

    asyncio.run(ask())
    assert statuses == [problem.status] * 2 * RATE if own_sake else [problem.status] * RATE + [429] * RATE


def test_each_key_has_its_own_rate_from_wherever_it_is_shown(tmp_path: Path) -> None:
    keys = Keys.parse(",".join(f"{name}:{hash_of(key).hex()}" for name, key in KEYS.items()))
    settings = Settings(store=tmp_path / "photos.sqlite", models=ONE_MODEL, api_keys=keys, rate_per_key=RATE)
    with serving(settings) as client:
        wait_until_ready(client)
        for name, key in KEYS.items():
            statuses = [
                client.get(LOOK, headers={"x-api-key": key, "x-forwarded-for": next(ADDRESSES)}).status_code
                for _ in range(RATE + 1)
            ]
            assert statuses[-1] == 429, name
            assert 429 not in statuses[:-1]
        assert client.get(LOOK).status_code == 401
        assert f'catscan_rejected_total{{code="{RateExceeded.code}"}} 2.0' in client.get("/metrics").text
