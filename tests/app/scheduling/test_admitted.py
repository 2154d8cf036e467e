"""Overload, deadlines and clients that go away, at a real server with the real artifact."""

import asyncio
import io
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.errors import DeadlinePassed, Overloaded
from app.main import create_app
from app.scheduling.admitted import PATHS, TEMPLATES, asked_wait_s, route_of_photos, takes_photos
from app.settings import Settings
from tests.app.conftest import answer_of, problem_of, serving, wait_until_ready

PLACES = 4


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that takes in four photos at a time."""
    store = tmp_path_factory.mktemp("narrow") / "photos.sqlite"
    with serving(Settings(store=store, queue_photos=PLACES, lanes=1)) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="module")
def slow_photo() -> bytes:
    """A PNG that takes a good part of a second to decode."""
    noise = np.random.default_rng(1).integers(0, 256, (3000, 3000, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG", compress_level=1)
    return file.getvalue()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service with one decoder that takes large bodies."""
    store = tmp_path_factory.mktemp("patient") / "photos.sqlite"
    with serving(Settings(store=store, max_body_bytes=2**26, lanes=1)) as client:
        wait_until_ready(client)
        yield client


def test_more_photos_than_there_is_room_for_are_refused_and_all_others_answered(
    narrow: httpx.Client, chelsea: bytes
) -> None:
    alone = answer_of(narrow, chelsea)
    with ThreadPoolExecutor(32) as threads:
        responses = list(threads.map(lambda _: narrow.post("/predict", content=chelsea), range(320)))
    answered = [response for response in responses if response.status_code == 200]
    refused = [response for response in responses if response.status_code != 200]
    assert len(answered) >= PLACES
    assert refused
    for response in answered:
        assert response.json()["probability"] == pytest.approx(alone["probability"], abs=1e-5)
    for response in refused:
        problem = problem_of(response, Overloaded)
        assert response.headers["retry-after"] == str(problem["retry_after_s"])
        assert int(response.headers["retry-after"]) >= 1
    assert narrow.post("/predict", content=chelsea).status_code == 200


def test_looks_at_photos_posted_before_have_the_same_bounds(narrow: httpx.Client, chelsea: bytes) -> None:
    link = answer_of(narrow, chelsea)["feature_maps"]
    with ThreadPoolExecutor(32) as threads:
        responses = list(threads.map(lambda _: narrow.get(f"{link}&layer=conv1"), range(320)))
    assert {response.status_code for response in responses} == {200, 429}


def test_a_client_that_waits_for_less_than_it_takes_is_told_so_in_time(
    patient: httpx.Client, slow_photo: bytes
) -> None:
    start = time.perf_counter()
    problem = problem_of(patient.post("/predict", content=slow_photo, headers={"Prefer": "wait=0.05"}), DeadlinePassed)
    assert problem["detail"] == "Expected an answer within 0.05 s; received: none by then"
    assert time.perf_counter() - start < 30
    assert patient.post("/predict", content=slow_photo).status_code == 200


def test_a_client_that_goes_away_takes_its_photo_with_it(
    patient: httpx.Client, slow_photo: bytes, chelsea: bytes
) -> None:
    async def leave() -> None:
        async with httpx.AsyncClient(base_url=patient.base_url, trust_env=False) as client:
            for _ in range(5):
                with pytest.raises(httpx.TimeoutException):
                    await client.post("/predict", content=slow_photo, timeout=httpx.Timeout(30, read=0.01))

    asyncio.run(leave())
    assert answer_of(patient, chelsea)["label"] == "cat"


def test_what_is_admitted_are_the_routes_that_there_are() -> None:
    """Their paths stand in two places."""
    assert {*PATHS, *TEMPLATES} <= create_app(Settings()).openapi()["paths"].keys()


@pytest.mark.parametrize("template", [*sorted(PATHS), *TEMPLATES])
def test_a_path_is_known_by_its_route(template: str) -> None:
    path = template.replace("{model}", "cat-tensor").replace("{version}", "4").replace("{label}", "stable")
    assert route_of_photos(path) == route_of_photos(path + "\n") == template
    assert route_of_photos(path + "/more") is None


def test_the_page_is_let_in_whatever_there_is_to_do_and_a_photo_that_is_posted_there_waits_like_all() -> None:
    assert takes_photos("POST", "/\n")
    assert [takes_photos(method, "/") for method in ("GET", "HEAD", "POST")] == [False, False, True]


@pytest.mark.parametrize(
    ("preferences", "seconds"),
    [
        ([], math.inf),
        (["wait=2"], 2.0),
        (["respond-async, wait=10"], 10.0),
        (["Wait = 0.25"], 0.25),
        (['wait="3"; x=1', "wait=7"], 3.0),
        (["await=2"], math.inf),
        (["wait=soon"], math.inf),
        (["wait=-1"], math.inf),
        (["wait="], math.inf),
    ],
)
def test_how_long_a_client_waits_is_read_from_prefer(preferences: list[str], seconds: float) -> None:
    assert asked_wait_s(preferences) == seconds


@given(st.lists(st.text(max_size=60), max_size=3))
def test_any_preference_is_read_as_some_time(preferences: list[str]) -> None:
    assert asked_wait_s(preferences) >= 0
