"""TensorFlow Serving's REST API at a real server: its numbers are those of POST /predict."""

import base64
import io
import re
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.errors import ModelUnknown, VersionUnknown
from app.protocols.tensorflow_serving_facts import status
from app.routes.models import ModelList, ServedModel, VersionFacts
from model.manifest import Manifest
from tests.app.conftest import STRICT_BYTES, answer_of
from tests.app.routes.test_models import wait_until_available
from tests.conftest import encoded, photo_of

PREDICT = "/v1/models/cat:predict"
ROUNDING = 1e-5  # float32 in batches of other sizes sums in another order
SMALL = encoded(Image.new("RGB", (3, 3), (200, 100, 0)), "PNG")


def b64(photo: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(photo).decode()}


def said(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def error_of(response: httpx.Response, status: int) -> str:
    """The sentence of a refusal, in the shape that clients of this protocol read."""
    assert (response.status_code, list(response.json())) == (status, ["error"])
    sentence: str = response.json()["error"]
    return sentence


def numbers(client: httpx.Client, photo: bytes, manifest: Manifest, name: str = "score") -> list[float]:
    """What POST /predict says, in the labels' order."""
    found = {row["label"]: row[name] for row in answer_of(client, photo)["predictions"]}
    return [found[label] for label in manifest.labels]


@pytest.fixture(scope="module")
def photos(chelsea: bytes) -> list[bytes]:
    return [chelsea, encoded(photo_of("coffee"), "PNG"), encoded(photo_of("rocket"), "WEBP")]


@pytest.fixture(scope="module")
def pixels(client: httpx.Client, chelsea: bytes) -> NDArray[np.uint8]:
    """What the network sees of the cat."""
    query = {"image_id": answer_of(client, chelsea)["image_id"], "layer": "images", "format": "npy"}
    seen: NDArray[np.uint8] = np.load(io.BytesIO(client.get("/feature-maps", params=query).content)).astype(np.uint8)
    return seen


def test_rows_of_files_get_a_row_of_probabilities_each(
    client: httpx.Client, photos: list[bytes], manifest: Manifest
) -> None:
    predictions = said(client.post(PREDICT, json={"instances": list(map(b64, photos))}))["predictions"]
    assert len(predictions) == len(photos)
    for row, photo in zip(predictions, photos, strict=True):
        assert row == pytest.approx(numbers(client, photo, manifest), abs=ROUNDING)


def test_columns_get_the_same_as_outputs(client: httpx.Client, photos: list[bytes], manifest: Manifest) -> None:
    for inputs in (list(map(b64, photos)), {"image": list(map(b64, photos))}):
        outputs = said(client.post(PREDICT, json={"inputs": inputs}))["outputs"]
        for row, photo in zip(outputs, photos, strict=True):
            assert row == pytest.approx(numbers(client, photo, manifest), abs=ROUNDING)


def test_pixels_get_what_the_photo_got_that_they_are_of(
    client: httpx.Client, chelsea: bytes, pixels: NDArray[np.uint8], manifest: Manifest
) -> None:
    expected = {
        "probabilities": pytest.approx(numbers(client, chelsea, manifest), abs=ROUNDING),
        "logits": pytest.approx(numbers(client, chelsea, manifest, "logit"), abs=ROUNDING),
    }
    array, other = pixels.tolist(), pixels[::-1].tolist()
    assert said(client.post(PREDICT, json={"instances": [array]}))["predictions"][0] == expected["probabilities"]
    rows = said(client.post(PREDICT, json={"instances": [other, array], "signature_name": "tensor"}))["predictions"]
    assert rows[1] == expected
    assert rows[0] != expected
    columns = said(client.post(PREDICT, json={"inputs": {"images": [array]}, "signature_name": "tensor"}))["outputs"]
    assert columns == {name: [row] for name, row in expected.items()}


def test_examples_are_classified_by_name_the_best_first(client: httpx.Client, photos: list[bytes]) -> None:
    body = {"examples": [{"image": b64(photo)} for photo in photos]}
    results = said(client.post("/v1/models/cat:classify", json=body))["results"]
    for result, photo in zip(results, photos, strict=True):
        expected = answer_of(client, photo)["predictions"]
        assert [label for label, _ in result] == [row["label"] for row in expected]
        assert [score for _, score in result] == pytest.approx([row["score"] for row in expected], abs=ROUNDING)


@pytest.mark.parametrize("verb", ["predict", "classify"])
def test_a_version_may_be_named_by_number_or_label_and_0_is_the_usual_one(
    client: httpx.Client, manifest: Manifest, verb: str
) -> None:
    body = {"instances": [b64(SMALL)], "examples": [{"image": b64(SMALL)}]}
    usual = said(client.post(f"/v1/models/cat:{verb}", json=body))
    for place in ("versions/0", f"versions/{manifest.version}", "labels/stable"):
        assert said(client.post(f"/v1/models/cat/{place}:{verb}", json=body)) == usual
    assert "canary" in error_of(client.post(f"/v1/models/cat/labels/canary:{verb}", json=body), 404)
    assert "999" in error_of(client.post(f"/v1/models/cat/versions/999:{verb}", json=body), 404)
    for wrong in ("labels/newest", "versions/one", "versions/-1"):
        assert "expected a number" in error_of(client.post(f"/v1/models/cat/{wrong}:{verb}", json=body), 400)


def test_each_model_answers_under_its_own_name(client: httpx.Client, chelsea: bytes) -> None:
    wait_until_available(client, "dense")
    assert {"cat", "dense"} <= set(said(client.get("/v1/models"))["models"])
    expected = client.post("/predict", content=chelsea, params={"model": "dense"}).json()["predictions"]
    (result,) = said(client.post("/v1/models/dense:classify", json={"examples": [{"image": b64(chelsea)}]}))["results"]
    assert [label for label, _ in result] == [row["label"] for row in expected]
    assert [score for _, score in result] == pytest.approx([row["score"] for row in expected], abs=ROUNDING)


def test_the_status_has_all_versions_and_says_whether_one_can_answer(client: httpx.Client, manifest: Manifest) -> None:
    available = {
        "version": str(manifest.version), "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""},
    }  # fmt: skip
    whole = said(client.get("/v1/models/cat"))
    assert (whole["name"], whole["ready"]) == ("cat", True)
    assert available in whole["model_version_status"]
    for place in ("versions/0", f"versions/{manifest.version}", "labels/stable"):
        assert said(client.get(f"/v1/models/cat/{place}"))["model_version_status"] == [available]


def test_the_states_are_those_that_tensorflow_serving_has() -> None:
    def version(number: int, state: Any, reason: str | None = None) -> VersionFacts:
        nothing = dict.fromkeys(("digest", "labels", "parameters", "multiply_adds"))
        return VersionFacts(version=number, state=state, reason=reason, **nothing)

    versions = [version(3, "failed", "its weights are missing"), version(2, "on_disk"), version(1, "available")]
    served = ServedModel(
        name="cat", usual=True, stable=1, canary=None, share=0, previous=None, versions=versions
    )  # fmt: skip
    known = ModelList(models=[served])
    found: Any = status(known, "cat", None)
    assert [each["state"] for each in found["model_version_status"]] == ["END", "START", "AVAILABLE"]
    failed = {"error_code": "FAILED_PRECONDITION", "error_message": "its weights are missing"}
    assert found["model_version_status"][0]["status"] == failed
    assert [status(known, "cat", number)["ready"] for number in (3, 2, 1)] == [False, False, True]
    with pytest.raises(VersionUnknown, match="Expected a version of cat: 3, 2, 1; received: 4"):
        status(known, "cat", 4)
    with pytest.raises(ModelUnknown, match="Expected one of cat; received: 'dog'"):
        status(known, "dog", None)


def test_the_signatures_are_described_in_both_spellings(client: httpx.Client, manifest: Manifest) -> None:
    document = said(client.get("/v1/models/cat/metadata"))
    assert document["model_spec"] == document["modelSpec"]
    assert document["model_spec"] == {"name": "cat", "signature_name": "", "version": str(manifest.version)}
    both = document["metadata"]["signature_def"]
    assert both["signature_def"] == both["signatureDef"]
    found = both["signature_def"]
    size = ["-1", str(manifest.height), str(manifest.width), "3"]
    assert found["serving_default"]["inputs"]["image"]["dtype"] == "DT_STRING"
    assert [each["size"] for each in found["tensor"]["inputs"]["images"]["tensor_shape"]["dim"]] == size
    assert sorted(found["serving_default"]["outputs"]) == ["probabilities"]
    assert sorted(found["tensor"]["outputs"]) == ["logits", "probabilities"]
    for output in found["tensor"]["outputs"].values():
        assert output["dtype"] == "DT_FLOAT"
        assert [each["size"] for each in output["tensor_shape"]["dim"]] == ["-1", str(len(manifest.labels))]
    methods = {name: each["method_name"].rpartition("/")[2] for name, each in found.items()}
    assert methods == {"serving_default": "predict", "tensor": "predict", "classification": "classify"}
    for place in ("versions/0", "labels/stable"):
        assert said(client.get(f"/v1/models/cat/{place}/metadata")) == document


@pytest.mark.parametrize("path", ["", "/metadata", "/versions/0", ":predict", ":classify"])
def test_an_unknown_model_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.request("POST" if ":" in path else "GET", f"/v1/models/lion{path}", content=b"{}")
    assert re.search("Expected one of cat.*; received: 'lion'", error_of(response, 404))


def test_a_bad_photo_is_refused_with_its_place_and_with_no_status_that_the_protocol_lacks(
    client: httpx.Client, chelsea: bytes
) -> None:
    bad = {
        b"a cat": "photo 1: Expected an image",
        b"%PDF-1.7": "photo 1: Expected one of JPEG",
        chelsea[:9000]: "whole",
    }
    for photo, expected in bad.items():
        body = {"instances": [b64(chelsea), b64(photo), b64(photo)]}
        assert expected in error_of(client.post(PREDICT, json=body), 400)


def test_what_is_no_json_is_a_bad_request(client: httpx.Client) -> None:
    for body in (b"", b"{", b'{"instances": [NaN]}', b"[]"):
        error_of(client.post(PREDICT, content=body), 400)


@pytest.mark.parametrize("photo", [b64(SMALL), "pixels"])
def test_a_request_may_hold_as_many_photos_as_are_allowed(
    client: httpx.Client, photo: Any, pixels: NDArray[np.uint8]
) -> None:
    entry = pixels.tolist() if photo == "pixels" else photo
    predictions = said(client.post(PREDICT, json={"instances": [entry] * 64}))["predictions"]
    assert len(predictions) == 64
    assert np.ptp(predictions, axis=0) == pytest.approx(0, abs=ROUNDING)
    assert "at most 64 photos" in error_of(client.post(PREDICT, json={"instances": [entry] * 65}), 413)


def test_a_body_may_be_as_long_as_is_allowed(strict: httpx.Client) -> None:
    body = b'{"instances": [{"b64": "%b"}]}' % base64.b64encode(SMALL)
    said(strict.post(PREDICT, content=body.ljust(STRICT_BYTES)))
    sentence = error_of(strict.post(PREDICT, content=body.ljust(STRICT_BYTES + 1)), 413)
    assert f"at most {STRICT_BYTES} bytes" in sentence


def test_nothing_of_such_a_photo_is_kept(client: httpx.Client) -> None:
    photo = encoded(Image.new("RGB", (5, 4), (1, 2, 3)), "PNG")
    answer = client.post("/predict", content=photo, headers={"cache-control": "no-store"}).json()
    said(client.post(PREDICT, json={"instances": [b64(photo)]}))
    assert client.get("/feature-maps", params={"image_id": answer["image_id"]}).status_code == 404
