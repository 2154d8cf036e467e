"""Who is let in where the settings name keys."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.access.key_holders import is_open
from app.access.refusals import AdminClosed, KeyWrong, RateExceeded
from app.keys import Keys, hash_of, new_key
from app.problems import PLAIN
from app.settings import Settings
from tests.app.conftest import answer_of, problem_of, serving, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.registry.operating import KEY as ADMIN_KEY
from tests.app.registry.operating import KEYS as ADMIN_KEYS
from tests.app.test_administrators import WRONG
from tests.app.test_docs import ROUTES

KEY = new_key()
KEYS = Keys.parse(f"ann:{hash_of(KEY).hex()},ben:{hash_of(new_key()).hex()}")
RIGHT = {
    "Bearer": {"authorization": f"Bearer {KEY}"},
    "bearer": {"authorization": f"bearer   {KEY}"},
    "X-Api-Key": {"x-api-key": KEY},
    "X-Api-Key behind a proxy with a password": {"x-api-key": KEY, "authorization": "Basic YTpi"},
    "an administrator's": {"x-api-key": ADMIN_KEY},
}
OPEN = [
    "/", "/page/main.js", "/docs", "/openapi.json", "/static-offline-docs/swagger-ui.css", "/health/live",
    "/health/ready", "/v2/health/live", "/v2/health/ready", "/metrics",
]  # fmt: skip
RATE = 1_000_000


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service with keys and rates that nobody reaches."""
    settings = Settings(
        store=tmp_path_factory.mktemp("keys") / "photos.sqlite", api_keys=KEYS, admin_keys=ADMIN_KEYS, rate_per_key=RATE
    )
    with serving(settings) as client:
        wait_until_ready(client)
        yield client


@pytest.mark.parametrize("path", OPEN)
def test_what_says_nothing_of_anybody_is_open(keyed: httpx.Client, path: str) -> None:
    for method in ("GET", "HEAD"):
        assert keyed.request(method, path).status_code in (200, 405)
    assert keyed.post(path).status_code == 401


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_every_other_path_wants_a_key(keyed: httpx.Client, method: str, path: str) -> None:
    if path in OPEN:
        return
    response = keyed.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    if PLAIN.match(path):
        assert response.json() == {"error": response.json()["error"]}
    else:
        assert problem_of(response, KeyWrong)["detail"].endswith("received: no key")


@pytest.mark.parametrize(
    "path", ["/nothing", "/%2e%2e/predict", "/page/../predict", "/health/../models", "/health/live%0a", "/metrics/x"]
)
def test_no_way_of_writing_a_path_leads_around_the_key(keyed: httpx.Client, path: str) -> None:
    url = httpx.URL(str(keyed.base_url)).copy_with(raw_path=path.encode())
    assert keyed.get(url).status_code in (401, 404)


@pytest.mark.parametrize("wrong", WRONG)
def test_with_another_key_nobody_is_let_in(keyed: httpx.Client, wrong: str, chelsea: bytes) -> None:
    headers = {name: value.replace(ADMIN_KEY, KEY) for name, value in WRONG[wrong].items()}
    problem = problem_of(keyed.post("/predict", content=chelsea, headers=headers), KeyWrong)
    assert KEY not in str(problem)


@pytest.mark.parametrize("right", RIGHT)
def test_with_a_key_its_holder_is_let_in(keyed: httpx.Client, right: str, chelsea: bytes) -> None:
    assert keyed.post("/predict", content=chelsea, headers=RIGHT[right]).status_code == 200
    assert keyed.get("/models", headers=RIGHT[right]).status_code == 200


def test_a_key_for_asking_is_none_for_changing_what_answers(keyed: httpx.Client) -> None:
    problem = problem_of(keyed.post("/admin/models/cat/rollback", headers={"x-api-key": KEY}), KeyWrong)
    assert problem["detail"].endswith("received: another key")
    assert keyed.post("/admin/models/cat/rollback", headers={"x-api-key": ADMIN_KEY}).status_code == 409


def test_without_a_key_nothing_of_the_body_is_read(keyed: httpx.Client) -> None:
    host, port = keyed.base_url.host, keyed.base_url.port
    with socket.create_connection((host, port), PATIENCE) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_the_document_says_which_paths_want_a_key_and_which_count_photos(keyed: httpx.Client) -> None:
    document: dict[str, Any] = keyed.get("/openapi.json").json()
    assert {"HTTPBearer", "APIKeyHeader"} <= set(document["components"]["securitySchemes"])
    for method, path in ROUTES:
        operation = document["paths"][path][method]
        asks = "security" in operation
        assert asks == (not is_open(method.upper(), path)) == (path not in OPEN)
        assert (f"`{KeyWrong.code}`" in operation["responses"].get("401", {}).get("description", "")) == asks
    counted = {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if f"`{RateExceeded.code}`" in operation["responses"].get("429", {}).get("description", "")
    }
    assert {"/predict", "/predict/batch", "/feature-maps", "/hf", "/v2/models/{model}/infer"} <= counted
    assert not counted & {"/models", "/layers", "/health/live"}


def test_without_keys_and_rates_nothing_is_different(client: httpx.Client, chelsea: bytes) -> None:
    assert answer_of(client, chelsea)
    for headers in WRONG.values():
        response = client.post("/predict", content=chelsea, headers=headers)
        assert response.status_code == 200
        assert not [name for name in response.headers if "ratelimit" in name]
    problem_of(client.post("/admin/models/cat/rollback", headers={"x-api-key": KEY}), AdminClosed)
    document = client.get("/openapi.json").json()
    for path, method in [("/predict", "post"), ("/feature-maps", "get"), ("/v2/models/{model}/infer", "post")]:
        operation = document["paths"][path][method]
        assert "security" not in operation
        assert "401" not in operation["responses"]
    assert RateExceeded.code not in str(document)
