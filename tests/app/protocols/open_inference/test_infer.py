"""POST …/infer at a real server: the same numbers as the service's own paths give, in every form of the protocol."""

import base64
import gzip
import zlib

import httpx
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from app.formats.tensor_formats import MAX_JSON_NUMBERS
from app.protocols.open_inference.content_coding import SMALLEST
from model.manifest import Manifest
from tests.app.conftest import STRICT_BYTES, STRICT_PIXELS, Looker, answer_of
from tests.app.protocols.open_inference.bodies import LENGTH, image, images, infer, outputs_of, wanted
from tests.conftest import encoded, photo_of

TOGETHER = 1e-4  # photos that are computed in one batch get other last digits than alone


@pytest.fixture(scope="module")
def coffee() -> bytes:
    return encoded(photo_of("coffee"), "PNG")


@pytest.fixture(scope="module")
def pixels(looker: Looker) -> NDArray[np.uint8]:
    """What the network sees of chelsea, [1, height, width, 3]."""
    return looker.tensor("images")[None].astype(np.uint8)


def probabilities(client: httpx.Client, photo: bytes, manifest: Manifest) -> NDArray[np.float32]:
    """Those of POST /predict, in the order of the labels."""
    scores = {each["label"]: each["score"] for each in answer_of(client, photo)["predictions"]}
    return np.array([scores[label] for label in manifest.labels], np.float32)


def one(photo: bytes) -> dict[str, object]:
    """A photo in JSON."""
    return {"name": "image", "shape": [1], "datatype": "BYTES", "data": [base64.b64encode(photo).decode()]}


def posted(client: httpx.Client, model: str = "cat", **members: object) -> httpx.Response:
    return client.post(f"/v2/models/{model}/infer", json=members)


@pytest.mark.parametrize("binary", [True, False])
def test_a_photo_gets_the_probabilities_that_predict_gives(
    client: httpx.Client, chelsea: bytes, manifest: Manifest, binary: bool
) -> None:
    expected = probabilities(client, chelsea, manifest)
    asked = [wanted("probabilities", binary_data=binary)]
    in_json, in_binary = (
        posted(client, inputs=[one(chelsea)], outputs=asked),
        infer(client, "cat", image([chelsea]), outputs=asked),
    )
    for response in (in_json, in_binary):
        assert (LENGTH in response.headers) == binary
        outputs = outputs_of(response)
        assert list(outputs) == ["probabilities"]
        np.testing.assert_array_equal(outputs["probabilities"], expected[None])


def test_a_photo_may_be_the_whole_body(client: httpx.Client, chelsea: bytes, manifest: Manifest) -> None:
    response = client.post("/v2/models/cat/infer", content=chelsea, headers={LENGTH: "0"})
    np.testing.assert_array_equal(outputs_of(response)["probabilities"], probabilities(client, chelsea, manifest)[None])


def test_pixels_get_what_their_photo_gets(
    client: httpx.Client, chelsea: bytes, manifest: Manifest, pixels: NDArray[np.uint8]
) -> None:
    expected = probabilities(client, chelsea, manifest)[None]
    described = {"name": "images", "shape": list(pixels.shape), "datatype": "UINT8"}
    for data in (pixels.tolist(), pixels.ravel().tolist()):
        response = posted(client, "cat-tensor", inputs=[described | {"data": data}])
        np.testing.assert_array_equal(outputs_of(response)["probabilities"], expected)
    binary = infer(client, "cat-tensor", images(pixels))
    alone = client.post("/v2/models/cat-tensor/infer", content=pixels.tobytes(), headers={LENGTH: "0"})
    for response in (binary, alone):
        np.testing.assert_array_equal(outputs_of(response)["probabilities"], expected)


def test_photos_are_answered_in_their_order(
    client: httpx.Client, chelsea: bytes, coffee: bytes, manifest: Manifest
) -> None:
    cat, cup = (probabilities(client, photo, manifest) for photo in (chelsea, coffee))
    assert abs(cat - cup).max() > 0.1
    order = [chelsea, coffee, coffee, chelsea, coffee]
    found = outputs_of(infer(client, "cat", image(order)))["probabilities"]
    expected = [cat if photo == chelsea else cup for photo in order]
    np.testing.assert_allclose(
        found, expected, atol=TOGETHER if answer_of(client, chelsea)["precision"] == "float32" else 0.05
    )


def test_the_maps_of_a_layer_are_those_of_feature_maps(
    client: httpx.Client, chelsea: bytes, coffee: bytes, looker: Looker
) -> None:
    layers = ["conv1", "logits", "relu2"]
    outputs = outputs_of(
        infer(client, "cat-features", image([coffee, chelsea]), outputs=[{"name": name} for name in layers],
              parameters={"binary_data_output": True})
    )  # fmt: skip
    assert list(outputs) == layers
    cup = Looker(client, answer_of(client, coffee)["image_id"])
    for name in layers:
        np.testing.assert_array_equal(outputs[name], [cup.tensor(name), looker.tensor(name)])


def test_without_a_name_all_layers_come(
    client: httpx.Client, chelsea: bytes, manifest: Manifest, looker: Looker
) -> None:
    asked = {"parameters": {"binary_data_output": True}}
    outputs = outputs_of(infer(client, "cat-features", image([chelsea]), **asked))
    assert list(outputs) == [layer.name for layer in manifest.layers]
    for layer in manifest.layers:
        np.testing.assert_array_equal(outputs[layer.name], looker.tensor(layer.name)[None])


def test_outputs_may_be_partly_binary_and_come_in_the_order_that_was_asked_for(
    client: httpx.Client, chelsea: bytes, looker: Looker
) -> None:
    asked = [wanted("logits", binary_data=False), {"name": "conv9"}, wanted("average", binary_data=True)]
    for default in (True, False):
        response = infer(
            client, "cat-features", image([chelsea]), outputs=asked, parameters={"binary_data_output": default}
        )
        outputs = outputs_of(response)
        assert list(outputs) == ["logits", "conv9", "average"]
        for name, values in outputs.items():
            np.testing.assert_array_equal(values, looker.tensor(name)[None])
        described = orjson.loads(response.content[: int(response.headers[LENGTH])])["outputs"]
        assert ["data" in output for output in described] == [True, not default, False]


def test_classes_are_the_likeliest_first(
    client: httpx.Client, chelsea: bytes, manifest: Manifest, looker: Looker
) -> None:
    predictions = answer_of(client, chelsea)["predictions"]
    for binary in (True, False):
        asked = [wanted("probabilities", classification=3, binary_data=binary)]
        (row,) = outputs_of(infer(client, "cat", image([chelsea]), outputs=asked))["probabilities"].tolist()
        for text, prediction in zip(row, predictions[:3], strict=True):
            score, index, label = text.split(":")
            assert np.float32(score) == np.float32(prediction["score"])
            assert (manifest.labels[int(index)], label) == (prediction["label"],) * 2
    asked = [wanted("logits", classification=1), wanted("average", classification=2)]
    outputs = outputs_of(infer(client, "cat-features", image([chelsea]), outputs=asked))
    assert outputs["logits"][0, 0].split(":")[2] == predictions[0]["label"]
    average = looker.tensor("average")
    assert [int(text.split(":")[1]) for text in outputs["average"][0]] == np.argsort(-average)[:2].tolist()
    assert all(text.count(":") == 1 for text in outputs["average"][0])


def test_a_reply_says_what_answered_and_gives_the_id_back(
    client: httpx.Client, chelsea: bytes, manifest: Manifest
) -> None:
    reply = posted(client, inputs=[one(chelsea)], id="seven").json()
    answer = answer_of(client, chelsea)
    assert (reply["model_name"], reply["model_version"], reply["id"]) == ("cat", str(manifest.version), "seven")
    assert reply["parameters"] == {
        "digest": manifest.digest, "device": answer["device"], "precision": answer["precision"],
    }  # fmt: skip
    reply = posted(client, "cat-tensor", inputs=[{"name": "images"}]).json()
    assert set(reply) == {"error"}
    for version in (str(manifest.version), "stable"):
        named = client.post(f"/v2/models/cat/versions/{version}/infer", json={"inputs": [one(chelsea)]}).json()
        assert "id" not in named
        assert named["model_version"] == str(manifest.version)


@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_bodies_are_compressed_both_ways(
    client: httpx.Client, chelsea: bytes, looker: Looker, coding: str, compress: type
) -> None:
    asked, data = image([chelsea])
    text = orjson.dumps({"inputs": [asked], "outputs": [wanted("relu1", binary_data=True)]})
    headers = {LENGTH: str(len(text)), "content-encoding": coding, "accept-encoding": coding}
    response = client.post("/v2/models/cat-features/infer", content=compress(text + data), headers=headers)
    assert response.headers["content-encoding"] == coding
    assert int(response.headers["content-length"]) < len(response.content)  # httpx has decompressed it
    np.testing.assert_array_equal(outputs_of(response)["relu1"], looker.tensor("relu1")[None])


def test_a_small_reply_is_not_compressed(client: httpx.Client, chelsea: bytes) -> None:
    response = posted(client, inputs=[one(chelsea)])
    assert len(response.content) < SMALLEST
    assert "content-encoding" not in response.headers


def refusal(response: httpx.Response, status: int) -> str:
    """The sentence of a refusal, in the protocol's form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    sentence: str = response.json()["error"]
    return sentence


def test_one_bad_photo_fails_the_request_and_is_named(strict: httpx.Client) -> None:
    good = encoded(photo_of("chelsea").resize((64, 64)), "PNG")
    bad = {b"a cat": 400, good[:-50]: 400, encoded(photo_of("chelsea").resize((400, 351)), "JPEG"): 413}
    assert STRICT_PIXELS < 400 * 351
    for model in ("cat", "cat-features"):
        for photo, status in bad.items():
            sentence = refusal(
                infer(strict, model, image([good, good, photo, good, b""]), outputs=[{"name": "probabilities"}]), status
            )
            assert ". photo 2: Expected " in sentence
            assert "received" in sentence


def test_a_body_may_have_so_many_bytes_and_no_more(strict: httpx.Client) -> None:
    photo = encoded(photo_of("chelsea").resize((64, 64)), "PNG")
    asked, data = image([photo])
    text = orjson.dumps({"inputs": [asked]})
    for coding, compress in (("identity", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)):
        for over, status in ((0, 200), (1, 413)):
            padded = text + b" " * (STRICT_BYTES - len(text) - len(data) + over)
            headers = {LENGTH: str(len(padded)), "content-encoding": coding}
            response = strict.post("/v2/models/cat/infer", content=compress(padded + data), headers=headers)
            assert response.status_code == status, response.text
            if over:
                assert f"Expected at most {STRICT_BYTES} bytes" in refusal(response, 413)


def test_a_bomb_is_refused(strict: httpx.Client) -> None:
    bomb = gzip.compress(bytes(2**26))
    assert len(bomb) <= 2**17
    small = zlib.compress(bytes(2**24), 9)
    assert len(small) < STRICT_BYTES
    response = strict.post("/v2/models/cat/infer", content=small, headers={"content-encoding": "deflate"})
    assert "received: more, decompressed" in refusal(response, 413)


def test_more_numbers_than_json_may_have_are_refused_before_the_photos_are_looked_at(client: httpx.Client) -> None:
    asked = [wanted("conv1", binary_data=False)]
    sentence = refusal(infer(client, "cat-features", image([b"no photo"]), outputs=asked), 400)
    assert f"Expected at most {MAX_JSON_NUMBERS} numbers in JSON; received a request for" in sentence
    sentence = refusal(
        infer(client, "cat-features", image([b"no photo"] * 64), parameters={"binary_data_output": True}), 400
    )
    assert "bytes of outputs; received a request for" in sentence


def test_a_request_may_hold_as_many_photos_as_is_set_and_no_more(client: httpx.Client) -> None:
    photo = encoded(photo_of("chelsea").resize((32, 32)), "PNG")
    assert len(outputs_of(infer(client, "cat", image([photo] * 64)))["probabilities"]) == 64
    assert "Expected at most 64 photos in a request; received: 65" in refusal(
        infer(client, "cat", image([photo] * 65)), 413
    )


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/v2/models/lion/infer", 404, "Expected one of cat, dense; received: 'lion'; each also as NAME-tensor"),
        ("/v2/models/lion-tensor/infer", 404, "received: 'lion-tensor'"),
        ("/v2/models/cat/versions/999/infer", 404, "Expected a version of cat that is loaded"),
        (
            "/v2/models/cat/versions/newest/infer",
            400,
            "version: expected a number, `stable` or `canary`; received: 'newest'",
        ),
        ("/v2/models/cat/infer", 400, "Expected JSON; received: nothing"),
        ("/v2/models/cat/explain", 404, "received: /v2/models/cat/explain"),
    ],
)
def test_what_is_not_there_is_refused_in_the_form_of_the_protocol(
    client: httpx.Client, path: str, status: int, sentence: str
) -> None:
    assert sentence in refusal(client.post(path), status)


def test_a_deadline_is_kept(client: httpx.Client, chelsea: bytes) -> None:
    response = client.post("/v2/models/cat/infer", content=chelsea, headers={LENGTH: "0", "prefer": "wait=0.000001"})
    assert "Expected an answer within 1e-06 s" in refusal(response, 504)


def test_a_newline_at_the_end_of_the_path_changes_nothing(client: httpx.Client, chelsea: bytes) -> None:
    one, other = (
        client.post(f"/v2/models/cat/infer{end}", content=chelsea, headers={LENGTH: "0"}) for end in ("", "%0A")
    )
    assert one.content == other.content
    assert one.status_code == other.status_code == 200
