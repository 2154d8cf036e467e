"""What answers of every kind tell a browser, over a socket."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.keys import hash_of
from app.main import create_app
from app.security_headers import ALWAYS, NO_PAGE, OF_NO_PAGE
from app.settings import Settings
from tests.app.conftest import STRICT_BYTES, Looker, wait_until_ready
from tests.app.loopback import PATIENCE, on_loopback

KEY = "k" * 43
AUTHORISED = {"X-Api-Key": KEY}
PAGES = "/", "/page/main.js", "/docs"
Ask = Callable[[httpx.Client], httpx.Response]
REFUSED: dict[str, tuple[int, Ask]] = {
    "a parameter": (400, lambda client: client.get("/feature-maps")),
    "a path": (404, lambda client: client.get("/cats")),
    "a file of the page": (404, lambda client: client.get("/page/cats.js")),
    "a method": (405, lambda client: client.put("/predict")),
    "a body": (413, lambda client: client.post("/predict", content=bytes(STRICT_BYTES + 1))),
    "no photo": (422, lambda client: client.post("/predict", content=b"<script>")),
    "TensorFlow Serving": (400, lambda client: client.post("/v1/models/cat:predict", content=b"{")),
    "Open Inference Protocol": (400, lambda client: client.post("/v2/models/cat/infer", content=b"{")),
    "Hugging Face": (400, lambda client: client.post("/hf", content=b"<script>")),
    "a deadline": (504, lambda client: client.post("/predict", content=b"a", headers={"Prefer": "wait=0.000001"})),
}


def check(response: httpx.Response, policy: str | None = NO_PAGE.decode()) -> None:
    """Each header is there once; without a policy, the answer is a page's and has its own."""
    for name, value in ALWAYS:
        assert response.headers.get_list(name.decode()) == [value.decode()]
    (told,) = response.headers.get_list("content-security-policy")
    assert told == policy or (policy is None and told != NO_PAGE.decode())
    assert "frame-ancestors 'none'" in told
    assert "default-src 'none'" in told


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_a_policy_of_its_own(client: httpx.Client, path: str) -> None:
    check(client.get(path), policy=None)
    check(client.head(path), policy=None)


def test_a_page_that_is_kept_has_it_too(client: httpx.Client) -> None:
    kept = client.get("/", headers={"If-None-Match": client.get("/").headers["etag"]})
    assert kept.status_code == 304
    check(kept, policy=None)


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/layers", "/health/live", "/health/ready", "/metrics", "/v2", "/v1/models/cat"]
)
def test_what_is_read_by_programs_runs_and_frames_nothing(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    check(response)


@pytest.mark.parametrize("wanted", ["png", "npy", "f32", "json"])
def test_so_does_a_layer_in_each_format(looker: Looker, wanted: str) -> None:
    check(looker.look(layer="images", format=wanted))


def test_so_does_a_prediction(client: httpx.Client, chelsea: bytes) -> None:
    check(client.post("/predict", content=chelsea))


@pytest.mark.parametrize("refused", REFUSED)
def test_so_does_each_refusal(strict: httpx.Client, refused: str) -> None:
    status, ask = REFUSED[refused]
    response = ask(strict)
    assert response.status_code == status
    check(response)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that wants a key, takes one photo a minute, and has a path that fails."""
    holder = f"ann:{hash_of(KEY).hex()}"
    store = tmp_path_factory.mktemp("guarded") / "photos.sqlite"
    app = create_app(Settings.model_validate({"store": store, "api_keys": holder, "rate_per_key": 1}))

    @app.get("/failing")
    async def failing() -> None:
        raise RuntimeError("this is meant to happen")

    with on_loopback(app) as client:
        wait_until_ready(client)
        yield client


def test_so_does_the_refusal_of_a_key_and_of_one_photo_too_many(guarded: httpx.Client, chelsea: bytes) -> None:
    assert guarded.post("/predict", content=chelsea).status_code == 401
    check(guarded.post("/predict", content=chelsea))
    answers = [guarded.post("/predict", content=chelsea, headers=AUTHORISED) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    for answer in answers:
        check(answer)


def test_so_does_a_failure_of_ours(guarded: httpx.Client) -> None:
    response = guarded.get("/failing", headers=AUTHORISED)
    assert response.status_code == 500
    check(response)


@pytest.mark.parametrize("request_text", [b"a cat\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + bytes(40_000)])
def test_so_does_the_refusal_of_what_is_no_request(client: httpx.Client, request_text: bytes) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), PATIENCE) as connection:
        connection.sendall(request_text)
        told = b"".join(iter(lambda: connection.recv(65_536), b"")).lower()
    for name, value in OF_NO_PAGE:
        assert told.count(b"\r\n%s: %s\r\n" % (name, value.lower())) == 1


def test_a_path_of_the_machine_is_in_no_header(client: httpx.Client) -> None:
    root = str(Path(__file__).resolve().parents[2])
    assert root not in str(client.get("/").headers) + str(client.get("/cats").headers)
