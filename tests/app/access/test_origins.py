"""Which web pages from elsewhere may ask: none, but those that the settings name."""

from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.origins import ANSWERED, ASKED, METHODS, Origins, origin_of
from app.keys import hash_of
from app.settings import Settings, SettingsInvalid, load_settings
from tests.app.conftest import answer_of, serving, wait_until_ready
from tests.app.protocols.open_inference.bodies import image, infer, wanted

PAGE, OTHER = "https://cats.example", "https://dogs.example"
KEY = "k" * 43
HARMLESS = {  # what any page may read, or no page: connections', browsers' and ours for browsers
    "cache-control", "connection", "content-encoding", "content-length", "content-security-policy", "content-type",
    "cross-origin-resource-policy", "date", "expires", "last-modified", "pragma", "referrer-policy",
    "server", "transfer-encoding", "vary", "x-content-type-options",
}  # fmt: skip


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example", "http://localhost:3000", "http://127.0.0.1:8000", "http://[::1]:8000",
        "https://xn--bcher-kva.example", "https://a.example:80",
    ],
)  # fmt: skip
def test_an_origin_as_browsers_send_it_is_taken(origin: str) -> None:
    assert Origins.of(origin).exact == (origin,)
    assert Origins.of(f" {origin}, {PAGE},{origin}").exact == (origin, PAGE)


@pytest.mark.parametrize(
    "text",
    [
        "*", "null", "a.example", "https://*.example", "https://a.example/", "https://a.example/page", "HTTPS://a.example",
        "https://A.example", "https://a.example:443", "http://a.example:80", "https://ann:secret@a.example",
        "ftp://a.example", "https://", "https://a.example:0x50", "https://a.example:99999", "https://bücher.example",
        "https://a.example?x", "https://a.example#x", "https://a b.example", "http://[::1",
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"exact origins .*; unlike part 2"):
        Origins.of(f"{PAGE},{text}")


def test_the_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATSCAN_CORS_ORIGINS", PAGE)
    assert load_settings().cors_origins == Origins((PAGE,))
    monkeypatch.setenv("CATSCAN_CORS_ORIGINS", "*")
    with pytest.raises(SettingsInvalid, match=r"^CATSCAN_CORS_ORIGINS: .*exact origins.*; received: '\*'$"):
        load_settings()


@given(st.text())
def test_whatever_is_taken_is_an_origin_or_nothing(text: str) -> None:
    try:
        taken = Origins.of(text)
    except ValueError:
        return
    assert all(origin_of(origin) == origin and origin in text for origin in taken.exact)


def test_without_any_there_is_nothing_around_the_application(client: httpx.Client) -> None:
    answer = client.get("/layers", headers={"Origin": PAGE})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    before = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    assert client.options("/predict", headers=before).status_code == 405
    assert str(Origins()) == "none"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service that one page may ask, and that wants a key."""
    store = tmp_path_factory.mktemp("shared") / "photos.sqlite"
    given = {"store": store, "cors_origins": PAGE, "api_keys": f"ann:{hash_of(KEY).hex()}", "rate_per_key": 1000}
    with serving(Settings.model_validate(given)) as client:
        wait_until_ready(client)
        yield client


@pytest.mark.parametrize("method", METHODS)
def test_a_page_that_may_ask_may_ask_with_a_key(shared: httpx.Client, method: str) -> None:
    before = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(sorted(ASKED))}
    allowed = shared.options("/predict", headers={"Origin": PAGE, **before})
    assert allowed.status_code == 200  # though this question carries no key
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert method in allowed.headers["access-control-allow-methods"].split(", ")
    named = {name.lower() for name in allowed.headers["access-control-allow-headers"].split(", ")}
    assert {name.lower() for name in ASKED} <= named
    assert "access-control-allow-credentials" not in allowed.headers  # no cookie is looked at here


@pytest.mark.parametrize("origin", [OTHER, "null", f"{PAGE}.evil.example", "http://cats.example", f"{PAGE}:8443"])
def test_any_other_page_is_told_no(shared: httpx.Client, origin: str) -> None:
    before = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert shared.options("/predict", headers=before).status_code == 400
    for answer in (shared.options("/predict", headers=before), shared.get("/health/live", headers={"Origin": origin})):
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


def test_a_refusal_can_be_read_by_the_page_that_asked(shared: httpx.Client) -> None:
    refused = shared.get("/layers", headers={"Origin": PAGE})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == PAGE


def test_every_header_of_ours_can_be_read_by_it(shared: httpx.Client, chelsea: bytes) -> None:
    shared.headers["X-Api-Key"] = KEY
    photo = answer_of(shared, chelsea)["image_id"]
    maps = {"image_id": photo, "layer": "images"}
    answers = [
        shared.post("/predict", content=chelsea),
        shared.put("/predict"),
        shared.get("/cats"),
        shared.get("/page/main.js"),
        *(shared.get("/feature-maps", params={**maps, "format": form}) for form in ("png", "npy", "f32", "json")),
        shared.get("/layers/conv1/kernels", params={"format": "png"}),
        shared.get("/explanations", params={"image_id": photo, "method": "grad-cam", "format": "png"}),
        shared.get("/receptive-fields", params={"image_id": photo, "layer": "conv1", "y": "0", "x": "0"}),
        infer(shared, "cat", image([chelsea]), outputs=[wanted("probabilities", binary_data=True)]),
    ]
    assert [answer.status_code for answer in answers] == [200, 405, 404, *[200] * 9]
    told = {name for answer in answers for name in answer.headers}
    assert told - HARMLESS <= {name.lower() for name in ANSWERED}
    assert {"tensor-shape", "map-scale", "inference-header-content-length", "catscan-model", "ratelimit"} <= told
