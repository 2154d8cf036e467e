import asyncio
import queue
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.observing.observed import CLIENT_GONE, OTHER, Observation, Observed
from tests.app.loopback import PATIENCE, half_a_request, on_loopback
from tests.app.observing.observed_app import CHUNKS, EARLY, STAGES, observed_app

Seen = queue.Queue[Observation]


@pytest.fixture(scope="module")
def seen() -> Seen:
    return queue.Queue()


@pytest.fixture(scope="module")
def observed(seen: Seen) -> Iterator[httpx.Client]:
    with on_loopback(observed_app([seen.put])) as client:
        yield client


def test_an_answer_is_observed_with_its_sizes_and_what_the_route_left(observed: httpx.Client, seen: Seen) -> None:
    response = observed.post("/read", content=b"x" * 1000)
    observation = seen.get(timeout=PATIENCE)
    assert (observation.method, observation.route, observation.status) == ("POST", "/read", 200)
    assert observation.bytes_in == 1000
    assert observation.bytes_out == len(response.content)
    assert observation.timings == STAGES
    assert observation.problem is None
    assert 0 < observation.duration_s < PATIENCE
    assert not observation.client_gone


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/things/a", "/things/{name}", 200),
        ("GET", "/things/b?c=d", "/things/{name}", 200),
        ("DELETE", "/things/a", "/things/{name}", 405),
        ("GET", "/nothing/here", OTHER, 404),
        ("GET", "/read/", OTHER, 307),
        ("GET", EARLY, EARLY, 404),
    ],
)
def test_the_route_is_the_template_and_never_what_a_client_makes_up(
    observed: httpx.Client, seen: Seen, method: str, path: str, route: str, status: int
) -> None:
    observed.request(method, path)
    observation = seen.get(timeout=PATIENCE)
    assert (observation.route, observation.status) == (route, status)


@pytest.mark.parametrize("asked", ["a", "A.b_c-9", "x" * 64])
def test_a_good_request_id_is_kept(observed: httpx.Client, seen: Seen, asked: str) -> None:
    response = observed.get("/things/a", headers={"X-Request-Id": asked})
    assert response.headers["x-request-id"] == asked
    assert response.json() == ["a", asked]
    assert seen.get(timeout=PATIENCE).request_id == asked


@pytest.mark.parametrize("asked", [None, "", "x" * 65, "two words", "ä", 'a"b', "a\tb"])
def test_any_other_request_gets_a_new_id(observed: httpx.Client, seen: Seen, asked: str | None) -> None:
    headers = {} if asked is None else {b"X-Request-Id": asked.encode()}
    ids = [observed.get("/things/a", headers=headers).headers["x-request-id"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
    assert ids == [seen.get(timeout=PATIENCE).request_id for _ in ids]
    assert ids[0] != ids[1]


def test_a_stream_passes_as_it_is(observed: httpx.Client, seen: Seen) -> None:
    response = observed.get("/stream")
    assert response.content == b"".join(CHUNKS)
    assert response.headers["transfer-encoding"] == "chunked"
    observation = seen.get(timeout=PATIENCE)
    assert observation.bytes_out == len(response.content)
    assert not observation.client_gone  # though Starlette has asked, and been told, when nothing more was to come


def test_a_refusal_is_observed_with_its_code(observed: httpx.Client, seen: Seen) -> None:
    observed.get("/refused")
    observation = seen.get(timeout=PATIENCE)
    assert (observation.status, observation.problem) == (404, "image_unknown")


def test_a_failure_is_a_500_and_answered_with_an_id(observed: httpx.Client, seen: Seen) -> None:
    response = observed.get("/failing")
    assert response.status_code == 500
    observation = seen.get(timeout=PATIENCE)
    assert (observation.route, observation.status) == ("/failing", 500)
    assert response.headers["x-request-id"] == observation.request_id


def test_a_client_that_goes_away_is_observed(observed: httpx.Client, seen: Seen) -> None:
    half_a_request(observed, b"POST /read HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nonly this")
    observation = seen.get(timeout=PATIENCE)
    assert observation.client_gone
    assert (observation.route, observation.status) == ("/read", CLIENT_GONE)
    assert observation.bytes_in == len("only this")


def ended(inner: Any, kind: str = "http") -> tuple[list[Observation], list[Message], BaseException | None]:
    """What an application comes to without a server: what was observed, what was sent and what was raised."""
    seen: list[Observation] = []
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": kind, "method": "GET", "path": "/", "query_string": b"", "headers": []}
    try:
        asyncio.run(Observed(inner, [seen.append])(scope, receive, send))
    except BaseException as error:
        return seen, sent, error
    return seen, sent, None


async def raising(_: Scope, __: Receive, ___: Send) -> None:
    raise KeyError("anything")


async def cancelled(_: Scope, __: Receive, ___: Send) -> None:
    raise asyncio.CancelledError


async def failing_late(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    raise KeyError("anything")


@pytest.mark.parametrize(
    ("inner", "error", "status"),
    [(raising, KeyError, 500), (cancelled, asyncio.CancelledError, 500), (failing_late, KeyError, 200)],
)
def test_what_the_application_raises_goes_on_and_is_observed(
    inner: Any, error: type[BaseException], status: int
) -> None:
    (observation,), _, raised = ended(inner)
    assert type(raised) is error
    assert observation.status == status


def test_what_is_no_request_passes_untouched() -> None:
    async def inner(scope: Scope, _: Receive, send: Send) -> None:
        assert "state" not in scope
        await send({"type": "lifespan.startup.complete"})

    assert ended(inner, "lifespan") == ([], [{"type": "lifespan.startup.complete"}], None)
