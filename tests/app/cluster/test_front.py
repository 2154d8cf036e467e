"""What stands around Ray Serve's proxies, around proxies here whose replicas die as often as a test wants."""

import contextlib
from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from app.cluster import front
from app.cluster.front import TRIES, Front
from app.errors import DeadlinePassed, NotReady, ServiceError
from app.failures import ReplicaLost
from app.security_headers import ALWAYS
from tests.app.conftest import problem_of
from tests.app.loopback import on_loopback

BODY = bytes(range(256)) * 4096  # comes in several messages


class Dying:
    """Reads the whole body, and ends without an answer so many times; then it tells what it read."""

    def __init__(self, deaths: int) -> None:
        self.deaths, self.asked = deaths, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked += 1
        body, more = b"", True
        while more:
            message: Message = await receive()
            assert message["type"] == "http.request"
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if self.asked > self.deaths:
            headers = [
                *ALWAYS,
                (b"X-Request-Id", b"replica"),
                (b"X-Request-ID", b"proxy"),
                (b"x-tries", b"%d" % self.asked),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def behind_the_front(deaths: int) -> Iterator[tuple[Dying, Front, httpx.Client]]:
    proxy = Dying(deaths)
    around = Front(proxy)
    with on_loopback(around) as client:
        yield proxy, around, client


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "PAUSE_S", 0.001)


@pytest.mark.parametrize("deaths", [0, 1, TRIES - 1])
@pytest.mark.parametrize("path", ["/predict", "/v2/models/cat/infer", "/"])
def test_a_photo_goes_to_replica_after_replica_until_one_lives(deaths: int, path: str) -> None:
    with behind_the_front(deaths) as (_, around, client):
        response = client.post(path, content=BODY)
    assert response.content == BODY
    assert int(response.headers["x-tries"]) == deaths + 1
    assert around.kept == 0


def test_an_answer_keeps_the_replicas_id_and_not_the_proxys() -> None:
    with behind_the_front(0) as (_, _, client):
        assert client.get("/layers").headers.get_list("x-request-id") == ["replica"]


def test_when_all_die_that_is_a_problem_and_says_when_to_ask_again() -> None:
    with behind_the_front(2 * TRIES) as (proxy, around, client):
        response = client.post("/predict", content=BODY)
        problem_of(response, ReplicaLost)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert proxy.asked == TRIES
        assert list(client.post("/v2/models/cat/infer").json()) == ["error"]  # as its clients read it
    assert around.kept == 0


def test_what_may_have_been_done_is_not_done_twice() -> None:
    with behind_the_front(1) as (proxy, _, client):
        problem_of(client.post("/admin/models/promote?version=2"), ReplicaLost)
        assert proxy.asked == 1
        assert client.get("/models").status_code == 200


def test_what_is_too_much_to_be_kept_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "KEPT_BYTES", len(BODY))
    with behind_the_front(1) as (proxy, around, client):
        problem_of(client.post("/predict", content=BODY + b"!"), ReplicaLost)
        assert proxy.asked == 1
        assert around.kept == 0
        assert client.post("/predict", content=BODY).content == BODY
    with behind_the_front(1) as (proxy, _, client):
        assert client.post("/predict", content=BODY).content == BODY
        assert proxy.asked == 2


def test_many_requests_share_what_may_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "KEPT_BYTES", len(BODY))
    with behind_the_front(1) as (proxy, around, client):
        around.kept = 1  # another's
        problem_of(client.post("/predict", content=BODY), ReplicaLost)
        assert (proxy.asked, around.kept) == (1, 1)


@pytest.mark.parametrize(("status", "expected"), [(404, NotReady), (503, NotReady), (408, DeadlinePassed)])
def test_what_ray_serve_says_itself_becomes_a_problem_document(status: int, expected: type[ServiceError]) -> None:
    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("Path not found", status)(scope, receive, send)

    with on_loopback(Front(proxy)) as client:
        problem_of(client.post("/predict", content=BODY), expected)
        assert client.get("/-/healthz").text == "Path not found"
