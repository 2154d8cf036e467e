"""A client at services that cannot answer now: a loading one, one without room, and scripted ones."""

import asyncio
import contextlib
import io
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.scheduling.admitted import asked_wait_s
from app.settings import Settings
from catscan import Answer, AsyncClient, Client, NotReady, Overloaded, PhotoRefused, Retrying
from catscan.questions import models
from tests.app.conftest import serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.catscan.conftest import DAY_S, Script, problem, said

ONCE = Retrying(times=0)
PATIENT = Retrying(times=1_000, patience_s=PATIENCE)
NETWORK: dict[str, Any] = {
    "model": {"name": "cat", "version": 1, "digest": "9b"}, "input": {"height": 8, "width": 8}, "labels": ["cat"],
    "parameters": 0, "multiply_adds": 0, "layers": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that takes in one photo at a time."""
    store = tmp_path_factory.mktemp("narrow") / "photos.sqlite"
    with serving(Settings(store=store, queue_photos=1, lanes=1)) as http:
        wait_until_ready(http)
        yield http


@pytest.fixture(scope="module")
def slow_photo() -> bytes:
    """A PNG that takes a second or so to decode: as many pixels as are taken, in few bytes."""
    file = io.BytesIO()
    Image.new("RGB", (7_000, 7_000)).save(file, "PNG")
    return file.getvalue()


@contextlib.contextmanager
def without_room(http: httpx.Client, photo: bytes) -> Iterator[None]:
    """While this photo has the only place."""
    with socket.create_connection((http.base_url.host, http.base_url.port or 80), PATIENCE) as connection:
        head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: {len(photo)}\r\n\r\n"
        connection.sendall(head.encode() + photo)
        start = time.monotonic()
        while "catscan_photos_in_flight 1.0" not in http.get("/metrics").text:
            assert time.monotonic() - start < PATIENCE
        yield


def test_a_service_that_is_loading_is_waited_for(tmp_path: Path, chelsea: bytes) -> None:
    with serving(Settings(store=tmp_path / "photos.sqlite")) as http:
        with Client(str(http.base_url), timeout_s=DAY_S, retrying=ONCE) as client, pytest.raises(NotReady) as caught:
            client.predict(chelsea)
        assert (caught.value.code, caught.value.status) == ("not_ready", 503)
        with Client(str(http.base_url), timeout_s=DAY_S, retrying=PATIENT) as client:
            assert client.predict(chelsea).label == "cat"


def test_a_service_without_room_says_so(narrow: httpx.Client, chelsea: bytes, slow_photo: bytes) -> None:
    with Client(str(narrow.base_url), timeout_s=DAY_S, retrying=ONCE) as client, without_room(narrow, slow_photo):
        with pytest.raises(Overloaded) as caught:
            client.predict(chelsea)
        assert (caught.value.code, caught.value.status) == ("overloaded", 429)
        assert caught.value.facts["retry_after_s"] >= 1


def test_photos_that_come_together_are_all_answered_in_the_end(narrow: httpx.Client, chelsea: bytes) -> None:
    async def ask_many() -> list[Answer]:
        async with AsyncClient(str(narrow.base_url), timeout_s=DAY_S, retrying=PATIENT) as client:
            return await asyncio.gather(*(client.predict(chelsea) for _ in range(6)))

    assert [answer.label for answer in asyncio.run(ask_many())] == ["cat"] * 6


def test_a_client_comes_back_when_it_is_told_to(script: Script) -> None:
    refusals = [problem(429, "overloaded", retry_after="1"), problem(503, "not_ready", retry_after="0")]
    with script(*refusals, said(NETWORK)) as service, Client(service.url) as client:
        assert client.layers().labels == ("cat",)
    first, second, third = (heard.moment for heard in service.heard)
    assert second - first >= 1
    assert third - second < PATIENCE


def test_so_does_the_asynchronous_client(script: Script) -> None:
    async def ask(url: str) -> tuple[str, ...]:
        async with AsyncClient(url) as client:
            return (await client.layers()).labels

    with script(problem(429, "overloaded", retry_after="1"), said(NETWORK)) as service:
        assert asyncio.run(ask(service.url)) == ("cat",)
    first, second = (heard.moment for heard in service.heard)
    assert second - first >= 1


def test_a_photo_is_sent_anew_with_each_attempt(script: Script) -> None:
    with (
        script(problem(503, "not_ready", retry_after="0"), problem(422, "not_an_image")) as service,
        Client(service.url) as client,
        pytest.raises(PhotoRefused),
    ):
        client.predict(b"no cat")
    assert [(heard.method, heard.body) for heard in service.heard] == [("POST", b"no cat")] * 2


def test_what_is_wrong_with_a_photo_is_said_at_once(script: Script) -> None:
    with (
        script(problem(422, "photo_truncated", retry_after="0")) as service,
        Client(service.url) as client,
        pytest.raises(PhotoRefused),
    ):
        client.predict(b"half a cat")
    assert len(service.heard) == 1


def test_the_last_refusal_is_the_error_when_all_attempts_are_used_up(script: Script) -> None:
    retrying = Retrying(times=3, first_pause_s=0.01)
    with (
        script(problem(429, "overloaded", waiting=9)) as service,
        Client(service.url, retrying=retrying) as client,
        pytest.raises(Overloaded) as caught,
    ):
        client.layers()
    assert len(service.heard) == 1 + 3
    assert caught.value.facts == {"waiting": 9}


def test_a_service_is_told_how_long_its_client_waits(script: Script) -> None:
    with script(said(NETWORK)) as service, Client(f"{service.url}/below/it/", timeout_s=2.5) as client:
        client.layers()
    (heard,) = service.heard
    assert heard.headers["prefer"] == "wait=2.5"
    assert heard.path == "/below/it/layers"


@given(st.floats(1e-9, 1e8))
def test_any_timeout_is_read_by_the_service_as_it_was_meant(timeout_s: float) -> None:
    http = httpx.Client(verify=False)  # nothing is asked, and loading certificates takes long
    request = models().request(http, "http://localhost", timeout_s)
    http.close()
    assert asked_wait_s([request.headers["prefer"]]) == pytest.approx(max(timeout_s, 0.001), abs=0.0005)
    assert request.extensions["timeout"]["read"] > timeout_s
