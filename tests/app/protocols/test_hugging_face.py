"""Hugging Face's InferenceClient at a real server, as its users call it, and what it cannot be made to send."""

import base64
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import BadRequestError, HfHubHTTPError
from PIL import Image

from tests.app.conftest import STRICT_BYTES, answer_of
from tests.app.routes.test_models import wait_until_available
from tests.conftest import encoded

ROUNDING = 1e-5
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def asking(client: httpx.Client, place: str = "hf") -> InferenceClient:
    return InferenceClient(model=str(client.base_url.join(place)))


def pairs(elements: Any) -> list[tuple[str, float]]:
    return [(element.label, element.score) for element in elements]


def expected(client: httpx.Client, photo: bytes, number: str = "score", model: str = "cat") -> list[tuple[str, Any]]:
    """What POST /predict says of each class, the best first."""
    rows = client.post("/predict", content=photo, params={"model": model}).json()["predictions"]
    ranked = sorted(((row["label"], row[number]) for row in rows), key=lambda pair: -pair[1])
    return [(label, pytest.approx(value, abs=ROUNDING)) for label, value in ranked]


@pytest.mark.parametrize("place", ["hf", ""])
def test_a_path_and_bytes_are_classified(client: httpx.Client, chelsea: bytes, tmp_path: Path, place: str) -> None:
    file = tmp_path / "cat.jpg"
    file.write_bytes(chelsea)
    asked, wanted = asking(client, place), expected(client, chelsea)
    for image in (str(file), file, chelsea):
        assert pairs(asked.image_classification(image)) == wanted
    for top_k in (1, 2, 100):
        assert pairs(asked.image_classification(chelsea, top_k=top_k)) == wanted[:top_k]


def test_scores_are_softmax_sigmoid_or_plain_logits(client: httpx.Client, chelsea: bytes) -> None:
    asked = asking(client)
    assert pairs(asked.image_classification(chelsea, function_to_apply="softmax")) == expected(client, chelsea)
    assert pairs(asked.image_classification(chelsea, function_to_apply="none")) == expected(client, chelsea, "logit")
    logits = {row["label"]: row["logit"] for row in answer_of(client, chelsea)["predictions"]}
    for label, score in pairs(asked.image_classification(chelsea, function_to_apply="sigmoid")):
        assert score == pytest.approx(1 / (1 + np.exp(-logits[label])), abs=ROUNDING)


def test_another_model_is_named_in_the_url(client: httpx.Client, chelsea: bytes) -> None:
    wait_until_available(client, "dense")
    found = asking(client, "hf?model=dense").image_classification(chelsea)
    assert pairs(found) == expected(client, chelsea, model="dense")
    assert pairs(found) != expected(client, chelsea)


def test_a_refusal_is_its_own_error_in_our_words(client: httpx.Client, chelsea: bytes) -> None:
    with pytest.raises(BadRequestError, match="Expected an image"):
        asking(client).image_classification(b"a cat")
    with pytest.raises(BadRequestError, match=r"parameters\.top_k: .* greater than or equal to 1; received: '0'"):
        asking(client).image_classification(chelsea, top_k=0)
    with pytest.raises(HfHubHTTPError, match="Expected one of cat"):
        asking(client, "hf?model=lion").image_classification(chelsea)


@pytest.mark.parametrize("path", ["/hf", "/"])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, 'Expected {"inputs": "…base64…"}; received: an object without it'),
        ([], "received: an array"),
        ({"inputs": ["QUJD"]}, "Expected base64 as a string; received: an array"),
        ({"inputs": "https://cats.example/cat.jpg"}, "no other URL is fetched"),
        ({"inputs": "QUJD", "parameters": 1}, "parameters: "),
        ({"inputs": "QUJD", "parameters": {"top_k": "2"}}, "parameters.top_k: "),
        ({"inputs": "QUJD", "parameters": {"top_k": True}}, "parameters.top_k: "),
        ({"inputs": "QUJD", "parameters": {"function_to_apply": "relu"}}, "parameters.function_to_apply: "),
        ({"inputs": "QUJD"}, "Expected an image, one of "),
    ],
)
def test_other_json_is_refused_as_this_protocol_s_clients_read_it(
    client: httpx.Client, path: str, body: Any, sentence: str
) -> None:
    response = client.post(path, json=body)
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert sentence in response.json()["error"]


def test_unknown_parameters_and_nulls_are_left_out(client: httpx.Client, chelsea: bytes) -> None:
    inputs = base64.b64encode(chelsea).decode()
    wanted = client.post("/hf", content=chelsea).json()
    for parameters in (None, {}, {"top_k": None, "function_to_apply": None}, {"candidate_labels": ["cat"]}):
        body = {"inputs": inputs, "parameters": parameters, "options": {"wait_for_model": True}}
        found = client.post("/hf", json=body).json()
        assert [row["label"] for row in found] == [row["label"] for row in wanted]


def test_nothing_is_no_photo(client: httpx.Client) -> None:
    for path in ("/hf", "/"):
        response = client.post(path)
        assert response.status_code == 400
        assert "Expected a photo as the raw body" in response.json()["error"]


def test_a_body_may_be_as_long_as_is_allowed(strict: httpx.Client) -> None:
    photo = encoded(Image.new("RGB", (3, 3)), "PNG")
    body = b'{"inputs": "%b"}' % base64.b64encode(photo)
    for content, headers in ((photo.ljust(STRICT_BYTES, b"\0"), {}), (body.ljust(STRICT_BYTES), JSON)):
        assert strict.post("/hf", content=content, headers=headers).status_code == 200
        over = strict.post("/hf", content=content + b" ", headers=headers)
        assert (over.status_code, list(over.json())) == (413, ["error"])


def test_nothing_of_such_a_photo_is_kept(client: httpx.Client) -> None:
    photo = encoded(Image.new("RGB", (5, 3), (3, 2, 1)), "PNG")
    answer = client.post("/predict", content=photo, headers={"cache-control": "no-store"}).json()
    assert client.post("/hf", content=photo).status_code == 200
    assert client.get("/feature-maps", params={"image_id": answer["image_id"]}).status_code == 404
