"""A photo as base64 in JSON, wherever a photo may be posted."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from app.errors import Base64Malformed, BodyTooLarge, JsonInvalid, NotAnImage, PhotoMissing, ServiceError
from tests.app.conftest import STRICT_BYTES, answer_of, problem_of
from tests.app.loopback import PATIENCE
from tests.app.routes.test_predict import agree
from tests.conftest import encoded, photo_of

JSON = {"content-type": "application/json"}
SMALL = encoded(Image.new("RGB", (3, 3)), "PNG")


def post(client: httpx.Client, image: object, path: str = "/predict") -> httpx.Response:
    return client.post(path, json={"image": image})


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_a_photo_in_base64_is_the_same_photo(client: httpx.Client, chelsea: bytes, encode: Any, prefix: str) -> None:
    answer = post(client, prefix + encode(chelsea).decode()).json()
    assert agree(answer, answer_of(client, chelsea))
    assert client.get(answer["feature_maps"]).status_code == 200


def test_a_large_photo_is_too(client: httpx.Client) -> None:
    photo = encoded(photo_of("chelsea").resize((1804, 1200)), "PNG")
    assert len(photo) > 2**20
    assert agree(post(client, base64.b64encode(photo).decode()).json(), answer_of(client, photo))


@pytest.mark.parametrize("path", ["/feature-maps?layer=images&format=npy", "/preprocessing"])
def test_other_paths_take_it_as_well(client: httpx.Client, chelsea: bytes, path: str) -> None:
    raw, coded = client.post(path, content=chelsea), post(client, base64.b64encode(chelsea).decode(), path)
    assert coded.status_code == 200
    assert (coded.content, coded.headers["content-type"]) == (raw.content, raw.headers["content-type"])


def test_only_a_body_that_says_so_is_json(client: httpx.Client) -> None:
    body = json.dumps({"image": base64.b64encode(SMALL).decode()}).encode()
    for kind in ("application/json", "Application/JSON; charset=utf-8"):
        assert client.post("/predict", content=body, headers={"content-type": kind}).status_code == 200
    for kind in ("image/png", "application/x-www-form-urlencoded", "text/json"):
        problem_of(client.post("/predict", content=body, headers={"content-type": kind}), NotAnImage)


@pytest.mark.parametrize(
    ("image", "expected", "sentence"),
    [
        ("https://cats.example/cat.jpg", Base64Malformed, "no other URL is fetched; received: https:…"),
        ("file:///etc/passwd", Base64Malformed, "no other URL is fetched; received: file:…"),
        ("a cat!", Base64Malformed, "received: "),
        ("", PhotoMissing, "received: nothing"),
        (None, JsonInvalid, "Expected base64 as a string; received: null"),
        (base64.b64encode(b"a cat").decode(), NotAnImage, "Expected an image"),
    ],
)
def test_what_holds_no_photo_is_refused(
    client: httpx.Client, image: object, expected: type[ServiceError], sentence: str
) -> None:
    assert sentence in problem_of(post(client, image), expected)["detail"]


def test_a_body_may_be_as_long_as_is_allowed(strict: httpx.Client) -> None:
    body = b'{"image": "%b"}' % base64.b64encode(SMALL)
    assert strict.post("/predict", content=body.ljust(STRICT_BYTES), headers=JSON).status_code == 200
    problem_of(strict.post("/predict", content=body.ljust(STRICT_BYTES + 1), headers=JSON), BodyTooLarge)


def test_large_bodies_do_not_mix(client: httpx.Client) -> None:
    """They are read in threads."""
    photos = [encoded(photo_of("chelsea").rotate(angle).resize((902, 600)), "PNG") for angle in (0, 90, 180)]
    assert min(map(len, photos)) > 2**18

    async def ask_all() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=PATIENCE, trust_env=False) as asked:
            bodies = [{"image": base64.b64encode(photo).decode()} for photo in photos]
            return await asyncio.gather(*(asked.post("/predict", json=body) for body in bodies * 2))

    expected = [answer_of(client, photo) for photo in photos]
    assert all(agree(response.json(), expected[n % 3]) for n, response in enumerate(asyncio.run(ask_all())))
