"""What a body asks: each limit at and over it, and nothing but a refusal for whatever strangers send."""

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import JsonInvalid, ParameterInvalid, ServiceError, TooManyPhotos
from app.protocols.open_inference.documents import MAX_VALUES
from app.protocols.open_inference.published import Kind, signature
from app.protocols.open_inference.refusals import TensorInvalid
from app.protocols.open_inference.request import Inference, json_length, read_inference
from model.manifest import Manifest
from tests.app.protocols.open_inference.bodies import image, images, packed, tensor, wanted

MOST = 5
KINDS: tuple[Kind, ...] = "photos", "tensor", "features"
ONE = {"name": "image", "shape": [1], "datatype": "BYTES", "data": ["YQ=="]}


def read(manifest: Manifest, request: object, tail: bytes = b"", kind: Kind = "photos") -> Inference:
    text = orjson.dumps(request)
    return read_inference(text + tail, len(text), signature(manifest, kind), MOST)


def refused(manifest: Manifest, request: object, tail: bytes = b"", kind: Kind = "photos") -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        read(manifest, request, tail, kind)
    assert "xpected" in raised.value.detail
    assert "received" in raised.value.detail
    return raised.value


@pytest.mark.parametrize("photos", [1, MOST])
def test_photos_are_read_up_to_the_limit(manifest: Manifest, photos: int) -> None:
    given_, data = image([bytes([number]) for number in range(photos)])
    asked = read(manifest, {"inputs": [given_], "id": "7"}, data)
    assert list(asked.elements) == [bytes([number]) for number in range(photos)]
    assert asked.id == "7"
    assert [(each.tensor.name, each.binary, each.classes) for each in asked.wanted] == [("probabilities", False, 0)]


def test_more_photos_are_refused_before_they_are_looked_at(manifest: Manifest) -> None:
    given_ = tensor("image", [MOST + 1], "BYTES", 0)
    assert isinstance(refused(manifest, {"inputs": [given_]}), TooManyPhotos)
    pixels = tensor("images", [10**6, manifest.height, manifest.width, 3], "UINT8", 0)
    assert isinstance(refused(manifest, {"inputs": [pixels]}, kind="tensor"), TooManyPhotos)


def test_a_shape_may_have_the_dimension_that_triton_gives_to_texts(manifest: Manifest) -> None:
    given_, data = image([b"a", b"b"])
    assert list(read(manifest, {"inputs": [given_ | {"shape": [2, 1]}]}, data).elements) == [b"a", b"b"]


def test_pixels_are_read(manifest: Manifest) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2, manifest.height, manifest.width, 3), np.uint8)
    given_, data = images(pixels)
    np.testing.assert_array_equal(read(manifest, {"inputs": [given_]}, data, "tensor").elements, pixels)


def test_a_body_without_json_is_one_photo_and_asks_for_all_outputs_as_they_are(manifest: Manifest) -> None:
    asked = read_inference(b"a photo", 0, signature(manifest, "features"), MOST)
    assert asked.elements == [b"a photo"]
    assert [each.tensor.name for each in asked.wanted] == [layer.name for layer in manifest.layers]
    assert all(each.binary for each in asked.wanted)
    pixels = bytes(manifest.height * manifest.width * 3)
    alone = read_inference(pixels, 0, signature(manifest, "tensor"), MOST)
    assert np.shape(alone.elements) == (1, manifest.height, manifest.width, 3)
    wrong: list[tuple[bytes, Kind]] = [(b"", "photos"), (pixels[:-1], "tensor")]
    for body, kind in wrong:
        with pytest.raises(TensorInvalid, match=r"xpected .*received"):
            read_inference(body, 0, signature(manifest, kind), MOST)


def test_outputs_come_in_the_order_that_was_asked_for_each_in_its_own_form(manifest: Manifest) -> None:
    outputs = [wanted("conv1", binary_data=False), wanted("logits", classification=2), {"name": "relu1"}]
    for default in (True, False):
        parameters = {"binary_data_output": default}
        asked = read(manifest, {"inputs": [ONE], "outputs": outputs, "parameters": parameters}, kind="features")
        forms = [(each.tensor.name, each.binary, each.classes) for each in asked.wanted]
        assert forms == [("conv1", False, 0), ("logits", default, 2), ("relu1", default, 0)]


def test_what_nobody_knows_is_ignored_and_null_is_nothing(manifest: Manifest) -> None:
    request = {
        "id": None, "model_name": "other", "parameters": {"priority": 3, "binary_data_output": None}, "outputs": None,
        "inputs": [ONE | {"parameters": None, "since": "today"}],
    }  # fmt: skip
    assert (
        read(manifest, request) == read(manifest, {"inputs": [ONE]}) == read(manifest, {"inputs": [ONE], "outputs": []})
    )


WRONG: list[tuple[Any, str]] = [
    ([], "the document"),
    ({}, "inputs: Field required; received: nothing"),
    ({"inputs": {}}, "inputs: "),
    ({"inputs": []}, "Expected one input, 'image'; received: none"),
    ({"inputs": [ONE, ONE | {"name": "mask"}]}, "received: 'image', 'mask'"),
    ({"inputs": [ONE | {"name": "Image"}]}, "Expected the input 'image' of 'BYTES'; received: 'Image' of 'BYTES'"),
    ({"inputs": [ONE | {"datatype": "FP32"}]}, "received: 'image' of 'FP32'"),
    ({"inputs": [ONE | {"name": 3}]}, "inputs.0.name: Input should be a valid string; received: 3"),
    ({"inputs": [ONE | {"shape": "1"}]}, "inputs.0.shape"),
    ({"inputs": [ONE | {"shape": [1.0]}]}, "inputs.0.shape.0"),
    ({"inputs": [ONE | {"shape": [True]}]}, "inputs.0.shape.0: .*received: True"),
    ({"inputs": [ONE | {"shape": [-1]}]}, "inputs.0.shape.0: .*received: -1"),
    ({"inputs": [ONE | {"shape": []}]}, r"expected the shape \[-1\], with at least one photo; received: \[\]"),
    ({"inputs": [ONE | {"shape": [0], "data": []}]}, r"received: \[0\]"),
    ({"inputs": [ONE | {"shape": [1, 2]}]}, r"received: \[1, 2\]"),
    ({"inputs": [ONE | {"shape": [2]}]}, r"Expected data of the shape \[2\]"),
    ({"inputs": [{**ONE, "data": None}]}, "Expected the tensor's elements as an array `data`; received: nothing"),
    ({"inputs": [ONE | {"parameters": {"shared_memory_region": "a"}}]}, "received: a shared memory region"),
    ({"inputs": [ONE | {"parameters": {"binary_data_size": 1}}]}, "expected no `data`, and 1 bytes after the JSON"),
    ({"inputs": [ONE | {"parameters": {"binary_data_size": 0}}]}, "expected no `data`, and 0 bytes"),
    ({"inputs": [ONE], "id": 7}, "id: "),
    ({"inputs": [ONE], "parameters": {"binary_data_output": "yes"}}, "binary_data_output: .*received: 'yes'"),
    ({"inputs": [ONE], "outputs": [{"name": "logits"}]}, "Expected outputs among probabilities, .*received: 'logits'"),
    ({"inputs": [ONE], "outputs": [{"name": "probabilities"}] * 2}, "received: 'probabilities' twice"),
    ({"inputs": [ONE], "outputs": [wanted("probabilities", shared_memory_region="a")]}, "shared memory"),
    ({"inputs": [ONE], "outputs": [wanted("probabilities", classification=1.5)]}, "classification: .*received: 1.5"),
]


@pytest.mark.parametrize(("request_", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_what_is_wrong_is_told(manifest: Manifest, request_: Any, sentence: str) -> None:
    with pytest.raises((TensorInvalid, JsonInvalid), match=sentence):
        read(manifest, request_)
    refused(manifest, request_)


def test_bytes_that_nobody_announced_are_refused(manifest: Manifest) -> None:
    assert "and 3 bytes after the JSON" in refused(manifest, {"inputs": [ONE]}, b"abc").detail
    given_, data = image([b"abc"])
    assert "and 6 bytes after the JSON" in refused(manifest, {"inputs": [given_]}, data[:-1]).detail


def test_maps_are_not_classified(manifest: Manifest) -> None:
    request = {"inputs": [ONE], "outputs": [wanted(manifest.layers[0].name, classification=1)]}
    assert "an output of the shape [-1, classes]" in refused(manifest, request, kind="features").detail


@pytest.mark.parametrize("header", ["", "-1", "+1", "1.0", "0x1", "one", " 1", "\N{ARABIC-INDIC DIGIT ONE}", "1" * 16])
def test_a_length_that_is_no_number_is_refused(header: str) -> None:
    with pytest.raises(ParameterInvalid, match="Inference-Header-Content-Length: expected a number of bytes; received"):
        json_length(header)


def test_a_length_may_be_that_of_the_whole_body_and_not_more(manifest: Manifest) -> None:
    body = orjson.dumps({"inputs": [ONE]})
    for length in (len(body), json_length(str(len(body))), json_length(None)):
        assert read_inference(body, length, signature(manifest, "photos"), MOST).elements == [b"a"]
    with pytest.raises(ParameterInvalid, match=f"expected at most {len(body)}, the size of the body; received"):
        read_inference(body, len(body) + 1, signature(manifest, "photos"), MOST)


def test_json_may_have_so_many_values_and_no_more(manifest: Manifest) -> None:
    def body(values: int) -> bytes:
        text = orjson.dumps({"inputs": [ONE], "other": [0]})
        marks = sum(text.count(mark) for mark in b",[{")
        return text.replace(b"[0]", b"[" + b"0," * (values - marks) + b"0]")

    assert read_inference(body(MAX_VALUES), None, signature(manifest, "photos"), MOST).elements == [b"a"]
    with pytest.raises(JsonInvalid, match=f"at most {MAX_VALUES} values"):
        read_inference(body(MAX_VALUES + 1), None, signature(manifest, "photos"), MOST)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=20,
)
TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["image", "images"]) | JSON,
        "shape": st.lists(st.integers(0, 6), max_size=4) | JSON,
        "datatype": st.sampled_from(["BYTES", "UINT8"]) | JSON,
        "parameters": st.dictionaries(st.sampled_from(["binary_data_size", "shared_memory_region"]), JSON) | JSON,
        "data": JSON,
    },
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON,
        "parameters": st.dictionaries(st.just("binary_data_output"), JSON) | JSON,
        "inputs": st.lists(TENSORS, max_size=2) | JSON,
        "outputs": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["conv1", "logits"]) | JSON},
                                                  optional={"parameters": JSON}), max_size=3) | JSON,
    },
)  # fmt: skip


@given(JSON | REQUESTS, st.binary(max_size=20), st.sampled_from(KINDS))
def test_any_json_is_a_request_or_refused(manifest: Manifest, request_: object, tail: bytes, kind: Kind) -> None:
    try:
        read(manifest, request_, tail, kind)
    except ServiceError as error:
        assert "xpected" in error.detail
        assert "received" in error.detail


@given(st.binary(max_size=200), st.none() | st.integers(0, 200), st.sampled_from(KINDS))
def test_any_bytes_are_a_request_or_refused(manifest: Manifest, body: bytes, length: int | None, kind: Kind) -> None:
    try:
        read_inference(body, length, signature(manifest, kind), MOST)
    except ServiceError as error:
        assert "xpected" in error.detail


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=MOST), st.integers(0, 300), st.binary(max_size=4))
def test_a_request_with_bytes_changed_anywhere_is_a_request_or_refused(
    manifest: Manifest, photos: list[bytes], at: int, other: bytes
) -> None:
    given_, data = image(photos)
    text = orjson.dumps({"inputs": [given_]})
    body = text + packed(photos)
    try:
        read_inference(body[:at] + other + body[at + len(other) :], len(text), signature(manifest, "photos"), MOST)
    except ServiceError as error:
        assert "xpected" in error.detail
    assert list(read(manifest, {"inputs": [given_]}, data).elements) == photos
