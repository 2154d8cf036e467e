"""Tensors' elements, against NumPy and base64 as everybody has them."""

import base64
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from app.errors import Base64Malformed, PhotoMissing
from app.protocols.open_inference.elements import (
    photos_from_binary,
    photos_from_json,
    pixels_from_binary,
    pixels_from_json,
)
from app.protocols.open_inference.refusals import TensorInvalid
from tests.app.protocols.open_inference.bodies import packed

PIXELS = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=4, max_dims=4, max_side=4))


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_photos_come_out_of_binary_data_as_they_went_in(photos: list[bytes]) -> None:
    assert photos_from_binary(memoryview(packed(photos)), len(photos)) == photos


@given(st.binary(max_size=60), st.integers(0, 2**31))
def test_any_bytes_are_photos_or_refused(data: bytes, count: int) -> None:
    try:
        photos = photos_from_binary(memoryview(data), count)
    except TensorInvalid as error:
        assert "Expected" in error.detail
        assert "received" in error.detail
    else:
        assert packed(photos) == data
        assert len(photos) == count


@pytest.mark.parametrize(
    ("data", "count", "sentence"),
    [
        (
            packed([b"abc"]),
            2,
            "Expected 2 elements, each after its length of 4 bytes; received: 7 bytes, in which number 1",
        ),
        (packed([b"abc"])[:-1], 1, "received: 6 bytes, in which number 0 would end at 7"),
        (b"\1\0", 1, "received: 2 bytes, in which number 0 would end at"),
        (packed([b"abc"]) + b"!", 1, "Expected 1 elements of 7 bytes in all; received: 8 bytes"),
    ],
)
def test_bytes_that_are_missing_or_left_are_told(data: bytes, count: int, sentence: str) -> None:
    with pytest.raises(TensorInvalid, match=sentence):
        photos_from_binary(memoryview(data), count)


@given(PIXELS)
def test_pixels_are_the_same_in_every_form(pixels: NDArray[np.uint8]) -> None:
    shape = list(pixels.shape)
    forms = [
        pixels_from_binary(memoryview(pixels.tobytes()), shape),
        pixels_from_json(orjson.loads(orjson.dumps(pixels.tolist())), shape),
        pixels_from_json(pixels.ravel().tolist(), shape),
    ]
    for form in forms:
        assert form.dtype == np.uint8
        np.testing.assert_array_equal(form, pixels)


@pytest.mark.parametrize("size", [23, 25])
def test_as_many_bytes_as_the_shape_says_are_expected(size: int) -> None:
    with pytest.raises(TensorInvalid, match=rf"Expected 24 bytes for the shape \[2, 2, 2, 3\]; received: {size}"):
        pixels_from_binary(memoryview(bytes(size)), [2, 2, 2, 3])


@pytest.mark.parametrize("wrong", [256, -1, 2**64 - 1, 1.0, 0.5, True, None, "7", [7], {}])
@pytest.mark.parametrize("at", [0, 5, 11])
def test_what_is_no_byte_is_no_pixel(wrong: object, at: int) -> None:
    values: list[Any] = list(range(12))
    values[at] = wrong
    with pytest.raises(TensorInvalid, match=r"Expected .*received"):
        pixels_from_json(values, [1, 2, 2, 3])
    nested = np.array([*values, None], object)[:12].reshape(1, 2, 2, 3).tolist()
    with pytest.raises(TensorInvalid, match=r"Expected .*received"):
        pixels_from_json(nested, [1, 2, 2, 3])


@pytest.mark.parametrize(
    "data",
    [
        None, 3, "text", {}, [], [[]], [[1, 2, 3]], list(range(11)), list(range(13)),
        [[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9]]]], [[[[1, 2, 3], [4, 5, 6]], 7]],
        [[[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]],
        [[[[[1], [2], [3]], [[4], [5], [6]]], [[[7], [8], [9]], [[10], [11], [12]]]]],
    ],
)  # fmt: skip
def test_data_of_another_shape_is_refused(data: object) -> None:
    with pytest.raises(TensorInvalid, match=r"Expected .*received"):
        pixels_from_json(data, [1, 2, 2, 3])


@given(st.lists(st.binary(min_size=1, max_size=99), min_size=1, max_size=4))
def test_photos_in_json_are_base64(photos: list[bytes]) -> None:
    texts = [base64.b64encode(photo).decode() for photo in photos]
    assert photos_from_json(texts, [len(photos)]) == photos
    assert photos_from_json([[text] for text in texts], [len(photos), 1]) == photos


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ("!", Base64Malformed, "photo 1: Expected base64"),
        ("", PhotoMissing, "photo 1: Expected base64"),
        (7, TensorInvalid, "Expected photos in base64 as strings; received: a number as number 1"),
        (["YQ=="], TensorInvalid, "received: an array as number 1"),
    ],
)
def test_the_photo_that_is_none_is_named(wrong: object, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        photos_from_json(["YQ==", wrong], [2])


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_any_json_is_pixels_or_refused(data: object) -> None:
    try:
        pixels = pixels_from_json(data, [1, 1, 1, 3])
    except TensorInvalid:
        return
    assert np.array(data).ravel().tolist() == pixels.ravel().tolist()
