"""Models by their names, and versions loaded and let go of, on a server with several small networks."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import tritonclient.http
from tritonclient.utils import InferenceServerException

from app.keys import Keys, hash_of
from app.settings import Settings
from tests.app.conftest import serving, wait_until_ready
from tests.app.protocols.open_inference.bodies import image, infer, outputs_of
from tests.app.registry.versions_on_disk import probabilities, small_version
from tests.app.routes.test_models import wait_until_available
from tests.conftest import encoded, photo_of

KEY = "a key"
BEARER = {"Authorization": f"Bearer {KEY}"}
LOGITS = {1: [3.0, 1.0], 2: [0.0, 2.0]}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks a service with the models `x`, of two versions, one of which came later, `x-tensor` and `broken`."""
    folder = tmp_path_factory.mktemp("small")
    for version in (2, 1):
        small_version(folder / "models", "x", version, LOGITS[version])
    small_version(folder / "models", "x-tensor", 1, [5.0, 0.0, 0.0])
    (folder / "models" / "broken" / "1").mkdir(parents=True)
    (folder / "models" / "x" / "2").rename(folder / "later")
    keys = Keys.parse(f"tests:{hash_of(KEY).hex()}")
    settings = Settings(store=folder / "photos.sqlite", models=folder / "models", model="x", admin_keys=keys)
    with serving(settings) as client:
        wait_until_ready(client)
        wait_until_available(client, "x-tensor")
        (folder / "later").rename(folder / "models" / "x" / "2")
        yield client


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(photo_of("coffee").resize((40, 30)), "PNG")


def index(client: httpx.Client, **asked: bool) -> dict[tuple[str, str], tuple[str, str]]:
    """State and reason by name and version."""
    response = client.post("/v2/repository/index", json=asked)
    assert response.status_code == 200, response.text
    return {(each["name"], each["version"]): (each["state"], each["reason"]) for each in response.json()}


def test_a_models_own_name_goes_before_a_derived_one(small: httpx.Client, photo: bytes) -> None:
    inputs = {
        name: small.get(f"/v2/models/{name}").json()["inputs"][0]["name"] for name in ("x", "x-tensor", "x-features")
    }
    assert inputs == {"x": "image", "x-tensor": "image", "x-features": "image"}
    assert small.get("/v2/models/x-tensor-tensor").json()["inputs"][0]["name"] == "images"
    own = outputs_of(infer(small, "x-tensor", image([photo])))["probabilities"]
    assert own[0] == pytest.approx(probabilities([5.0, 0.0, 0.0]))
    assert small.get("/v2/models/x-features-tensor/ready").status_code == 404


def test_the_index_lists_what_is_there_and_why_something_is_not(small: httpx.Client) -> None:
    names = ["x", "x-features", "x-tensor", "x-tensor-tensor", "x-tensor-features"]
    found = index(small)
    for name in names:
        assert found[name, "1"] == ("READY", "")
    for name in ("x", "x-features"):
        assert found[name, "2"] == ("UNAVAILABLE", "not loaded")
    state, reason = found["broken", "1"]
    assert state == "UNAVAILABLE"
    assert "there is none" in reason
    assert index(small, ready=True) == {(name, "1"): ("READY", "") for name in names}
    assert small.get("/v2/models/broken/ready").status_code == 503
    assert {each["name"] for each in small.post("/v2/repository/index").json()} >= set(names)  # no body at all


@pytest.mark.parametrize("change", ["load", "unload"])
def test_only_who_holds_a_key_may_change_what_answers(small: httpx.Client, client: httpx.Client, change: str) -> None:
    path = f"/v2/repository/models/x/{change}"
    for headers in ({}, {"Authorization": "Bearer another"}, {"X-Api-Key": "another"}):
        response = small.post(path, headers=headers)
        assert response.status_code == 401
        assert response.json()["error"].startswith("The key is missing or wrong. Expected ")
    closed = client.post(f"/v2/repository/models/cat/{change}", headers=BEARER)
    assert closed.status_code == 403
    assert "Expected CATSCAN_ADMIN_KEYS to be set" in closed.json()["error"]


WRONG: list[tuple[str, dict[str, Any], int, str]] = [
    ("lion/load", {}, 404, "received: 'lion'"),
    ("x/load?version=9", {}, 404, "received: 9"),
    ("x/load?version=0", {}, 400, "version: "),
    ("x/load", {"json": {"parameters": {"config": "{}"}}}, 400, "config: expected a version that is in the folder"),
    ("x/load", {"json": {"parameters": {"file:1/model": "YQ=="}}}, 400, "file:1/model: expected a version"),
    ("x/load", {"json": []}, 400, "Expected JSON as the protocol has it"),
    ("x/load", {"content": b"{"}, 400, "Expected JSON; received"),
    ("x/unload", {"content": b"{"}, 400, "Expected JSON; received"),
    ("lion/unload", {}, 404, "received: 'lion'"),
    ("x/unload", {}, 409, "received: 1, which is stable"),
    ("x/unload?version=2", {}, 404, "Expected a version of x that is loaded: 1; received: 2"),
]


@pytest.mark.parametrize(
    ("path", "options", "status", "sentence"), WRONG, ids=[f"{path} {said}" for path, _, _, said in WRONG]
)
def test_what_cannot_be_changed_is_told(
    small: httpx.Client, path: str, options: dict[str, Any], status: int, sentence: str
) -> None:
    response = small.post(f"/v2/repository/models/{path}", headers=BEARER, **options)
    assert response.status_code == status
    assert sentence in response.json()["error"]
    assert small.get("/v2/models/x").json()["versions"] == ["1"]


def test_tritons_client_loads_the_newest_version_which_then_answers_and_lets_go_of_another(
    small: httpx.Client, photo: bytes
) -> None:
    def answer() -> list[float]:
        (row,) = outputs_of(infer(small, "x", image([photo])))["probabilities"].tolist()
        assert isinstance(row, list)
        return row

    assert answer() == pytest.approx(probabilities(LOGITS[1]))
    with tritonclient.http.InferenceServerClient(
        f"{small.base_url.host}:{small.base_url.port}", network_timeout=300
    ) as triton:
        with pytest.raises(InferenceServerException, match="The key is missing or wrong"):
            triton.load_model("x")
        triton.load_model("x-features", headers=BEARER)
        assert answer() == pytest.approx(probabilities(LOGITS[2]))
        assert triton.is_model_ready("x", "1")
        assert index(small)["x", "1"] == index(small)["x", "2"] == ("READY", "")
        triton.unload_model("x", headers=BEARER, query_params={"version": 1})
        assert not triton.is_model_ready("x", "1")
        with pytest.raises(InferenceServerException, match="received: 2, which is stable"):
            triton.unload_model("x", headers=BEARER)
        triton.load_model("x", headers=BEARER, query_params={"version": 1})
        assert answer() == pytest.approx(probabilities(LOGITS[1]))
        triton.unload_model("x", headers=BEARER, query_params={"version": 2})
        assert index(small)["x", "2"] == ("UNAVAILABLE", "not loaded")
