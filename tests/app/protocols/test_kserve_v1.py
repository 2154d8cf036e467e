"""KServe's own client with its protocol V1, which is TensorFlow Serving's and a word more."""

import base64
from typing import Any

import httpx
import pytest

from model.manifest import Manifest
from tests.app.protocols.kserve_environment import in_kserve
from tests.app.protocols.test_tensorflow_serving import ROUNDING, numbers
from tests.conftest import encoded, photo_of

SCRIPT = """
import asyncio, json, sys
from kserve import InferenceRESTClient, RESTConfig

async def main(url, *photos):
    client = InferenceRESTClient(RESTConfig(protocol="v1", timeout=300))
    said = {}
    said["live"] = await client.is_server_live(url, headers={"Accept": "application/json"})
    said["ready"] = await client.is_model_ready(url, "cat")
    rows = [{"b64": photo} for photo in photos]
    said["row"] = await client.infer(url, {"instances": rows}, model_name="cat")
    said["column"] = await client.infer(url, {"inputs": {"image": rows}}, model_name="cat")
    for name, model, body in (("bad", "cat", {"instances": [{"b64": "!"}]}), ("unknown", "lion", {"instances": rows})):
        try:
            await client.infer(url, body, model_name=model)
        except Exception as error:
            said[name] = str(error)
    await client.close()
    print(json.dumps(said))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def photos(chelsea: bytes) -> list[bytes]:
    return [chelsea, encoded(photo_of("coffee"), "JPEG")]


@pytest.fixture(scope="module")
def told(client: httpx.Client, photos: list[bytes]) -> Any:
    """What the client was told by the service."""
    return in_kserve(SCRIPT, str(client.base_url), *(base64.b64encode(photo).decode() for photo in photos))


def test_the_server_lives_and_the_model_is_ready(told: Any) -> None:
    assert (told["live"], told["ready"]) == (True, True)


def test_photos_are_answered_in_rows_and_columns(
    told: Any, client: httpx.Client, photos: list[bytes], manifest: Manifest
) -> None:
    for rows in (told["row"]["predictions"], told["column"]["outputs"]):
        for row, photo in zip(rows, photos, strict=True):
            assert row == pytest.approx(numbers(client, photo, manifest), abs=ROUNDING)


def test_a_refusal_is_in_our_words(told: Any) -> None:
    assert "instances[0]: Expected base64" in told["bad"]
    assert "'400 Bad Request'" in told["bad"]
    assert "received: 'lion'" in told["unknown"]
    assert "'404 Not Found'" in told["unknown"]


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, application/json"])
def test_a_browser_and_whoever_takes_anything_get_the_page(client: httpx.Client, accept: str) -> None:
    response = client.get("/", headers={"accept": accept})
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/html;q=0.5", "application/*"])
def test_who_would_rather_have_json_is_told_that_the_server_lives(client: httpx.Client, accept: str) -> None:
    response = client.get("/", headers={"accept": accept})
    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert response.headers["vary"] == "Accept"
