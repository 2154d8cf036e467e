"""NVIDIA's tritonclient at a real server, as its users call it."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput, InferResult
from tritonclient.utils import InferenceServerException

from model.manifest import Manifest
from tests.app.conftest import STRICT_BYTES, Looker, answer_of
from tests.app.loopback import PATIENCE
from tests.conftest import encoded, photo_of


def address(client: httpx.Client) -> str:
    return f"{client.base_url.host}:{client.base_url.port}"


def image(photos: list[bytes], binary: bool = True) -> list[Any]:
    """The input of photos; without `binary`, as base64 in JSON, for the client sends BYTES as UTF-8 there."""
    texts = photos if binary else [base64.b64encode(photo) for photo in photos]
    tensor = InferInput("image", [len(photos)], "BYTES")
    tensor.set_data_from_numpy(np.array(texts, np.object_), binary_data=binary)
    return [tensor]


def images(pixels: np.ndarray[Any, Any], binary: bool = True) -> list[Any]:
    tensor = InferInput("images", pixels.shape, "UINT8")
    tensor.set_data_from_numpy(pixels, binary_data=binary)
    return [tensor]


@pytest.fixture
def triton(client: httpx.Client) -> Iterator[Any]:
    with InferenceServerClient(address(client), concurrency=4, network_timeout=PATIENCE) as asked:
        yield asked


@pytest.fixture(scope="module")
def scores(client: httpx.Client, chelsea: bytes) -> dict[str, float]:
    """What POST /predict says, by label."""
    return {each["label"]: each["score"] for each in answer_of(client, chelsea)["predictions"]}


def check(result: InferResult, scores: dict[str, float], manifest: Manifest) -> None:
    found = result.as_numpy("probabilities")
    assert found.dtype == np.float32
    assert found.tolist() == [[scores[label] for label in manifest.labels]]


def test_it_finds_the_server_and_its_models(triton: Any, manifest: Manifest) -> None:
    version = str(manifest.version)
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("cat")
    assert triton.is_model_ready("cat-features", version)
    assert not triton.is_model_ready("lion")
    assert not triton.is_model_ready("cat", "999")
    assert "binary_tensor_data" in triton.get_server_metadata()["extensions"]
    assert triton.get_model_metadata("cat-tensor", version)["inputs"][0]["datatype"] == "UINT8"
    assert triton.get_model_config("cat-tensor")["input"][0]["format"] == "FORMAT_NHWC"
    assert {"name": "cat", "version": version, "state": "READY", "reason": ""} in triton.get_model_repository_index()


def test_it_reads_the_statistics(triton: Any, chelsea: bytes) -> None:
    before = triton.get_inference_statistics("cat")["model_stats"][0]["inference_count"]
    triton.infer("cat", image([chelsea, chelsea]))
    assert triton.get_inference_statistics("cat")["model_stats"][0]["inference_count"] == before + 2
    assert "cat" in {each["name"] for each in triton.get_inference_statistics()["model_stats"]}


@pytest.mark.parametrize("binary", [True, False])
def test_photos_and_pixels_get_what_predict_gives(
    triton: Any, chelsea: bytes, looker: Looker, manifest: Manifest, scores: dict[str, float], binary: bool
) -> None:
    pixels = looker.tensor("images")[None].astype(np.uint8)
    for model, inputs in (("cat", image([chelsea], binary)), ("cat-tensor", images(pixels, binary))):
        check(triton.infer(model, inputs), scores, manifest)
        for out in (True, False):
            outputs = [InferRequestedOutput("probabilities", binary_data=out)]
            result = triton.infer(model, inputs, outputs=outputs, request_id="7", model_version=str(manifest.version))
            check(result, scores, manifest)
            assert result.get_response()["id"] == "7"
            assert result.get_response()["model_name"] == model


def test_it_classifies(triton: Any, chelsea: bytes, manifest: Manifest, scores: dict[str, float]) -> None:
    for binary in (True, False):
        outputs = [InferRequestedOutput("probabilities", binary_data=binary, class_count=2)]
        found = triton.infer("cat", image([chelsea, chelsea]), outputs=outputs).as_numpy("probabilities")
        assert found.shape == (2, 2)
        text = found[0, 0].decode() if binary else found[0, 0]
        score, index, label = text.split(":")
        assert (np.float32(score), label) == (np.float32(scores["cat"]), "cat")
        assert manifest.labels[int(index)] == "cat"


def test_it_asks_for_layers_by_name(triton: Any, chelsea: bytes, looker: Looker, manifest: Manifest) -> None:
    outputs = [InferRequestedOutput("conv1"), InferRequestedOutput("average", binary_data=False)]
    result = triton.infer("cat-features", image([chelsea]), outputs=outputs)
    for name in ("conv1", "average"):
        np.testing.assert_array_equal(result.as_numpy(name), looker.tensor(name)[None])
    every = triton.infer("cat-features", image([chelsea]))
    for layer in manifest.layers:
        np.testing.assert_array_equal(every.as_numpy(layer.name), looker.tensor(layer.name)[None])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_it_compresses(triton: Any, chelsea: bytes, looker: Looker, coding: str) -> None:
    result = triton.infer(
        "cat-features", image([chelsea]), outputs=[InferRequestedOutput("relu1")],
        request_compression_algorithm=coding, response_compression_algorithm=coding,
    )  # fmt: skip
    np.testing.assert_array_equal(result.as_numpy("relu1"), looker.tensor("relu1")[None])
    small = triton.infer("cat", image([chelsea], binary=False), response_compression_algorithm=coding)
    assert small.as_numpy("probabilities").shape[0] == 1


def test_it_asks_several_times_at_once(triton: Any, chelsea: bytes) -> None:
    coffee = encoded(photo_of("coffee"), "JPEG")
    alone = [triton.infer("cat", image([photo])).as_numpy("probabilities") for photo in (chelsea, coffee)]
    asked = [
        triton.async_infer("cat", image([photo]), request_id=str(at)) for at, photo in enumerate([chelsea, coffee] * 6)
    ]
    for at, request in enumerate(asked):
        result = request.get_result()
        assert result.get_response()["id"] == str(at)
        np.testing.assert_allclose(result.as_numpy("probabilities"), alone[at % 2], atol=0.05)
    assert abs(alone[0] - alone[1]).max() > 0.1


WRONG: list[tuple[str, Any, str, str]] = [
    ("lion", image([b"x"]), "404", "No model with this name. Expected one of cat, dense; received: 'lion'"),
    ("cat", image([b"a cat"]), "400", "This is not an image. photo 0: Expected an image, .*; received 5 bytes"),
    (
        "cat",
        image([b"%PDF-1.7"]),
        "400",
        "This image format is not supported. photo 0: Expected one of .*; received: PDF",
    ),
    (
        "cat",
        images(np.zeros((1, 8, 8, 3), np.uint8)),
        "400",
        "Expected the input 'image' of 'BYTES'; received: 'images'",
    ),
    ("cat-tensor", images(np.zeros((1, 8, 8, 3), np.uint8)), "400", r"received: \[1, 8, 8, 3\]"),
    (
        "cat",
        image([bytes(STRICT_BYTES)]),
        "413",
        f"The request's body is too large. Expected at most {STRICT_BYTES} bytes",
    ),
]


@pytest.mark.parametrize(("model", "inputs", "status", "sentence"), WRONG, ids=[sentence for *_, sentence in WRONG])
def test_a_refusal_is_its_exception_in_our_words(
    strict: httpx.Client, model: str, inputs: Any, status: str, sentence: str
) -> None:
    with (
        InferenceServerClient(address(strict)) as triton,
        pytest.raises(InferenceServerException, match=sentence) as raised,
    ):
        triton.infer(model, inputs)
    assert raised.value.status() == status
