"""What a body asks; over a socket, with real clients, it is asked in the files beside this one."""

import base64
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Base64Malformed, JsonInvalid, PhotoMissing, ServiceError, TooManyPhotos
from app.protocols.tensorflow_serving_requests import Asked, Reader
from model.manifest import Golden, GoldenExample, Manifest

HEIGHT, WIDTH, MOST = 2, 1, 3
MANIFEST = Manifest(
    name="small", version=1, digest="", labels=("a",), height=HEIGHT, width=WIDTH, layers=(),
    golden=Golden(tolerance=1, examples=(GoldenExample(image="x", logits=(0,), probabilities=(1,)),)),
)  # fmt: skip
READER = Reader(MANIFEST, MOST)
FILE = b"a photo"
B64 = {"b64": base64.b64encode(FILE).decode()}
PIXELS = [[[1, 2, 3]], [[4, 5, 6]]]


def predict(**body: object) -> Asked:
    return READER.predict(orjson.dumps(body))


def classify(**body: object) -> Asked:
    return READER.classify(orjson.dumps(body))


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [B64]},
        {"instances": [{"image": B64}]},
        {"instances": [B64], "signature_name": "serving_default"},
        {"inputs": [B64]},
        {"inputs": {"image": [B64]}},
        {"inputs": {"image": [B64]}, "unknown": 1},
    ],
)
def test_a_file_may_be_written_in_rows_or_columns_with_its_name_or_without(body: dict[str, object]) -> None:
    asked = predict(**body)
    assert (asked.photos, asked.signature, asked.column) == ([FILE], "serving_default", "inputs" in body)


@pytest.mark.parametrize("signature", ["serving_default", "tensor"])
@pytest.mark.parametrize(
    "body",
    [
        {"instances": [PIXELS]},
        {"instances": [{"images": PIXELS}]},
        {"inputs": [PIXELS]},
        {"inputs": {"images": [PIXELS]}},
    ],
)
def test_so_may_pixels(body: dict[str, object], signature: str) -> None:
    asked = predict(**body, signature_name=signature)
    (photo,) = asked.photos
    assert isinstance(photo, np.ndarray)
    assert photo.dtype == np.uint8
    assert photo.tolist() == PIXELS
    assert (asked.signature, asked.column) == (signature, "inputs" in body)


def test_photos_keep_their_order_whatever_they_are() -> None:
    first, second, third = predict(instances=[PIXELS, B64, {"images": PIXELS[::-1]}]).photos
    assert np.array_equal(first, PIXELS)
    assert second == FILE
    assert np.array_equal(third, PIXELS[::-1])


@pytest.mark.parametrize("signature", [None, "serving_default", "classification"])
def test_examples_have_features_of_their_own_and_of_their_context(signature: str | None) -> None:
    named = {} if signature is None else {"signature_name": signature}
    assert classify(examples=[{"image": B64}] * 2, **named).photos == [FILE, FILE]
    assert classify(context={"image": B64}, examples=[{}, {}], **named).photos == [FILE, FILE]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "Expected either `instances`, for rows, or `inputs`, for columns; received: neither"),
    ({"instances": [B64], "inputs": [B64]}, "received: both"),
    ({"instances": B64}, "instances: expected an array, an entry for each photo; received: an object"),
    ({"inputs": B64}, "inputs: expected an array, an entry for each photo; received: an object"),
    ({"inputs": {"image": B64}}, "inputs: expected an array"),
    ({"inputs": {"image": [B64], "images": [PIXELS]}}, "inputs: expected one input, .*; received: 'image', "),
    ({"inputs": {}}, "inputs: expected one input, image or images; received: none"),
    ({"instances": [{"photo": B64}]}, r"instances\[0\]: expected one input, image or images; received: 'photo'"),
    ({"instances": [{**B64, "x": 1}]}, r"instances\[0\]: expected one input"),
    ({"instances": [B64, "QUJD"]}, r"instances\[1\]: Expected whole numbers .* \[2\]\[1\]\[3\], or {.*a string"),
    ({"instances": [{"b64": 7}]}, r"instances\[0\]: Expected base64 as a string; received: a number"),
    ({"instances": [[PIXELS]]}, r"instances\[0\]: Expected whole numbers .* received: an array"),
    ({"instances": [PIXELS[:1]]}, r"received: \[1\]\[1\]\[3\]"),
    ({"instances": [B64], "signature_name": "tensor"}, r"instances\[0\]: Expected whole numbers .*; received: an obj"),
    ({"inputs": {"image": [PIXELS]}, "signature_name": "tensor"}, "expected one input, images; received: 'image'"),
    ({"instances": [B64], "signature_name": "layers"}, "signature_name: expected one of serving_default, tensor;"),
    ({"instances": [B64], "signature_name": None}, "signature_name: expected one of"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "said"), WRONG)
def test_what_is_asked_wrongly_is_refused_with_its_place(body: dict[str, object], said: str) -> None:
    with pytest.raises(JsonInvalid, match=said):
        predict(**body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Expected `examples`; received: none"),
        ({"examples": B64}, "examples: expected an array"),
        ({"examples": [B64]}, r"examples\[0\]: expected an object of features.*received: 'b64'"),
        ({"examples": ["QUJD"]}, r"examples\[0\]: expected an object of features.*received: a string"),
        ({"examples": [{}], "context": []}, r"context: expected an object of features.*received: an array"),
        ({"examples": [{"image": PIXELS}]}, r'examples\[0\]: expected {"b64": "…"}.*received: an array'),
        ({"examples": [{"image": B64, "size": 3}]}, r"expected one input, image; received: 'image', 'size'"),
        ({"examples": [{"image": B64}], "signature_name": "tensor"}, "expected one of serving_default, classification"),
    ],
)  # fmt: skip
def test_so_are_wrong_examples(body: dict[str, object], said: str) -> None:
    with pytest.raises(JsonInvalid, match=said):
        classify(**body)


def test_a_file_that_is_not_in_base64_is_refused_with_its_place() -> None:
    for ask, body in ((predict, {"instances": [B64, {"b64": "!"}]}), (predict, {"inputs": [B64, {"b64": "!"}]}),
                      (classify, {"examples": [{"image": B64}, {"image": {"b64": "!"}}]})):  # fmt: skip
        with pytest.raises(Base64Malformed, match=r"^(instances|inputs|examples)\[1\]: Expected base64"):
            ask(**body)
    with pytest.raises(PhotoMissing, match=r"^instances\[0\]: Expected base64"):
        predict(instances=[{"b64": ""}])


def test_there_are_as_many_photos_as_are_allowed_and_at_least_one() -> None:
    for entry in (B64, PIXELS):
        for key in ("instances", "inputs"):
            assert len(predict(**{key: [entry] * MOST}).photos) == MOST
            with pytest.raises(TooManyPhotos, match=f"at most {MOST} photos"):
                predict(**{key: [entry] * (MOST + 1)})
            with pytest.raises(PhotoMissing, match="at least one photo; received: none"):
                predict(**{key: []})
    assert len(classify(examples=[{"image": B64}] * MOST).photos) == MOST
    with pytest.raises(TooManyPhotos, match=f"at most {MOST} photos in a request; received: {MOST + 1}"):
        classify(examples=[{"image": B64}] * (MOST + 1))


WORDS = st.sampled_from(
    ["instances", "inputs", "image", "images", "b64", "signature_name", "tensor", "serving_default", "examples",
     "context", "pixels 0", "QUJD", ""]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | WORDS | st.just(PIXELS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=20,
)


@given(JSON.map(orjson.dumps) | st.binary(max_size=50))
def test_any_body_is_understood_or_refused_with_one_of_our_errors(body: bytes) -> None:
    for read in (READER.predict, READER.classify):
        try:
            assert read(body).photos
        except ServiceError as error:
            assert "xpected" in error.detail
